/*
 * Payments in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/payment_store.h"

#include <string.h>

#include "store/binding.h"

enum {
    INSERT,
    FIND_BY_ID,
    FIND_BY_KEY,
};

#define COLUMNS                                                                          \
    "id, merchant_id, amount, refunded, currency, status, decline, source, description," \
    " idempotency_key, created_at"

static const struct statement statements[] = {
    [INSERT] = {.name = "payment insert",
                .sql = "INSERT INTO payments (id, merchant_id, amount, currency, status, decline,"
                       " processor, source, description, idempotency_key, created_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                .parameters = 11},
    [FIND_BY_ID] = {.name = "payment by id",
                    .sql = "SELECT " COLUMNS " FROM payments WHERE id = ? AND merchant_id = ?",
                    .parameters = 2,
                    .columns = 11},
    [FIND_BY_KEY] = {.name = "payment by idempotency key",
                     .sql = "SELECT " COLUMNS
                            " FROM payments WHERE merchant_id = ? AND idempotency_key = ?",
                     .parameters = 2,
                     .columns = 11},
};

const struct statement_set payment_statements = {statements,
                                                 sizeof statements / sizeof statements[0]};

/* Runs one of the two look-ups; *rows is 0 or 1. A row that no program of ours writes is a fault.
 */
static enum database_result
fetch(struct database *database, const struct statement *statement, MYSQL_BIND *parameters,
      struct payment *payment, size_t *rows)
{
    struct column column[11];
    char currency[8], status[16], decline[40];
    MYSQL_TIME created_at;
    MYSQL_BIND columns[] = {
        column_bytes(&column[0], payment->id.bytes, IDENTIFIER_SIZE),
        column_bytes(&column[1], payment->merchant_id.bytes, IDENTIFIER_SIZE),
        column_number(&column[2], &payment->amount),
        column_number(&column[3], &payment->refunded),
        column_text(&column[4], currency, sizeof currency),
        column_text(&column[5], status, sizeof status),
        column_text(&column[6], decline, sizeof decline),
        column_text(&column[7], payment->source, sizeof payment->source),
        column_text(&column[8], payment->description, sizeof payment->description),
        column_text(&column[9], payment->idempotency_key, sizeof payment->idempotency_key),
        column_time(&column[10], &created_at),
    };
    enum database_result result;

    result = database_execute(database, statement, parameters, columns, rows);
    if (result != DATABASE_DONE || *rows == 0)
        return result;
    column_end(&column[4], currency);
    column_end(&column[5], status);
    column_end(&column[6], decline);
    column_end(&column[7], payment->source);
    column_end(&column[8], payment->description);
    column_end(&column[9], payment->idempotency_key);
    payment->has_description = !column[8].is_null;
    payment->created_at = time_from_column(&created_at);
    payment->currency = currency_of_record(currency);
    payment->decline = DECLINE_NONE;
    if (payment->currency == NULL || !payment_status_parse(status, &payment->status) ||
        (decline[0] != '\0' && !decline_parse(decline, &payment->decline)))
        return database_fault(database,
                              "a payment has a currency, status or decline that is not known here");
    return DATABASE_DONE;
}

enum database_result
payment_store_read(struct database *database, const struct identifier *merchant_id,
                   const struct identifier *id, struct payment *payment, size_t *rows)
{
    MYSQL_BIND parameters[] = {bind_identifier(id), bind_identifier(merchant_id)};

    return fetch(database, &statements[FIND_BY_ID], parameters, payment, rows);
}

struct find {
    const struct identifier *merchant_id;
    const struct identifier *id;
    struct payment *payment;
    enum store_result found;
};

static enum database_result
find(struct database *database, void *arg)
{
    struct find *find = arg;
    enum database_result result;
    size_t rows;

    result = payment_store_read(database, find->merchant_id, find->id, find->payment, &rows);
    find->found = rows == 1 ? STORE_OK : STORE_NOT_FOUND;
    return result;
}

enum store_result
payment_store_find(struct database *database, struct deadline deadline,
                   const struct identifier *merchant_id, const struct identifier *id,
                   struct payment *payment)
{
    struct find work = {
        .merchant_id = merchant_id, .id = id, .payment = payment, .found = STORE_FAILED};
    enum database_result result;

    result = database_run(database, deadline, find, &work);
    return store_result_of(result, work.found);
}

struct insertion {
    const struct payment *payment;
    struct payment *existing;
    enum store_result found;
};

static const char *
key_or_null(const char *idempotency_key)
{
    return idempotency_key[0] != '\0' ? idempotency_key : NULL;
}

/* Which payment is in the way: this one, kept by an earlier try, or another one with its key? */
static enum database_result
resolve_duplicate(struct database *database, struct insertion *insertion)
{
    const struct payment *payment = insertion->payment;
    MYSQL_BIND by_key[] = {bind_identifier(&payment->merchant_id),
                           bind_text(payment->idempotency_key)};
    enum database_result result;
    size_t rows;

    result = payment_store_read(database, &payment->merchant_id, &payment->id, insertion->existing,
                                &rows);
    if (result != DATABASE_DONE)
        return result;
    insertion->found = STORE_OK;
    if (rows == 1)
        return DATABASE_DONE;
    result = fetch(database, &statements[FIND_BY_KEY], by_key, insertion->existing, &rows);
    if (result != DATABASE_DONE)
        return result;
    insertion->found = STORE_EXISTS;
    /* Neither: it has been rolled back in between. */
    return rows == 1 ? DATABASE_DONE : DATABASE_CONFLICT;
}

static enum database_result
insert(struct database *database, void *arg)
{
    struct insertion *insertion = arg;
    const struct payment *payment = insertion->payment;
    MYSQL_TIME created_at = time_to_column(payment->created_at);
    MYSQL_BIND parameters[] = {
        bind_identifier(&payment->id),
        bind_identifier(&payment->merchant_id),
        bind_number(&payment->amount),
        bind_text(payment->currency->code),
        bind_text(payment_status_name(payment->status)),
        bind_text(decline_name(payment->decline)),
        bind_text(payment->processor),
        bind_text(payment->source),
        bind_text(payment->has_description ? payment->description : NULL),
        bind_text(key_or_null(payment->idempotency_key)),
        bind_time(&created_at),
    };
    enum database_result result;
    size_t rows;

    result = database_execute(database, &statements[INSERT], parameters, NULL, &rows);
    if (result == DATABASE_DUPLICATE)
        return resolve_duplicate(database, insertion);
    insertion->found = STORE_OK;
    return result;
}

enum store_result
payment_store_insert(struct database *database, struct deadline deadline,
                     const struct payment *payment, struct payment *existing)
{
    struct insertion work = {.payment = payment, .existing = existing, .found = STORE_FAILED};
    enum database_result result;

    result = database_run(database, deadline, insert, &work);
    return store_result_of(result, work.found);
}
