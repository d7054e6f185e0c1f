/*
 * What happened to a payment at its processor without us.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/adoption_store.h"

#include "domain/refund.h"
#include "store/binding.h"
#include "store/event_store.h"
#include "store/payment_store.h"
#include "store/settlement_group.h"

enum {
    FIND,
    INSERT,
    RETURN,
    CHANGE_REFUNDED,
    DISPUTE,
};

static const struct statement statements[] = {
    /* One that failed here and is at the processor all the same is not on record. */
    [FIND] = {.name = "refund of a payment by its reference",
              .sql = "SELECT id, amount, status, created_at, returned_at FROM refunds"
                     " FORCE INDEX (refunds_payment_list) WHERE payment_id = ?"
                     " AND merchant_id = ? AND mode = ?"
                     " AND (reference = ? OR (id = ? AND status <> 'failed'))",
              .parameters = 5,
              .columns = 5,
              .late = true},
    [INSERT] = {.name = "refund of a processor's, insert",
                .sql = "INSERT INTO refunds (id, merchant_id, mode, payment_id, amount, status,"
                       " origin, reference, created_at)"
                       " VALUES (?, ?, ?, ?, ?, 'succeeded', 'processor', ?, ?)",
                .parameters = 7,
                .late = true},
    [RETURN] = {.name = "refund that came back",
                .sql = "UPDATE refunds FORCE INDEX (PRIMARY) SET returned_at = ?" OF_ONE
                       " AND status = 'succeeded' AND returned_at IS NULL",
                .parameters = 4,
                .late = true},
    [CHANGE_REFUNDED] =
        {.name = "what is refunded of a payment",
         .sql = "UPDATE payments FORCE INDEX (PRIMARY) SET refunded = refunded + ?" OF_ONE,
         .parameters = 4,
         .late = true},
    [DISPUTE] = {.name = "payment dispute",
                 .sql = "UPDATE payments FORCE INDEX (PRIMARY) SET disputed_at = ?" OF_ONE,
                 .parameters = 4,
                 .late = true},
};

const struct statement_set adoption_statements = {statements,
                                                  sizeof statements / sizeof statements[0]};

/* One adoption, or dispute, and what the transaction found and did. */
struct adopting {
    const struct adoption *adoption;
    bool stands;              /* of a dispute */
    int64_t now;              /* Unix time in milliseconds */
    struct identifier new_id; /* of a record that is made */
    struct event event;       /* it keeps its id over all tries */
    bool wants_event;
    struct payment payment; /* as it is locked */
    bool is_kept;           /* the refund has a record: */
    struct identifier id;
    int64_t amount;
    enum refund_status status;
    int64_t created_at;
    bool was_returned;
    enum store_result result;
};

/* Whoever changes a refund locks its payment first. */
static enum database_result
lock(struct database *database, struct adopting *adopting)
{
    const struct payment *payment = adopting->adoption->payment;
    struct payment_search search = {.merchant_id = &payment->merchant_id,
                                    .id = &payment->id,
                                    .mode = payment->mode,
                                    .payment = &adopting->payment};
    enum database_result result = payment_store_lock(database, &search, 1, false);

    return result == DATABASE_DONE && search.result != STORE_OK ? DATABASE_FAILED : result;
}

static enum database_result
find(struct database *database, struct adopting *adopting)
{
    const struct adoption *adoption = adopting->adoption;
    const struct payment *payment = adoption->payment;
    struct column columns[5];
    char status[16];
    MYSQL_TIME created_at, returned_at;
    MYSQL_BIND parameters[] = {
        bind_identifier(&payment->id),
        bind_identifier(&payment->merchant_id),
        bind_text(mode_name(payment->mode)),
        bind_text(adoption->reference),
        adoption->refund_id != NULL ? bind_identifier(adoption->refund_id) : bind_text(NULL),
    };
    MYSQL_BIND results[] = {
        column_bytes(&columns[0], adopting->id.bytes, IDENTIFIER_SIZE),
        column_number(&columns[1], &adopting->amount),
        column_text(&columns[2], status, sizeof status),
        column_time(&columns[3], &created_at),
        column_time(&columns[4], &returned_at),
    };
    size_t rows = 0;
    enum database_result result =
        database_execute(database, &statements[FIND], parameters, results, &rows);

    adopting->is_kept = result == DATABASE_DONE && rows > 0;
    if (!adopting->is_kept)
        return result;
    column_end(&columns[2], status);
    adopting->created_at = time_from_column(&created_at);
    adopting->was_returned = !columns[4].is_null;
    return refund_status_parse(status, &adopting->status) ? DATABASE_DONE : DATABASE_FAILED;
}

static enum database_result
change_refunded(struct database *database, const struct payment *payment, int64_t by)
{
    MYSQL_BIND parameters[] = {
        bind_number(&by),
        bind_identifier(&payment->id),
        bind_identifier(&payment->merchant_id),
        bind_text(mode_name(payment->mode)),
    };
    size_t rows;

    return database_execute(database, &statements[CHANGE_REFUNDED], parameters, NULL, &rows);
}

static enum database_result
insert(struct database *database, const struct adopting *adopting)
{
    const struct adoption *adoption = adopting->adoption;
    const struct payment *payment = adoption->payment;
    MYSQL_TIME created_at = time_to_column(adopting->now);
    MYSQL_BIND parameters[] = {
        bind_identifier(&adopting->new_id),
        bind_identifier(&payment->merchant_id),
        bind_text(mode_name(payment->mode)),
        bind_identifier(&payment->id),
        bind_number(&adoption->amount),
        bind_text(adoption->reference),
        bind_time(&created_at),
    };
    size_t rows;

    return database_execute(database, &statements[INSERT], parameters, NULL, &rows);
}

/* Tells the merchant, within the transaction. */
static enum database_result
keep_event(struct database *database, const struct adopting *adopting)
{
    const struct event *events[] = {&adopting->event};

    return event_store_insert(database, events, adopting->wants_event ? 1 : 0);
}

static enum database_result
tell_refund(struct database *database, struct adopting *adopting, const struct identifier *id,
            int64_t amount, int64_t created_at, int64_t returned_at)
{
    const struct payment *payment = &adopting->payment;
    const struct refund refund = {.id = *id,
                                  .merchant_id = payment->merchant_id,
                                  .mode = payment->mode,
                                  .payment_id = payment->id,
                                  .amount = amount,
                                  .currency = payment->currency,
                                  .status = REFUND_SUCCEEDED,
                                  .created_at = created_at,
                                  .returned_at = returned_at};

    event_tell_refund(&adopting->event, &refund);
    return keep_event(database, adopting);
}

static enum database_result
adopt(struct database *database, void *arg)
{
    struct adopting *adopting = arg;
    int64_t amount = adopting->adoption->amount;
    enum database_result result = lock(database, adopting);

    if (result == DATABASE_DONE)
        result = find(database, adopting);
    if (result != DATABASE_DONE)
        return result;
    adopting->result = STORE_EXISTS;
    if (adopting->is_kept)
        return DATABASE_DONE;
    adopting->result = STORE_REFUSED;
    if (!payment_can_refund(&adopting->payment, amount))
        return DATABASE_DONE;
    adopting->result = STORE_OK;
    result = change_refunded(database, &adopting->payment, amount);
    if (result == DATABASE_DONE)
        result = insert(database, adopting);
    return result == DATABASE_DONE
               ? tell_refund(database, adopting, &adopting->new_id, amount, adopting->now, 0)
               : result;
}

static enum database_result
write_return(struct database *database, const struct adopting *adopting)
{
    const struct payment *payment = &adopting->payment;
    MYSQL_TIME returned_at = time_to_column(adopting->now);
    MYSQL_BIND parameters[] = {
        bind_time(&returned_at),
        bind_identifier(&adopting->id),
        bind_identifier(&payment->merchant_id),
        bind_text(mode_name(payment->mode)),
    };
    size_t rows;

    return database_execute(database, &statements[RETURN], parameters, NULL, &rows);
}

static enum database_result
take_back(struct database *database, void *arg)
{
    struct adopting *adopting = arg;
    enum database_result result = lock(database, adopting);

    if (result == DATABASE_DONE)
        result = find(database, adopting);
    if (result != DATABASE_DONE)
        return result;
    adopting->result = STORE_NOT_FOUND;
    if (!adopting->is_kept || adopting->status != REFUND_SUCCEEDED)
        return DATABASE_DONE;
    adopting->result = STORE_EXISTS;
    if (adopting->was_returned)
        return DATABASE_DONE;
    adopting->result = STORE_OK;
    result = write_return(database, adopting);
    if (result == DATABASE_DONE)
        result = change_refunded(database, &adopting->payment, -adopting->amount);
    return result == DATABASE_DONE
               ? tell_refund(database, adopting, &adopting->id, adopting->amount,
                             adopting->created_at, adopting->now)
               : result;
}

static enum database_result
write_mark(struct database *database, const struct adopting *adopting)
{
    const struct payment *payment = &adopting->payment;
    MYSQL_TIME now = time_to_column(adopting->now);
    MYSQL_BIND parameters[] = {
        bind_time(adopting->stands ? &now : NULL),
        bind_identifier(&payment->id),
        bind_identifier(&payment->merchant_id),
        bind_text(mode_name(payment->mode)),
    };
    size_t rows;

    return database_execute(database, &statements[DISPUTE], parameters, NULL, &rows);
}

static enum database_result
mark(struct database *database, void *arg)
{
    struct adopting *adopting = arg;
    enum database_result result = lock(database, adopting);

    adopting->result = STORE_EXISTS;
    if (result != DATABASE_DONE || adopting->payment.is_disputed == adopting->stands)
        return result;
    adopting->result = STORE_OK;
    result = write_mark(database, adopting);
    if (result != DATABASE_DONE || !adopting->stands)
        return result;
    adopting->payment.is_disputed = true;
    event_tell_payment(&adopting->event, &adopting->payment);
    return keep_event(database, adopting);
}

/* Does the merchant want to be told? To be asked before the transaction. */
static enum database_result
ask(struct database *database, struct adopting *adopting)
{
    const struct payment *payment = adopting->adoption->payment;
    struct event_interest interest = {.merchant_id = &payment->merchant_id, .mode = payment->mode};
    enum database_result result = event_store_ask(database, &interest, 1);

    adopting->wants_event = interest.wants_events;
    return result;
}

/* What others commit while it waits for the payment is seen behind that. */
static enum database_result
at_once(struct database *database, struct adopting *adopting, database_work *work)
{
    enum database_result result = ask(database, adopting);

    if (result == DATABASE_DONE)
        result = database_lock_rows_only(database);
    return result == DATABASE_DONE ? database_transaction(database, work, adopting) : result;
}

static enum database_result
adopt_at_once(struct database *database, void *arg)
{
    return at_once(database, arg, adopt);
}

static enum database_result
take_back_at_once(struct database *database, void *arg)
{
    return at_once(database, arg, take_back);
}

static enum database_result
mark_at_once(struct database *database, void *arg)
{
    return at_once(database, arg, mark);
}

static enum store_result
run(struct database *database, struct deadline deadline, database_work *work,
    struct adopting *adopting)
{
    enum database_result result;

    adopting->now = clock_wall_ms();
    if (!identifier_new(adopting->now, &adopting->new_id) || !event_init(&adopting->event))
        return STORE_FAILED;
    result = database_run(database, deadline, work, adopting);
    return store_result_of(result, adopting->result);
}

enum store_result
adoption_store_refund(struct database *database, struct deadline deadline,
                      const struct adoption *adoption)
{
    struct adopting adopting = {.adoption = adoption};

    return run(database, deadline, adopt_at_once, &adopting);
}

enum store_result
adoption_store_return(struct database *database, struct deadline deadline,
                      const struct adoption *adoption)
{
    struct adopting adopting = {.adoption = adoption};

    return run(database, deadline, take_back_at_once, &adopting);
}

enum store_result
adoption_store_dispute(struct database *database, struct deadline deadline,
                       const struct payment *payment, bool stands)
{
    const struct adoption adoption = {.payment = payment};
    struct adopting adopting = {.adoption = &adoption, .stands = stands};

    return run(database, deadline, mark_at_once, &adopting);
}
