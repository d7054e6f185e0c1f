/*
 * Settlements: what a processor's answer makes of payments that are "processing".
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/settlement.h"

#include "store/payment_row.h"
#include "store/payment_store.h"
#include "store/settlement_group.h"

static const struct statement statements[] = {
    {.name = "payment settlement",
     .sql = "UPDATE payments FORCE INDEX (PRIMARY) SET status = ?, decline = ?,"
            " reference = IFNULL(?, reference), due_at = IFNULL(?, due_at),"
            " action_url = IF(? = 'processing',"
            " NULLIF(IFNULL(?, action_url), ''), NULL), " NEXT_LOOK OF_ONE
            " AND status = 'processing'",
     .parameters = 11},
};

const struct statement_set settlement_statements = {statements,
                                                    sizeof statements / sizeof statements[0]};

struct payment_group {
    struct payment_settlement *settlements;
    size_t count;
    struct payment stands[STORE_GROUP_MAX]; /* what nobody is told before it is committed */
    enum store_result found[STORE_GROUP_MAX];
    struct group_events told;
};

static enum database_result
update_payments(struct database *database, const struct payment_group *group)
{
    struct text_rows status, decline, reference, action_url;
    struct time_rows due_at, look_at;
    struct key_rows key;
    MYSQL_BIND parameters[] = {
        bind_text_rows(&status),          bind_text_rows(&decline),  bind_text_rows(&reference),
        bind_time_rows(&due_at),          bind_text_rows(&status),   bind_text_rows(&action_url),
        bind_text_rows(&status),          bind_time_rows(&look_at),  bind_text_rows(&key.id),
        bind_text_rows(&key.merchant_id), bind_text_rows(&key.mode),
    };
    size_t rows;

    for (size_t i = 0; i < group->count; i++) {
        const struct payment_settlement *settlement = &group->settlements[i];
        const struct payment *payment = settlement->payment;

        set_text(&status, i, payment_status_name(settlement->status));
        set_text(&decline, i,
                 settlement->status == PAYMENT_FAILED ? decline_name(settlement->decline) : NULL);
        set_text(&reference, i, reference_or_null(settlement->reference));
        set_time_or_null(&due_at, i, settlement->due_at);
        set_text(&action_url, i, settlement->action_url);
        set_time_or_null(&look_at, i, settlement->look_at);
        set_key(&key, i, &payment->id, &payment->merchant_id, payment->mode);
    }
    return database_execute_group(database, &statements[0], parameters, group->count, &rows);
}

static enum database_result
keep_payment_attempts(struct database *database, const struct payment_group *group)
{
    enum database_result result = DATABASE_DONE;
    struct attempt_batch batch = {.count = 0};

    for (size_t i = 0; i < group->count && result == DATABASE_DONE; i++) {
        const struct payment_settlement *settlement = &group->settlements[i];

        result = attempt_batch_add(database, &batch, &settlement->payment->id, settlement->attempts,
                                   settlement->attempt_count);
    }
    return result == DATABASE_DONE ? attempt_batch_flush(database, &batch) : result;
}

/* What stands now, whoever wrote it. */
static enum database_result
read_payments(struct database *database, struct payment_group *group)
{
    struct payment_search searches[STORE_GROUP_MAX];
    enum database_result result;

    for (size_t i = 0; i < group->count; i++) {
        const struct payment *payment = group->settlements[i].payment;

        searches[i] = (struct payment_search){.merchant_id = &payment->merchant_id,
                                              .id = &payment->id,
                                              .mode = payment->mode,
                                              .payment = &group->stands[i]};
    }
    result = payment_store_read(database, searches, group->count);
    for (size_t i = 0; i < group->count; i++)
        group->found[i] = searches[i].result;
    return result;
}

/* Who tells of an outcome has to know whether it is this transaction that brings it. */
static enum database_result
lock_payments(struct database *database, struct payment_group *group)
{
    struct payment_search searches[STORE_GROUP_MAX];
    enum database_result result;

    for (size_t i = 0; i < group->count; i++) {
        const struct payment *payment = group->settlements[i].payment;

        searches[i] = (struct payment_search){.merchant_id = &payment->merchant_id,
                                              .id = &payment->id,
                                              .mode = payment->mode,
                                              .payment = &group->stands[i]};
    }
    result = payment_store_lock(database, searches, group->count, false);
    for (size_t i = 0; i < group->count && result == DATABASE_DONE; i++) {
        const struct payment_settlement *settlement = &group->settlements[i];

        group->told.due[i] =
            group->told.wanted[i] && searches[i].result == STORE_OK &&
            group->stands[i].status == PAYMENT_PROCESSING &&
            (settlement->status != PAYMENT_PROCESSING || settlement->tells_processing);
    }
    return result;
}

static enum database_result
keep_payment_events(struct database *database, struct payment_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->told.due[i])
            event_tell_payment(&group->told.events[i], &group->stands[i]);
    }
    return group_events_keep(database, &group->told, group->count);
}

static enum database_result
settle_payments(struct database *database, void *arg)
{
    struct payment_group *group = arg;
    enum database_result result = DATABASE_DONE;

    if (group->told.any)
        result = lock_payments(database, group);
    if (result == DATABASE_DONE)
        result = update_payments(database, group);
    if (result == DATABASE_DONE)
        result = keep_payment_attempts(database, group);
    if (result == DATABASE_DONE)
        result = read_payments(database, group);
    if (result == DATABASE_DONE)
        result = keep_payment_events(database, group);
    return result;
}

static enum database_result
ask_merchants_of_payments(struct database *database, struct payment_group *group)
{
    struct event_wish_of wishes[STORE_GROUP_MAX];

    for (size_t i = 0; i < group->count; i++)
        wishes[i] =
            (struct event_wish_of){.merchant_id = &group->settlements[i].payment->merchant_id,
                                   .mode = group->settlements[i].payment->mode,
                                   .wish = group->settlements[i].wish};
    return group_events_ask(database, &group->told, wishes, group->count);
}

static void
begin_group(struct payment_group *group, struct payment_settlement *settlements, size_t count)
{
    group->settlements = settlements;
    group->count = count;
    group_events_init(&group->told, count);
}

enum database_result
settlement_of_payment_within(struct database *database, struct payment_settlement *settlement)
{
    struct payment_group group;
    enum database_result result;

    begin_group(&group, settlement, 1);
    result = ask_merchants_of_payments(database, &group);
    return result == DATABASE_DONE ? settle_payments(database, &group) : result;
}

static enum database_result
settle_payments_at_once(struct database *database, void *arg)
{
    enum database_result result = ask_merchants_of_payments(database, arg);

    return result == DATABASE_DONE ? database_transaction(database, settle_payments, arg) : result;
}

void
settlement_of_payments(struct database *database, struct deadline deadline,
                       struct payment_settlement *settlements, size_t count)
{
    struct payment_group group;
    enum database_result result;

    begin_group(&group, settlements, count);
    result = database_run(database, deadline, settle_payments_at_once, &group);
    for (size_t i = 0; i < count; i++) {
        settlements[i].result =
            store_result_of(result, result == DATABASE_DONE ? group.found[i] : STORE_FAILED);
        if (settlements[i].result == STORE_OK)
            *settlements[i].payment = group.stands[i];
    }
}
