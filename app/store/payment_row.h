/*
 * Payments as rows: reading them, in one place. Of the store's own files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_PAYMENT_ROW_H
#define PAYMENT_API_STORE_PAYMENT_ROW_H

#include "domain/payment.h"
#include "store/database.h"
#include "store/slots.h"

enum payment_look_up {
    PAYMENT_BY_ID,
    PAYMENT_BY_KEY,         /* those without an idempotency key are left out */
    PAYMENT_LOCKED,         /* by id, the lower one first, and locked until the transaction ends */
    PAYMENT_LOCKED_IF_FREE, /* the same, without those that another transaction holds */
    PAYMENT_LOOK_UPS,
};

#define DUE_MAX 16 /* rows of one look for what is due */

/* Called for each row that was found. */
typedef void payment_found(void *arg, const struct payment *found);

/* Looks for the payments of a group (0 to STORE_GROUP_MAX). */
enum database_result payment_row_look_up(struct database *database, enum payment_look_up by,
                                         const struct record_key *keys, size_t count,
                                         payment_found *found, void *arg)
    __attribute__((warn_unused_result));

/* Locks payments whose look_at has come (Unix time in milliseconds), those that wait for longest
 * first, without those that another transaction holds. */
enum database_result payment_row_due(struct database *database, int64_t now, payment_found *found,
                                     void *arg) __attribute__((warn_unused_result));

enum payment_list {
    PAYMENT_LIST,
    PAYMENT_LIST_BACKWARD,
    PAYMENT_LIST_OF_CURRENCY,
    PAYMENT_LIST_OF_CURRENCY_BACKWARD,
};

/* Reads a page; the parameters are those of page_bind(), their condition merchant_id and mode, and
 * the currency where the list is of one. */
enum database_result payment_row_page(struct database *database, enum payment_list list,
                                      MYSQL_BIND *parameters, payment_found *found, void *arg)
    __attribute__((warn_unused_result));

extern const struct statement_set payment_row_statements;

#endif
