/*
 * Refunds in the database. New ones are kept in groups of up to STORE_GROUP_MAX at once.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_REFUND_STORE_H
#define PAYMENT_API_STORE_REFUND_STORE_H

#include "domain/payment.h"
#include "domain/refund.h"
#include "store/database.h"
#include "store/refund_row.h"
#include "store/reservation.h"

/*
 * Keeps new refunds and takes their amounts from what is left of their payments, in one
 * transaction. Payments are locked in the order of their ids, refunds are decided in the order of
 * the array, and what is left is tested while the payment is locked, so that no number of
 * concurrent refunds takes more than there is. No idempotency key of a merchant and mode may stand
 * in a group twice.
 *
 * Each one's result is its own. STORE_OK: it is kept. STORE_EXISTS: the merchant has used this
 * idempotency key before in this mode, for the refund in *existing. STORE_REFUSED: the payment has
 * not so much left, or did not succeed. STORE_NOT_FOUND: no such payment of this merchant, mode and
 * processor. STORE_LOCKED: a refund with this key is being kept right now.
 */
void refund_store_insert(struct database *database, struct deadline deadline,
                         struct refund_insertion *insertions, size_t count);

/* STORE_OK, with the currency; STORE_NOT_FOUND when the merchant has no such refund in this mode.
 */
enum store_result refund_store_find(struct database *database, struct deadline deadline,
                                    const struct identifier *merchant_id, enum mode mode,
                                    const struct identifier *id, struct refund *refund)
    __attribute__((warn_unused_result));

#endif
