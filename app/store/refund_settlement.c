/*
 * Settlements of refunds: what a processor's answer makes of those that are "processing".
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/payment_store.h"
#include "store/refund_row.h"
#include "store/settlement.h"
#include "store/settlement_group.h"

enum {
    SETTLE_REFUND,
    GIVE_BACK,
};

static const struct statement statements[] = {
    [SETTLE_REFUND] = {.name = "refund settlement",
                       .sql = "UPDATE refunds FORCE INDEX (PRIMARY) SET status = ?,"
                              " reference = IFNULL(?, reference), " NEXT_LOOK OF_ONE
                              " AND status = 'processing'",
                       .parameters = 7},
    [GIVE_BACK] = {.name = "reservation given back",
                   .sql = "UPDATE payments FORCE INDEX (PRIMARY)"
                          " SET refunded = refunded - ?" OF_ONE,
                   .parameters = 4},
};

const struct statement_set refund_settlement_statements = {statements, sizeof statements /
                                                                           sizeof statements[0]};

struct refund_group {
    struct refund_settlement *settlements;
    size_t count;
    struct refund
        stands[STORE_GROUP_MAX]; /* as they were when they were locked, then as they are */
    struct payment payments[STORE_GROUP_MAX]; /* as they were locked; whose currency it is */
    bool paid[STORE_GROUP_MAX];               /* its payment was found */
    bool found[STORE_GROUP_MAX];
    struct group_events told;
};

static void
take_refund(void *arg, const struct refund *found)
{
    struct refund_group *group = arg;

    for (size_t i = 0; i < group->count; i++) {
        if (identifier_equal(&group->settlements[i].refund->id, &found->id)) {
            group->stands[i] = *found;
            group->found[i] = true;
        }
    }
}

/* The payments first, and each in the order of the ids, as those do who make refunds. */
static enum database_result
lock_refunds(struct database *database, struct refund_group *group)
{
    struct payment_search searches[STORE_GROUP_MAX];
    struct record_key keys[STORE_GROUP_MAX];
    enum database_result result;

    for (size_t i = 0; i < group->count; i++) {
        const struct refund *refund = group->settlements[i].refund;

        group->found[i] = false;
        searches[i] = (struct payment_search){.merchant_id = &refund->merchant_id,
                                              .id = &refund->payment_id,
                                              .mode = refund->mode,
                                              .payment = &group->payments[i]};
        keys[i] = (struct record_key){.merchant_id = &refund->merchant_id,
                                      .id = &refund->id,
                                      .idempotency_key = refund->idempotency_key,
                                      .mode = refund->mode};
    }
    result = payment_store_lock(database, searches, group->count, false);
    for (size_t i = 0; i < group->count; i++)
        group->paid[i] = searches[i].result == STORE_OK;
    if (result == DATABASE_DONE)
        result =
            refund_row_look_up(database, REFUND_LOCKED, keys, group->count, take_refund, group);
    return result;
}

static enum database_result
update_refunds(struct database *database, const struct refund_group *group)
{
    struct text_rows status, reference;
    struct time_rows look_at;
    struct key_rows key;
    MYSQL_BIND parameters[] = {
        bind_text_rows(&status),   bind_text_rows(&reference), bind_text_rows(&status),
        bind_time_rows(&look_at),  bind_text_rows(&key.id),    bind_text_rows(&key.merchant_id),
        bind_text_rows(&key.mode),
    };
    size_t rows;

    for (size_t i = 0; i < group->count; i++) {
        const struct refund_settlement *settlement = &group->settlements[i];
        const struct refund *refund = settlement->refund;

        set_text(&status, i, refund_status_name(settlement->status));
        set_text(&reference, i, reference_or_null(settlement->reference));
        set_time_or_null(&look_at, i, settlement->look_at);
        set_key(&key, i, &refund->id, &refund->merchant_id, refund->mode);
    }
    return database_execute_group(database, &statements[SETTLE_REFUND], parameters, group->count,
                                  &rows);
}

/* Those that this transaction makes fail, and nobody before it did. */
static enum database_result
give_back(struct database *database, const struct refund_group *group)
{
    struct number_rows amount;
    struct key_rows key;
    MYSQL_BIND parameters[] = {
        bind_number_rows(&amount),
        bind_text_rows(&key.id),
        bind_text_rows(&key.merchant_id),
        bind_text_rows(&key.mode),
    };
    size_t count = 0;
    size_t rows;

    for (size_t i = 0; i < group->count; i++) {
        const struct refund *stands = &group->stands[i];

        if (!group->found[i] || stands->status != REFUND_PROCESSING ||
            group->settlements[i].status != REFUND_FAILED)
            continue;
        amount.values[count] = stands->amount;
        set_key(&key, count, &stands->payment_id, &stands->merchant_id, stands->mode);
        count++;
    }
    return count > 0
               ? database_execute_group(database, &statements[GIVE_BACK], parameters, count, &rows)
               : DATABASE_DONE;
}

static enum database_result
keep_refund_attempts(struct database *database, const struct refund_group *group)
{
    enum database_result result = DATABASE_DONE;
    struct attempt_batch batch = {.count = 0};

    for (size_t i = 0; i < group->count && result == DATABASE_DONE; i++) {
        const struct refund_settlement *settlement = &group->settlements[i];

        result = attempt_batch_add(database, &batch, &settlement->refund->id, settlement->attempts,
                                   settlement->attempt_count);
    }
    return result == DATABASE_DONE ? attempt_batch_flush(database, &batch) : result;
}

/* To be called while stands is what was locked. */
static void
decide_events(struct refund_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        group->told.due[i] = group->told.wanted[i] && group->found[i] && group->paid[i] &&
                             group->stands[i].status == REFUND_PROCESSING &&
                             group->settlements[i].status != REFUND_PROCESSING;
}

static enum database_result
keep_events(struct database *database, struct refund_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct refund refund = group->stands[i];

        refund.currency = group->payments[i].currency;
        if (group->told.due[i])
            event_tell_refund(&group->told.events[i], &refund);
    }
    return group_events_keep(database, &group->told, group->count);
}

static enum database_result
settle_refunds(struct database *database, void *arg)
{
    struct refund_group *group = arg;
    struct record_key keys[STORE_GROUP_MAX];
    enum database_result result = lock_refunds(database, group);

    for (size_t i = 0; i < group->count; i++) {
        const struct refund *refund = group->settlements[i].refund;

        keys[i] = (struct record_key){
            .merchant_id = &refund->merchant_id, .id = &refund->id, .mode = refund->mode};
    }
    if (result == DATABASE_DONE) {
        decide_events(group);
        result = update_refunds(database, group);
    }
    if (result == DATABASE_DONE)
        result = give_back(database, group);
    if (result == DATABASE_DONE)
        result = keep_refund_attempts(database, group);
    if (result == DATABASE_DONE)
        result = refund_row_look_up(database, REFUND_BY_ID, keys, group->count, take_refund, group);
    if (result == DATABASE_DONE)
        result = keep_events(database, group);
    return result;
}

static enum database_result
ask_merchants_of_refunds(struct database *database, struct refund_group *group)
{
    struct event_wish_of wishes[STORE_GROUP_MAX];

    for (size_t i = 0; i < group->count; i++)
        wishes[i] =
            (struct event_wish_of){.merchant_id = &group->settlements[i].refund->merchant_id,
                                   .mode = group->settlements[i].refund->mode,
                                   .wish = group->settlements[i].wish};
    return group_events_ask(database, &group->told, wishes, group->count);
}

static enum database_result
settle_refunds_at_once(struct database *database, void *arg)
{
    enum database_result result = ask_merchants_of_refunds(database, arg);

    return result == DATABASE_DONE ? database_transaction(database, settle_refunds, arg) : result;
}

static void
begin_group(struct refund_group *group, struct refund_settlement *settlements, size_t count)
{
    group->settlements = settlements;
    group->count = count;
    for (size_t i = 0; i < count; i++)
        group->found[i] = false;
    group_events_init(&group->told, count);
}

/* What came of them, once the transaction has. */
static void
take_settled_refunds(const struct refund_group *group, enum database_result result)
{
    for (size_t i = 0; i < group->count; i++) {
        struct refund_settlement *settlement = &group->settlements[i];
        const struct currency *currency = settlement->refund->currency;

        settlement->result = store_result_of(result, group->found[i] ? STORE_OK : STORE_NOT_FOUND);
        if (settlement->result != STORE_OK)
            continue;
        *settlement->refund = group->stands[i];
        settlement->refund->currency = currency;
    }
}

enum database_result
settlement_of_refund_within(struct database *database, struct refund_settlement *settlement)
{
    struct refund_group group;
    enum database_result result;

    begin_group(&group, settlement, 1);
    result = ask_merchants_of_refunds(database, &group);
    if (result == DATABASE_DONE)
        result = settle_refunds(database, &group);
    take_settled_refunds(&group, result);
    return result;
}

void
settlement_of_refunds(struct database *database, struct deadline deadline,
                      struct refund_settlement *settlements, size_t count)
{
    struct refund_group group;

    begin_group(&group, settlements, count);
    take_settled_refunds(&group, database_run(database, deadline, settle_refunds_at_once, &group));
}
