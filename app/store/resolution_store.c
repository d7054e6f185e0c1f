/*
 * Resolutions in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/resolution_store.h"

#include "store/binding.h"
#include "store/payment_store.h"
#include "store/refund_row.h"
#include "store/settlement.h"

enum {
    OWNER_OF_PAYMENT,
    OWNER_OF_REFUND,
};

static const struct statement statements[] = {
    [OWNER_OF_PAYMENT] = {.name = "owner of a payment",
                          .sql = "SELECT merchant_id, mode, id FROM payments WHERE id = ?",
                          .parameters = 1,
                          .columns = 3},
    [OWNER_OF_REFUND] = {.name = "owner of a refund",
                         .sql = "SELECT merchant_id, mode, payment_id FROM refunds WHERE id = ?",
                         .parameters = 1,
                         .columns = 3},
};

/* Whose it is. What a plain SELECT has not found is never locked: that would stop every INSERT. */
struct owner {
    struct identifier merchant_id;
    struct identifier payment_id;
    enum mode mode;
    bool found;
};

static enum database_result
find_owner(struct database *database, const struct resolution *resolution, struct owner *owner)
{
    struct column columns[3];
    char mode[8] = "";
    MYSQL_BIND parameters[] = {bind_identifier(&resolution->id)};
    MYSQL_BIND bound[] = {
        column_bytes(&columns[0], owner->merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&columns[1], mode, sizeof mode),
        column_bytes(&columns[2], owner->payment_id.bytes, IDENTIFIER_SIZE),
    };
    size_t rows;
    enum database_result result = database_execute(
        database, &statements[resolution->is_refund ? OWNER_OF_REFUND : OWNER_OF_PAYMENT],
        parameters, bound, &rows);

    owner->found = rows == 1;
    if (result != DATABASE_DONE || !owner->found)
        return result;
    column_end(&columns[1], mode);
    return mode_parse(mode, &owner->mode) ? DATABASE_DONE
                                          : database_fault(database, "a mode of no meaning");
}

/* What is in the way of settling a record that is locked. */
static enum resolution_finding
judge(const struct resolution *resolution, bool is_processing, int64_t due_at)
{
    if (!is_processing)
        return RESOLUTION_FINAL;
    if (due_at == 0 || resolution->now < due_at)
        return RESOLUTION_AT_WORK;
    return RESOLUTION_DONE;
}

static enum database_result
resolve_payment(struct database *database, struct resolution *resolution, struct payment *payment)
{
    struct payment_settlement settlement = {
        .payment = payment,
        .status = resolution->succeeded ? PAYMENT_SUCCEEDED : PAYMENT_FAILED,
        .decline = resolution->succeeded ? DECLINE_NONE : DECLINE_PROCESSING_ERROR,
        .reference = resolution->reference,
        .attempts = resolution->attempt,
        .attempt_count = 1,
    };

    resolution->finding = judge(resolution, payment->status == PAYMENT_PROCESSING, payment->due_at);
    resolution->changed = resolution->finding == RESOLUTION_DONE;
    return resolution->changed ? settlement_of_payment_within(database, &settlement)
                               : DATABASE_DONE;
}

/* A refund that was locked. */
struct locked_refund {
    struct refund refund;
    bool found;
};

static void
take_locked(void *arg, const struct refund *found)
{
    struct locked_refund *locked = arg;

    locked->refund = *found;
    locked->found = true;
}

static enum database_result
resolve_refund(struct database *database, struct resolution *resolution, const struct owner *owner)
{
    const struct record_key key = {.merchant_id = &owner->merchant_id,
                                   .id = &resolution->id,
                                   .idempotency_key = "",
                                   .mode = owner->mode};
    struct locked_refund locked = {.found = false};
    struct refund_settlement settlement = {
        .refund = &locked.refund,
        .status = resolution->succeeded ? REFUND_SUCCEEDED : REFUND_FAILED,
        .reference = resolution->reference,
        .attempts = resolution->attempt,
        .attempt_count = 1,
    };
    enum database_result result =
        refund_row_look_up(database, REFUND_LOCKED, &key, 1, take_locked, &locked);

    if (result != DATABASE_DONE)
        return result;
    resolution->finding =
        locked.found
            ? judge(resolution, locked.refund.status == REFUND_PROCESSING, locked.refund.due_at)
            : RESOLUTION_NOT_FOUND;
    resolution->changed = resolution->finding == RESOLUTION_DONE;
    return resolution->changed ? settlement_of_refund_within(database, &settlement) : DATABASE_DONE;
}

/* The payment is locked first, as by all who settle or make refunds of it. */
static enum database_result
lock_and_resolve(struct database *database, struct resolution *resolution,
                 const struct owner *owner)
{
    struct payment payment;
    struct payment_search search = {.merchant_id = &owner->merchant_id,
                                    .id = &owner->payment_id,
                                    .mode = owner->mode,
                                    .payment = &payment};
    enum database_result result = payment_store_lock(database, &search, 1, false);

    if (result != DATABASE_DONE || search.result != STORE_OK)
        return result;
    return resolution->is_refund ? resolve_refund(database, resolution, owner)
                                 : resolve_payment(database, resolution, &payment);
}

static enum database_result
resolve(struct database *database, void *arg)
{
    struct resolution *resolution = arg;
    enum database_result result = DATABASE_DONE;
    struct owner owner = {.found = false};
    bool kept = false;

    resolution->finding = RESOLUTION_DONE;
    resolution->changed = false;
    if (database_tried_before(database))
        result = audit_store_has(database, resolution->entry, &kept);
    if (result != DATABASE_DONE || kept)
        return result;
    resolution->finding = RESOLUTION_NOT_FOUND;
    result = find_owner(database, resolution, &owner);
    return result == DATABASE_DONE && owner.found ? lock_and_resolve(database, resolution, &owner)
                                                  : result;
}

enum store_result
resolution_store_resolve(struct database *database, struct deadline deadline,
                         struct resolution *resolution)
{
    return store_result_of(audit_store_run(database, deadline, resolution->entry, resolve,
                                           resolution, &resolution->changed),
                           STORE_OK);
}
