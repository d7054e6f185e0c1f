/*
 * Refunds in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_REFUND_STORE_H
#define PAYMENT_API_STORE_REFUND_STORE_H

#include "domain/refund.h"
#include "store/database.h"

extern const struct statement_set refund_statements;

/*
 * Keeps a new refund and takes its amount from what is left of the payment, in one transaction and
 * one round trip. What is left is tested by the UPDATE itself, so that no number of concurrent
 * refunds takes more than there is.
 *
 * STORE_OK: it is kept. STORE_EXISTS: the merchant has used this idempotency key before, for the
 * refund in *existing (whose currency is not set). STORE_REFUSED: the payment has not so much left,
 * or did not succeed. STORE_NOT_FOUND: the merchant has no such payment. STORE_LOCKED: another
 * transaction holds the payment or the key.
 */
enum store_result refund_store_insert(struct database *database, struct deadline deadline,
                                      const struct refund *refund, struct refund *existing)
    __attribute__((warn_unused_result));

#endif
