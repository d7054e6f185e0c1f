/*
 * What happened to a payment at its processor without us: refunds that were made in the processor's
 * own pages, refunds that came back, disputes. Their payments have been read before. Each change
 * and the event that tells of it are one transaction, where the merchant wants events.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_ADOPTION_STORE_H
#define PAYMENT_API_STORE_ADOPTION_STORE_H

#include "domain/payment.h"
#include "store/database.h"
#include "store/result.h"

extern const struct statement_set adoption_statements;

/* A refund as the processor knows it. */
struct adoption {
    const struct payment *payment;      /* not owned */
    const char *reference;              /* the processor's id of the refund; not owned */
    const struct identifier *refund_id; /* the record that it says it is; NULL: none. Not owned */
    int64_t amount;                     /* minor units of the payment's currency */
};

/*
 * Keeps a refund that succeeded, and takes its amount from its payment, in one transaction.
 * STORE_EXISTS: its record is there. STORE_REFUSED: more than what is left of the payment, as far
 * as we know; nothing is kept.
 */
enum store_result adoption_store_refund(struct database *database, struct deadline deadline,
                                        const struct adoption *adoption)
    __attribute__((warn_unused_result));

/*
 * Notes that a refund that had succeeded came back, and gives its amount back to its payment, in
 * one transaction. STORE_EXISTS: that was noted before. STORE_NOT_FOUND: there is no such refund,
 * or it did not succeed.
 */
enum store_result adoption_store_return(struct database *database, struct deadline deadline,
                                        const struct adoption *adoption)
    __attribute__((warn_unused_result));

/* Marks a payment as disputed, or takes the mark away. STORE_EXISTS: it was so before. */
enum store_result adoption_store_dispute(struct database *database, struct deadline deadline,
                                         const struct payment *payment, bool stands)
    __attribute__((warn_unused_result));

#endif
