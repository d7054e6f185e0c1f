/*
 * What settlements of payments and of refunds have in common.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/settlement_group.h"

void
set_key(struct key_rows *rows, size_t row, const struct identifier *id,
        const struct identifier *merchant_id, enum mode mode)
{
    set_identifier(&rows->id, row, id);
    set_identifier(&rows->merchant_id, row, merchant_id);
    set_text(&rows->mode, row, mode_name(mode));
}

const char *
reference_or_null(const char *reference)
{
    return reference[0] != '\0' ? reference : NULL;
}

enum database_result
attempt_batch_flush(struct database *database, struct attempt_batch *batch)
{
    enum database_result result = batch->count > 0
                                      ? attempt_store_insert(database, batch->records, batch->count)
                                      : DATABASE_DONE;

    batch->count = 0;
    return result;
}

enum database_result
attempt_batch_add(struct database *database, struct attempt_batch *batch,
                  const struct identifier *record_id, const struct attempt *attempts, size_t count)
{
    enum database_result result = DATABASE_DONE;

    for (size_t i = 0; i < count && result == DATABASE_DONE; i++) {
        batch->records[batch->count++] =
            (struct attempt_record){.attempt = &attempts[i], .record_id = record_id};
        if (batch->count == STORE_GROUP_MAX)
            result = attempt_batch_flush(database, batch);
    }
    return result;
}

void
group_events_init(struct group_events *told, size_t count)
{
    told->any = false;
    for (size_t i = 0; i < count; i++)
        told->made[i] = told->wanted[i] = told->due[i] = false;
}

/* Asks the database about those that nobody else has asked about. */
static enum database_result
ask(struct database *database, struct group_events *told, const struct event_wish_of *wishes,
    size_t count)
{
    struct event_interest interests[STORE_GROUP_MAX];
    size_t places[STORE_GROUP_MAX];
    size_t size = 0;
    enum database_result result = DATABASE_DONE;

    for (size_t i = 0; i < count; i++) {
        told->wanted[i] = wishes[i].wish == EVENTS_WANTED;
        if (wishes[i].wish != EVENTS_ASK)
            continue;
        places[size] = i;
        interests[size++] =
            (struct event_interest){.merchant_id = wishes[i].merchant_id, .mode = wishes[i].mode};
    }
    if (size > 0)
        result = event_store_ask(database, interests, size);
    for (size_t i = 0; i < size; i++)
        told->wanted[places[i]] = result == DATABASE_DONE && interests[i].wants_events;
    return result;
}

enum database_result
group_events_ask(struct database *database, struct group_events *told,
                 const struct event_wish_of *wishes, size_t count)
{
    enum database_result result = ask(database, told, wishes, count);

    told->any = false;
    for (size_t i = 0; i < count && result == DATABASE_DONE; i++) {
        told->due[i] = false;
        told->any = told->any || told->wanted[i];
        if (!told->wanted[i] || told->made[i])
            continue;
        told->made[i] = event_init(&told->events[i]);
        if (!told->made[i])
            result = database_fault(database, "no random bytes");
    }
    return result;
}

enum database_result
group_events_keep(struct database *database, const struct group_events *told, size_t count)
{
    const struct event *events[STORE_GROUP_MAX];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        if (told->due[i])
            events[size++] = &told->events[i];
    }
    return event_store_insert(database, events, size);
}
