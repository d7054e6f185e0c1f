/*
 * Payments in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_PAYMENT_STORE_H
#define PAYMENT_API_STORE_PAYMENT_STORE_H

#include "domain/payment.h"
#include "store/database.h"

extern const struct statement_set payment_statements;

/*
 * Keeps a new payment: one durable commit in one round trip. Its id was made before, so that a try
 * whose outcome is unknown is simply made again: the id can be kept only once.
 *
 * STORE_OK: it is kept. STORE_EXISTS: the merchant has used this idempotency key before, for the
 * payment in *existing. STORE_LOCKED: a payment with this key is being kept right now.
 */
enum store_result payment_store_insert(struct database *database, struct deadline deadline,
                                       const struct payment *payment, struct payment *existing)
    __attribute__((warn_unused_result));

/* STORE_OK, or STORE_NOT_FOUND when the merchant has no such payment. */
enum store_result payment_store_find(struct database *database, struct deadline deadline,
                                     const struct identifier *merchant_id,
                                     const struct identifier *id, struct payment *payment)
    __attribute__((warn_unused_result));

/* For units of work of other stores: the payment as it is now; *rows is 0 when there is none. */
enum database_result payment_store_read(struct database *database,
                                        const struct identifier *merchant_id,
                                        const struct identifier *id, struct payment *payment,
                                        size_t *rows) __attribute__((warn_unused_result));

#endif
