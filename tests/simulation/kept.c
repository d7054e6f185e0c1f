/*
 * What is on record: payments and refunds as they are committed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "kept.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MAX 1024

static const struct value *
field(const struct table *table, const struct value *values, const char *name)
{
    static const struct value none = {.kind = VALUE_NULL};
    int column = table_column(table, name);

    return column >= 0 ? &values[column] : &none;
}

static const char *
text_of(const struct table *table, const struct value *values, const char *name)
{
    const struct value *value = field(table, values, name);

    return value->kind == VALUE_BYTES ? value->bytes : "";
}

static void
write_id(enum identifier_kind kind, const struct value *value, char text[IDENTIFIER_TEXT_SIZE])
{
    struct identifier id = {{0}};

    if (value->kind == VALUE_BYTES)
        memcpy(id.bytes, value->bytes, sizeof id.bytes);
    identifier_format(kind, &id, text);
}

struct record
kept_record(const struct table *table, const struct value *values)
{
    bool is_refund = strcmp(table->name, "refunds") == 0;
    struct record record = {
        .is_refund = is_refund,
        .status = text_of(table, values, "status"),
        .key = text_of(table, values, "idempotency_key"),
        .reference = text_of(table, values, "reference"),
        .mode = text_of(table, values, "mode"),
        .processor = text_of(table, values, "processor"),
        .source = text_of(table, values, "source"),
        .description = text_of(table, values, "description"),
        .merchant = (unsigned char)text_of(table, values, "merchant_id")[0],
        .amount = field(table, values, "amount")->number,
        .refunded = field(table, values, "refunded")->number,
        .due_at = field(table, values, "due_at")->number,
        .is_returned = field(table, values, "returned_at")->kind != VALUE_NULL,
    };

    write_id(is_refund ? IDENTIFIER_REFUND : IDENTIFIER_PAYMENT, field(table, values, "id"),
             record.id);
    if (is_refund)
        write_id(IDENTIFIER_PAYMENT, field(table, values, "payment_id"), record.payment);
    return record;
}

struct record *
kept_read(const char *name, size_t *count)
{
    static struct record all[2][KEPT_MAX];
    struct record *records = all[strcmp(name, "refunds") == 0];
    const struct table *table = tables_find(name);

    *count = 0;
    for (const struct row *row = table->rows; row != NULL; row = row->next) {
        if (row->version == NULL || row->version->values == NULL)
            continue;
        if (*count == KEPT_MAX)
            abort();
        records[(*count)++] = kept_record(table, row->version->values);
    }
    return records;
}

const struct record *
kept_find(const struct record *records, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(records[i].id, id) == 0)
            return &records[i];
    }
    return NULL;
}

static bool
has_processing(const char *name)
{
    const struct table *table = tables_find(name);
    int column = table_column(table, "status");

    for (const struct row *row = table->rows; row != NULL; row = row->next) {
        if (row->version != NULL && row->version->values != NULL &&
            strcmp(row->version->values[column].bytes, "processing") == 0)
            return true;
    }
    return false;
}

bool
kept_is_settled(void)
{
    return !has_processing("payments") && !has_processing("refunds");
}
