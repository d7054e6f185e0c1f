/*
 * The ledger's SQL: conditions as text, and rows as they come back. Of the store's own files.
 *
 * The conditions are put together as text, so that the server takes the index that fits them. What
 * goes into it are identifiers, numbers, and words of the program's own tables.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_LEDGER_SQL_H
#define PAYMENT_API_STORE_LEDGER_SQL_H

#include "store/ledger_store.h"

#define LEDGER_SQL_SIZE 8192
/* Of a format of printf. */
#define LEDGER_AS_TIME(column) "DATE_FORMAT(" column ", '%%Y-%%m-%%dT%%H:%%i:%%sZ')"

/* SQL that is being written. Made by {.length = 0}. */
struct ledger_sql {
    char text[LEDGER_SQL_SIZE];
    size_t length;
};

/* All that is ever added is of a known length, and fits. */
void ledger_sql_add(struct ledger_sql *sql, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* " AND CONDITION x'...'"; nothing for NULL. */
void ledger_sql_add_id(struct ledger_sql *sql, const char *condition, const struct identifier *id);

/* The conditions of a filter behind a WHERE, but for its time, its order and its limit; r is the
 * record. */
void ledger_sql_add_conditions(struct ledger_sql *sql, const struct ledger_filter *filter);

#define LEDGER_TIMES               \
    LEDGER_AS_TIME("r.created_at") \
    ", " LEDGER_AS_TIME("r.due_at") ", " LEDGER_AS_TIME("r.look_at")

/* What a row consists of, in the order in which it is selected; r is the record. last_attempt is
 * the text of an expression. */
#define LEDGER_PAYMENT_COLUMNS                                                       \
    "r.id, r.merchant_id, r.id, r.mode, r.amount, r.refunded, r.currency, r.status," \
    " r.decline, r.processor, r.source, r.description, r.reference, " LEDGER_TIMES   \
    ", NULL, NULL, " LEDGER_AS_TIME("r.disputed_at") ", r.action_url, %s"
/* The same of a refund; p is its payment. */
#define LEDGER_REFUND_COLUMNS                                                             \
    "r.id, r.merchant_id, r.payment_id, r.mode, r.amount, 0, p.currency, r.status, NULL," \
    " p.processor, NULL, NULL, r.reference, " LEDGER_TIMES                                \
    ", r.origin, " LEDGER_AS_TIME("r.returned_at") ", NULL, NULL, %s"

/* Runs it and shows each row. */
enum database_result ledger_sql_read(struct database *database, const struct ledger_sql *sql,
                                     ledger_seen *seen, void *arg)
    __attribute__((warn_unused_result));

#endif
