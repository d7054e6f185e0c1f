/*
 * Settlements: what a processor's answer makes of payments and refunds that are "processing".
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/settlement.h"

#include <string.h>

#include "store/attempt_store.h"
#include "store/binding.h"
#include "store/payment_row.h"
#include "store/payment_store.h"
#include "store/refund_row.h"

enum {
    SETTLE_PAYMENT,
    SETTLE_REFUND,
    GIVE_BACK,
};

#define OF_ONE " WHERE id = ? AND merchant_id = ? AND mode = ?"
/* What is final is not looked at any more. */
#define NEXT_LOOK "look_at = IF(? = 'processing', LEAST(look_at, IFNULL(?, look_at)), NULL)"

static const struct statement statements[] = {
    [SETTLE_PAYMENT] = {.name = "payment settlement",
                        .sql = "UPDATE payments SET status = ?, decline = ?,"
                               " reference = IFNULL(?, reference), due_at = IFNULL(?, due_at),"
                               " action_url = IF(? = 'processing',"
                               " NULLIF(IFNULL(?, action_url), ''), NULL), " NEXT_LOOK OF_ONE
                               " AND status = 'processing'",
                        .parameters = 11},
    [SETTLE_REFUND] = {.name = "refund settlement",
                       .sql = "UPDATE refunds SET status = ?,"
                              " reference = IFNULL(?, reference), " NEXT_LOOK OF_ONE
                              " AND status = 'processing'",
                       .parameters = 7},
    [GIVE_BACK] = {.name = "reservation given back",
                   .sql = "UPDATE payments SET refunded = refunded - ?" OF_ONE,
                   .parameters = 4},
};

const struct statement_set settlement_statements = {statements,
                                                    sizeof statements / sizeof statements[0]};

static const char *
text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* Which rows an UPDATE is about. */
struct key_rows {
    struct text_rows id, merchant_id, mode;
};

static void
set_key(struct key_rows *rows, size_t row, const struct identifier *id,
        const struct identifier *merchant_id, enum mode mode)
{
    set_identifier(&rows->id, row, id);
    set_identifier(&rows->merchant_id, row, merchant_id);
    set_text(&rows->mode, row, mode_name(mode));
}

/* The attempts of one record, in as many statements as they need: mostly one for a whole group. */
struct attempt_batch {
    struct attempt_record records[STORE_GROUP_MAX];
    size_t count;
};

static enum database_result
flush_attempts(struct database *database, struct attempt_batch *batch)
{
    enum database_result result = batch->count > 0
                                      ? attempt_store_insert(database, batch->records, batch->count)
                                      : DATABASE_DONE;

    batch->count = 0;
    return result;
}

static enum database_result
add_attempts(struct database *database, struct attempt_batch *batch,
             const struct identifier *record_id, const struct attempt *attempts, size_t count)
{
    enum database_result result = DATABASE_DONE;

    for (size_t i = 0; i < count && result == DATABASE_DONE; i++) {
        batch->records[batch->count++] =
            (struct attempt_record){.attempt = &attempts[i], .record_id = record_id};
        if (batch->count == STORE_GROUP_MAX)
            result = flush_attempts(database, batch);
    }
    return result;
}

struct payment_group {
    struct payment_settlement *settlements;
    size_t count;
    struct payment stands[STORE_GROUP_MAX]; /* what nobody is told before it is committed */
    enum store_result found[STORE_GROUP_MAX];
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
        set_text(&reference, i, text_or_null(settlement->reference));
        set_time_or_null(&due_at, i, settlement->due_at);
        set_text(&action_url, i, settlement->action_url);
        set_time_or_null(&look_at, i, settlement->look_at);
        set_key(&key, i, &payment->id, &payment->merchant_id, payment->mode);
    }
    return database_execute_group(database, &statements[SETTLE_PAYMENT], parameters, group->count,
                                  &rows);
}

static enum database_result
keep_payment_attempts(struct database *database, const struct payment_group *group)
{
    enum database_result result = DATABASE_DONE;
    struct attempt_batch batch = {.count = 0};

    for (size_t i = 0; i < group->count && result == DATABASE_DONE; i++) {
        const struct payment_settlement *settlement = &group->settlements[i];

        result = add_attempts(database, &batch, &settlement->payment->id, settlement->attempts,
                              settlement->attempt_count);
    }
    return result == DATABASE_DONE ? flush_attempts(database, &batch) : result;
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

static enum database_result
settle_payments(struct database *database, void *arg)
{
    struct payment_group *group = arg;
    enum database_result result = update_payments(database, group);

    if (result == DATABASE_DONE)
        result = keep_payment_attempts(database, group);
    if (result == DATABASE_DONE)
        result = read_payments(database, group);
    return result;
}

enum database_result
settlement_of_payment_within(struct database *database, struct payment_settlement *settlement)
{
    struct payment_group group = {.settlements = settlement, .count = 1};

    return settle_payments(database, &group);
}

static enum database_result
settle_payments_at_once(struct database *database, void *arg)
{
    return database_transaction(database, settle_payments, arg);
}

void
settlement_of_payments(struct database *database, struct deadline deadline,
                       struct payment_settlement *settlements, size_t count)
{
    struct payment_group group;
    enum database_result result;

    group.settlements = settlements;
    group.count = count;
    result = database_run(database, deadline, settle_payments_at_once, &group);
    for (size_t i = 0; i < count; i++) {
        settlements[i].result =
            store_result_of(result, result == DATABASE_DONE ? group.found[i] : STORE_FAILED);
        if (settlements[i].result == STORE_OK)
            *settlements[i].payment = group.stands[i];
    }
}

struct refund_group {
    struct refund_settlement *settlements;
    size_t count;
    struct refund
        stands[STORE_GROUP_MAX]; /* as they were when they were locked, then as they are */
    bool found[STORE_GROUP_MAX];
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
    struct payment payments[STORE_GROUP_MAX];
    struct payment_search searches[STORE_GROUP_MAX];
    struct record_key keys[STORE_GROUP_MAX];
    enum database_result result;

    for (size_t i = 0; i < group->count; i++) {
        const struct refund *refund = group->settlements[i].refund;

        group->found[i] = false;
        searches[i] = (struct payment_search){.merchant_id = &refund->merchant_id,
                                              .id = &refund->payment_id,
                                              .mode = refund->mode,
                                              .payment = &payments[i]};
        keys[i] = (struct record_key){.merchant_id = &refund->merchant_id,
                                      .id = &refund->id,
                                      .idempotency_key = refund->idempotency_key,
                                      .mode = refund->mode};
    }
    result = payment_store_lock(database, searches, group->count, false);
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
        set_text(&reference, i, text_or_null(settlement->reference));
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

        result = add_attempts(database, &batch, &settlement->refund->id, settlement->attempts,
                              settlement->attempt_count);
    }
    return result == DATABASE_DONE ? flush_attempts(database, &batch) : result;
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
    if (result == DATABASE_DONE)
        result = update_refunds(database, group);
    if (result == DATABASE_DONE)
        result = give_back(database, group);
    if (result == DATABASE_DONE)
        result = keep_refund_attempts(database, group);
    if (result == DATABASE_DONE)
        result = refund_row_look_up(database, REFUND_BY_ID, keys, group->count, take_refund, group);
    return result;
}

static enum database_result
settle_refunds_at_once(struct database *database, void *arg)
{
    return database_transaction(database, settle_refunds, arg);
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
    struct refund_group group = {.settlements = settlement, .count = 1};
    enum database_result result = settle_refunds(database, &group);

    take_settled_refunds(&group, result);
    return result;
}

void
settlement_of_refunds(struct database *database, struct deadline deadline,
                      struct refund_settlement *settlements, size_t count)
{
    struct refund_group group = {.settlements = settlements, .count = count};

    take_settled_refunds(&group, database_run(database, deadline, settle_refunds_at_once, &group));
}
