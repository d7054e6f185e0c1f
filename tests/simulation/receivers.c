/*
 * Receivers: the webhook endpoints of the merchants, what arrives there, and what they answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "receivers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/identifier.h"
#include "outbox.h"
#include "tables.h"
#include "world.h"

#define ARRIVALS_MAX 512

/* An endpoint is told by the last letter of its URL and the first byte of its id. */
static const struct {
    const char *mode;
    const char *events; /* as it asks for them */
    unsigned merchant;
    bool is_disabled;
    bool goes; /* it answers 410 once */
} receivers[] = {
    {"live", "*", OUTBOX_MERCHANT, false, false},
    {"live", "payment.succeeded,refund.failed", OUTBOX_MERCHANT, false, false},
    {"test", "*", OUTBOX_MERCHANT, false, false},
    {"live", "*", OUTBOX_MERCHANT, true, false},
    {"live", "*", OUTBOX_MERCHANT, false, true},
    {"live", "*", OUTBOX_MERCHANT + 1, false, false},
};

#define RECEIVERS (sizeof receivers / sizeof receivers[0])

struct arrival {
    size_t receiver;
    char event[IDENTIFIER_TEXT_SIZE];
    unsigned times;
    bool is_taken; /* answered 2xx, though the answer may be lost */
};

static struct arrival arrivals[ARRIVALS_MAX];
static size_t arrival_count;
static bool are_there;
static unsigned fails; /* so many of a thousand that come for the first time */

static void
set(const struct table *table, struct value *values, const char *name, struct value value)
{
    int column = table_column(table, name);

    if (column < 0)
        abort();
    values[column] = value;
}

static struct value
id_of(unsigned number)
{
    const unsigned char id[IDENTIFIER_SIZE] = {(unsigned char)number};

    return value_bytes(id, sizeof id);
}

static void
add_endpoint(struct transaction *transaction, unsigned number)
{
    struct table *table = tables_find("webhook_endpoints");
    struct value *values = world_memory(table->column_count * sizeof *values);
    char url[64];

    snprintf(url, sizeof url, "https://receiver.example/%u", number);
    set(table, values, "id", id_of(number + 1));
    set(table, values, "merchant_id", id_of(receivers[number].merchant));
    set(table, values, "mode", value_text(receivers[number].mode));
    set(table, values, "url", value_bytes(url, strlen(url)));
    set(table, values, "events", value_text(receivers[number].events));
    set(table, values, "created_at", value_number(world_wall()));
    if (receivers[number].is_disabled)
        set(table, values, "disabled_at", value_number(world_wall()));
    row_new(table, transaction, values);
}

static void
add_secret(struct transaction *transaction, unsigned number)
{
    static const char secret[] = "thirty-two bytes that are secret";
    struct table *table = tables_find("webhook_secrets");
    struct value *values = world_memory(table->column_count * sizeof *values);

    set(table, values, "id", id_of(number + 1));
    set(table, values, "endpoint_id", id_of(number + 1));
    set(table, values, "secret", value_bytes(secret, sizeof secret - 1));
    row_new(table, transaction, values);
}

void
receivers_clear(bool there)
{
    struct transaction *transaction = transaction_begin(REPEATABLE_READ);

    memset(arrivals, 0, arrival_count * sizeof arrivals[0]);
    arrival_count = 0;
    are_there = there;
    fails = 250 * (unsigned)chance_below(3);
    for (unsigned i = 0; i < RECEIVERS && there; i++) {
        add_endpoint(transaction, i);
        add_secret(transaction, i);
    }
    transaction_commit(transaction);
}

static const struct value *
committed(const struct row *row)
{
    return row->version != NULL ? row->version->values : NULL;
}

static const char *
text_of(const struct table *table, const struct value *values, const char *name)
{
    const struct value *value = &values[table_column(table, name)];

    return value->kind == VALUE_BYTES ? value->bytes : "";
}

static void
write_id(const struct table *table, const struct value *values, char text[IDENTIFIER_TEXT_SIZE])
{
    struct identifier id;

    memcpy(id.bytes, text_of(table, values, "id"), sizeof id.bytes);
    identifier_format(IDENTIFIER_EVENT, &id, text);
}

static bool
wants(size_t receiver, const struct table *table, const struct value *event)
{
    const char *events = receivers[receiver].events;

    return (unsigned char)text_of(table, event, "merchant_id")[0] == receivers[receiver].merchant &&
           strcmp(text_of(table, event, "mode"), receivers[receiver].mode) == 0 &&
           (strcmp(events, "*") == 0 || strstr(events, text_of(table, event, "type")) != NULL);
}

/* An event as it is committed; NULL: there is none. */
static const struct value *
find_event(const struct table *table, const char *id)
{
    for (const struct row *row = table->rows; row != NULL; row = row->next) {
        char text[IDENTIFIER_TEXT_SIZE];

        if (committed(row) == NULL)
            continue;
        write_id(table, committed(row), text);
        if (strcmp(text, id) == 0)
            return committed(row);
    }
    return NULL;
}

static struct arrival *
note_arrival(size_t receiver, const char *event)
{
    struct arrival *arrival = arrivals;

    while (arrival < arrivals + arrival_count &&
           (arrival->receiver != receiver || strcmp(arrival->event, event) != 0))
        arrival++;
    if (arrival == arrivals + ARRIVALS_MAX)
        abort();
    if (arrival == arrivals + arrival_count)
        arrival_count++;
    arrival->receiver = receiver;
    snprintf(arrival->event, sizeof arrival->event, "%s", event);
    arrival->times++;
    return arrival;
}

static int
answer_of(const struct arrival *arrival)
{
    if (receivers[arrival->receiver].goes && chance(100))
        return 410;
    /* The third try would come five minutes later. */
    if (arrival->times > 1 || !chance(fails))
        return 200;
    return chance(500) ? 500 : 0;
}

int
receivers_take(const char *url, const char *event, const char *body)
{
    const struct table *table = tables_find("events");
    size_t receiver = (size_t)strtoul(strrchr(url, '/') + 1, NULL, 10);
    const struct value *there = find_event(table, event);
    struct arrival *arrival;
    int status;

    if (there == NULL)
        violation("%s was sent, and is not on record", event);
    else if (!wants(receiver, table, there) || receivers[receiver].is_disabled)
        violation("%s was sent to endpoint %zu, which does not want it", event, receiver);
    else if (strcmp(text_of(table, there, "body"), body) != 0)
        violation("%s was sent in other words", event);
    arrival = note_arrival(receiver, event);
    status = answer_of(arrival);
    arrival->is_taken = arrival->is_taken || status == 200;
    story("endpoint %zu answers %d to %s", receiver, status, event);
    return status;
}

/* Is the endpoint still to be sent to? */
static bool
is_open(size_t receiver)
{
    const struct table *table = tables_find("webhook_endpoints");

    for (const struct row *row = table->rows; row != NULL; row = row->next) {
        const struct value *values = committed(row);

        if (values != NULL && (size_t)text_of(table, values, "id")[0] == receiver + 1)
            return values[table_column(table, "disabled_at")].kind == VALUE_NULL;
    }
    return false;
}

bool
receivers_are_done(void)
{
    const struct table *events = tables_find("events");
    const struct table *deliveries = tables_find("webhook_deliveries");

    if (!are_there)
        return true;
    for (const struct row *row = events->rows; row != NULL; row = row->next) {
        if (committed(row) != NULL &&
            committed(row)[table_column(events, "dispatched_at")].kind == VALUE_NULL)
            return false;
    }
    for (const struct row *row = deliveries->rows; row != NULL; row = row->next) {
        if (committed(row) != NULL &&
            strcmp(text_of(deliveries, committed(row), "state"), "pending") == 0 &&
            is_open((size_t)text_of(deliveries, committed(row), "endpoint_id")[0] - 1))
            return false;
    }
    return true;
}

static bool
was_taken(size_t receiver, const char *event)
{
    for (size_t i = 0; i < arrival_count; i++) {
        if (arrivals[i].receiver == receiver && strcmp(arrivals[i].event, event) == 0)
            return arrivals[i].is_taken;
    }
    return false;
}

void
receivers_compare(void)
{
    const struct table *table = tables_find("events");

    for (const struct row *row = table->rows; row != NULL && are_there; row = row->next) {
        char id[IDENTIFIER_TEXT_SIZE];

        if (committed(row) == NULL)
            continue;
        write_id(table, committed(row), id);
        for (size_t i = 0; i < RECEIVERS; i++) {
            if (wants(i, table, committed(row)) && is_open(i) && !was_taken(i, id))
                violation("%s never arrived at endpoint %zu", id, i);
        }
    }
}
