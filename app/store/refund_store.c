/*
 * Refunds in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/refund_store.h"

#include <string.h>

#include "store/binding.h"
#include "store/payment_store.h"

enum {
    INSERT,
    FIND_BY_ID,
    FIND_BY_KEY,
};

#define COLUMNS "id, merchant_id, payment_id, amount, status, idempotency_key, created_at"

static const struct statement statements[] = {
    /*
     * The UPDATE goes first: it locks the payment, on which an INSERT first would take a shared
     * lock (foreign key) that two refunds could not both raise. The SELECT comes behind the COMMIT,
     * so that its row says what is durable; on Galera a COMMIT may still fail.
     */
    [INSERT] = {.name = "refund insert",
                .sql = "BEGIN NOT ATOMIC"
                       " DECLARE reserved INT DEFAULT 0;"
                       " DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;"
                       " START TRANSACTION;"
                       " UPDATE payments SET refunded = refunded + ?"
                       " WHERE id = ? AND merchant_id = ? AND status = 'succeeded'"
                       " AND refunded <= amount - ?;"
                       " SET reserved = ROW_COUNT();"
                       " IF reserved = 1 THEN"
                       " INSERT INTO refunds (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?);"
                       " COMMIT;"
                       " ELSE ROLLBACK;"
                       " END IF;"
                       " SELECT reserved;"
                       " END",
                .parameters = 11},
    [FIND_BY_ID] = {.name = "refund by id",
                    .sql = "SELECT " COLUMNS " FROM refunds WHERE id = ? AND merchant_id = ?",
                    .parameters = 2,
                    .columns = 7},
    [FIND_BY_KEY] = {.name = "refund by idempotency key",
                     .sql = "SELECT " COLUMNS
                            " FROM refunds WHERE merchant_id = ? AND idempotency_key = ?",
                     .parameters = 2,
                     .columns = 7},
};

const struct statement_set refund_statements = {statements,
                                                sizeof statements / sizeof statements[0]};

static enum database_result
fetch(struct database *database, const struct statement *statement, MYSQL_BIND *parameters,
      struct refund *refund, size_t *rows)
{
    struct column column[7];
    char status[16];
    MYSQL_TIME created_at;
    MYSQL_BIND columns[] = {
        column_bytes(&column[0], refund->id.bytes, IDENTIFIER_SIZE),
        column_bytes(&column[1], refund->merchant_id.bytes, IDENTIFIER_SIZE),
        column_bytes(&column[2], refund->payment_id.bytes, IDENTIFIER_SIZE),
        column_number(&column[3], &refund->amount),
        column_text(&column[4], status, sizeof status),
        column_text(&column[5], refund->idempotency_key, sizeof refund->idempotency_key),
        column_time(&column[6], &created_at),
    };
    enum database_result result;

    result = database_execute(database, statement, parameters, columns, rows);
    if (result != DATABASE_DONE || *rows == 0)
        return result;
    column_end(&column[4], status);
    column_end(&column[5], refund->idempotency_key);
    refund->created_at = time_from_column(&created_at);
    return refund_status_parse(status, &refund->status)
               ? DATABASE_DONE
               : database_fault(database, "a refund has a status that is not known here");
}

struct insertion {
    const struct refund *refund;
    struct refund *existing;
    enum store_result found;
};

/* Is this refund, or another one with its key, kept already? *known says so. */
static enum database_result
find_kept(struct database *database, struct insertion *insertion, bool *known)
{
    const struct refund *refund = insertion->refund;
    MYSQL_BIND by_id[] = {bind_identifier(&refund->id), bind_identifier(&refund->merchant_id)};
    MYSQL_BIND by_key[] = {bind_identifier(&refund->merchant_id),
                           bind_text(refund->idempotency_key)};
    enum database_result result;
    size_t rows = 0;

    result = fetch(database, &statements[FIND_BY_ID], by_id, insertion->existing, &rows);
    insertion->found = STORE_OK;
    if (result == DATABASE_DONE && rows == 0 && refund->idempotency_key[0] != '\0') {
        result = fetch(database, &statements[FIND_BY_KEY], by_key, insertion->existing, &rows);
        insertion->found = STORE_EXISTS;
    }
    *known = rows == 1;
    return result;
}

/* Nothing could be reserved: why? */
static enum database_result
explain_refusal(struct database *database, struct insertion *insertion)
{
    const struct refund *refund = insertion->refund;
    enum database_result result;
    struct payment payment;
    size_t rows = 0;

    result =
        payment_store_read(database, &refund->merchant_id, &refund->payment_id, &payment, &rows);
    if (result != DATABASE_DONE)
        return result;
    insertion->found = rows == 1 ? STORE_REFUSED : STORE_NOT_FOUND;
    /* It would fit after all: the payment changed in between, or this node has just got it. */
    if (rows == 1 && payment.status == PAYMENT_SUCCEEDED &&
        payment.refunded <= payment.amount - refund->amount)
        return DATABASE_CONFLICT;
    return DATABASE_DONE;
}

static enum database_result
insert(struct database *database, void *arg)
{
    struct insertion *insertion = arg;
    const struct refund *refund = insertion->refund;
    MYSQL_TIME created_at = time_to_column(refund->created_at);
    const char *key = refund->idempotency_key[0] != '\0' ? refund->idempotency_key : NULL;
    MYSQL_BIND parameters[] = {
        bind_number(&refund->amount),
        bind_identifier(&refund->payment_id),
        bind_identifier(&refund->merchant_id),
        bind_number(&refund->amount),
        bind_identifier(&refund->id),
        bind_identifier(&refund->merchant_id),
        bind_identifier(&refund->payment_id),
        bind_number(&refund->amount),
        bind_text(refund_status_name(refund->status)),
        bind_text(key),
        bind_time(&created_at),
    };
    struct column column;
    int64_t reserved = 0;
    MYSQL_BIND columns[] = {column_number(&column, &reserved)};
    enum database_result result;
    bool duplicate;
    bool known = false;
    size_t rows;

    result = database_execute(database, &statements[INSERT], parameters, columns, &rows);
    if (result == DATABASE_DONE && reserved == 1) {
        insertion->found = STORE_OK;
        return DATABASE_DONE;
    }
    if (result != DATABASE_DONE && result != DATABASE_DUPLICATE)
        return result;
    duplicate = result == DATABASE_DUPLICATE;
    /* Before any other answer: a try of this refund, or of its key, may have gone through. */
    result = find_kept(database, insertion, &known);
    if (result != DATABASE_DONE || known)
        return result;
    /* The duplicate has been rolled back in between. */
    return duplicate ? DATABASE_CONFLICT : explain_refusal(database, insertion);
}

enum store_result
refund_store_insert(struct database *database, struct deadline deadline,
                    const struct refund *refund, struct refund *existing)
{
    struct insertion work = {.refund = refund, .existing = existing, .found = STORE_FAILED};
    enum database_result result;

    result = database_run(database, deadline, insert, &work);
    return store_result_of(result, work.found);
}
