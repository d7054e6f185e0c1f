/*
 * Refunds as rows: reading them, in one place. Of the store's own files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_REFUND_ROW_H
#define PAYMENT_API_STORE_REFUND_ROW_H

#include "domain/refund.h"
#include "store/database.h"
#include "store/slots.h"

enum refund_look_up {
    REFUND_BY_ID,
    REFUND_BY_KEY, /* those without an idempotency key are left out */
    REFUND_LOCKED, /* by id, the lower one first, and locked until the transaction ends */
    REFUND_LOOK_UPS,
    REFUND_WITH_CURRENCY = REFUND_LOOK_UPS, /* by id, one only; the currency is its payment's */
};

/* Called for each row that was found; its currency is set for REFUND_WITH_CURRENCY only. */
typedef void refund_found(void *arg, const struct refund *found);

/* Looks for the refunds of a group (0 to STORE_GROUP_MAX). */
enum database_result refund_row_look_up(struct database *database, enum refund_look_up by,
                                        const struct record_key *keys, size_t count,
                                        refund_found *found, void *arg)
    __attribute__((warn_unused_result));

/* Locks refunds whose look_at has come, as payment_row_due(). */
enum database_result refund_row_due(struct database *database, int64_t now, refund_found *found,
                                    void *arg) __attribute__((warn_unused_result));

enum refund_list {
    REFUND_LIST,
    REFUND_LIST_BACKWARD,
    REFUND_LIST_OF_PAYMENT,
    REFUND_LIST_OF_PAYMENT_BACKWARD,
};

/* Reads a page, with the currencies; the parameters are those of page_bind(), their condition
 * merchant_id and mode, or payment_id, and behind them merchant_id and mode. */
enum database_result refund_row_page(struct database *database, enum refund_list list,
                                     MYSQL_BIND *parameters, refund_found *found, void *arg)
    __attribute__((warn_unused_result));

extern const struct statement_set refund_row_statements;

#endif
