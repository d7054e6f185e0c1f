/*
 * What happened to a payment at its processor without us.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/adoption_store.h"

#include "domain/refund.h"
#include "store/binding.h"
#include "store/payment_store.h"

enum {
    FIND,
    INSERT,
    RETURN,
    CHANGE_REFUNDED,
    DISPUTE,
};

#define OF_ONE " WHERE id = ? AND merchant_id = ? AND mode = ?"

static const struct statement statements[] = {
    /* One that failed here and is at the processor all the same is not on record. */
    [FIND] = {.name = "refund of a payment by its reference",
              .sql = "SELECT id, amount, status, returned_at FROM refunds"
                     " FORCE INDEX (refunds_payment_list) WHERE payment_id = ?"
                     " AND merchant_id = ? AND mode = ?"
                     " AND (reference = ? OR (id = ? AND status <> 'failed'))",
              .parameters = 5,
              .columns = 4,
              .late = true},
    [INSERT] = {.name = "refund of a processor's, insert",
                .sql = "INSERT INTO refunds (id, merchant_id, mode, payment_id, amount, status,"
                       " origin, reference, created_at)"
                       " VALUES (?, ?, ?, ?, ?, 'succeeded', 'processor', ?, ?)",
                .parameters = 7,
                .late = true},
    [RETURN] = {.name = "refund that came back",
                .sql = "UPDATE refunds SET returned_at = ?" OF_ONE
                       " AND status = 'succeeded' AND returned_at IS NULL",
                .parameters = 4,
                .late = true},
    [CHANGE_REFUNDED] = {.name = "what is refunded of a payment",
                         .sql = "UPDATE payments SET refunded = refunded + ?" OF_ONE,
                         .parameters = 4,
                         .late = true},
    [DISPUTE] = {.name = "payment dispute",
                 .sql = "UPDATE payments SET disputed_at ="
                        " IF(? IS NULL, NULL, IFNULL(disputed_at, ?))" OF_ONE,
                 .parameters = 5,
                 .late = true},
};

const struct statement_set adoption_statements = {statements,
                                                  sizeof statements / sizeof statements[0]};

/* One adoption, and what the transaction found and did. */
struct adopting {
    const struct adoption *adoption;
    int64_t now;              /* Unix time in milliseconds */
    struct identifier new_id; /* of a record that is made */
    struct payment payment;   /* as it is locked */
    bool is_kept;             /* the refund has a record: */
    struct identifier id;
    int64_t amount;
    enum refund_status status;
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
    struct column columns[4];
    char status[16];
    MYSQL_TIME returned_at;
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
        column_time(&columns[3], &returned_at),
    };
    size_t rows = 0;
    enum database_result result =
        database_execute(database, &statements[FIND], parameters, results, &rows);

    adopting->is_kept = result == DATABASE_DONE && rows > 0;
    if (!adopting->is_kept)
        return result;
    column_end(&columns[2], status);
    adopting->was_returned = !columns[3].is_null;
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
    return result == DATABASE_DONE ? insert(database, adopting) : result;
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
    return result == DATABASE_DONE
               ? change_refunded(database, &adopting->payment, -adopting->amount)
               : result;
}

/* What others commit while it waits for the payment is seen behind that. */
static enum database_result
adopt_at_once(struct database *database, void *arg)
{
    enum database_result result = database_lock_rows_only(database);

    return result == DATABASE_DONE ? database_transaction(database, adopt, arg) : result;
}

static enum database_result
take_back_at_once(struct database *database, void *arg)
{
    enum database_result result = database_lock_rows_only(database);

    return result == DATABASE_DONE ? database_transaction(database, take_back, arg) : result;
}

enum store_result
adoption_store_refund(struct database *database, struct deadline deadline,
                      const struct adoption *adoption)
{
    struct adopting adopting = {.adoption = adoption, .now = clock_wall_ms()};
    enum database_result result;

    if (!identifier_new(adopting.now, &adopting.new_id))
        return STORE_FAILED;
    result = database_run(database, deadline, adopt_at_once, &adopting);
    return store_result_of(result, adopting.result);
}

enum store_result
adoption_store_return(struct database *database, struct deadline deadline,
                      const struct adoption *adoption)
{
    struct adopting adopting = {.adoption = adoption, .now = clock_wall_ms()};
    enum database_result result = database_run(database, deadline, take_back_at_once, &adopting);

    return store_result_of(result, adopting.result);
}

struct marking {
    const struct payment *payment;
    bool stands;
};

static enum database_result
mark(struct database *database, void *arg)
{
    const struct marking *marking = arg;
    const struct payment *payment = marking->payment;
    MYSQL_TIME now = time_to_column(clock_wall_ms());
    const MYSQL_TIME *disputed_at = marking->stands ? &now : NULL;
    MYSQL_BIND parameters[] = {
        bind_time(disputed_at),
        bind_time(disputed_at),
        bind_identifier(&payment->id),
        bind_identifier(&payment->merchant_id),
        bind_text(mode_name(payment->mode)),
    };
    size_t rows;

    return database_execute(database, &statements[DISPUTE], parameters, NULL, &rows);
}

enum store_result
adoption_store_dispute(struct database *database, struct deadline deadline,
                       const struct payment *payment, bool stands)
{
    struct marking marking = {.payment = payment, .stands = stands};

    return store_result_of(database_run(database, deadline, mark, &marking), STORE_OK);
}
