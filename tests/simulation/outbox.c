/*
 * The outbox: each change of a record was told once, and nothing else was.
 *
 * SPDX-License-Identifier: MIT
 */
#include "outbox.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "domain/identifier.h"
#include "tables.h"
#include "world.h"

#define KIND_SIZE 32

static const char *
bytes_of(const struct table *table, const struct row *row, const char *name)
{
    const struct value *value = &row->version->values[table_column(table, name)];

    return value->kind == VALUE_BYTES ? value->bytes : "";
}

static bool
is_committed(const struct row *row)
{
    return row->version != NULL && row->version->values != NULL;
}

/* How many events tell of this record, with this type or (NULL) any. */
static size_t
count_events(const char *id, const char *type)
{
    const struct table *events = tables_find("events");
    size_t count = 0;

    for (const struct row *row = events->rows; row != NULL; row = row->next) {
        if (is_committed(row) &&
            memcmp(bytes_of(events, row, "object_id"), id, IDENTIFIER_SIZE) == 0 &&
            (type == NULL || strcmp(bytes_of(events, row, "type"), type) == 0))
            count++;
    }
    return count;
}

/* One table of records; returns how many events it explains. */
static size_t
compare_records(const char *name, const char *kind)
{
    const struct table *table = tables_find(name);
    size_t explained = 0;

    for (const struct row *row = table->rows; row != NULL; row = row->next) {
        char final[KIND_SIZE], processing[KIND_SIZE];
        const char *id;
        size_t told, all;

        if (!is_committed(row))
            continue;
        id = bytes_of(table, row, "id");
        snprintf(final, sizeof final, "%s.%s", kind, bytes_of(table, row, "status"));
        snprintf(processing, sizeof processing, "%s.processing", kind);
        told = count_events(id, final);
        all = count_events(id, NULL);
        explained += all;
        if (bytes_of(table, row, "merchant_id")[0] != OUTBOX_MERCHANT) {
            if (all > 0)
                violation("a %s was told to a merchant that wants no events", kind);
            continue;
        }
        if (told != 1)
            violation("%s was told %zu times", final, told);
        if (all - told > 1 || all - told != count_events(id, processing))
            violation("of a %s another end was told, too", kind);
    }
    return explained;
}

void
outbox_compare(void)
{
    const struct table *events = tables_find("events");
    size_t explained =
        compare_records("payments", "payment") + compare_records("refunds", "refund");
    size_t count = 0;

    for (const struct row *row = events->rows; row != NULL; row = row->next) {
        const char *word;
        char status[KIND_SIZE];

        if (!is_committed(row))
            continue;
        count++;
        word = strchr(bytes_of(events, row, "type"), '.');
        snprintf(status, sizeof status, "\"status\":\"%s\"", word != NULL ? word + 1 : "");
        if (strstr(bytes_of(events, row, "body"), status) == NULL)
            violation("an event of another status than its text");
    }
    if (count != explained)
        violation("%zu events, but %zu are of records", count, explained);
}
