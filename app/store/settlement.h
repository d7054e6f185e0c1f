/*
 * Settlements: what a processor's answer makes of payments and refunds that are "processing".
 *
 * A final status never changes: each UPDATE says so in its condition, and whoever comes second
 * finds what stands. So it does not matter how many settle the same record, or how often. The event
 * that tells of a change is kept in its transaction, by whoever made it, where the merchant wants
 * it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_SETTLEMENT_H
#define PAYMENT_API_STORE_SETTLEMENT_H

#include "domain/attempt.h"
#include "domain/event.h"
#include "domain/payment.h"
#include "domain/refund.h"
#include "store/database.h"
#include "store/result.h"

extern const struct statement_set settlement_statements;
extern const struct statement_set refund_settlement_statements; /* refund_settlement.c */

/*
 * One payment. On STORE_OK *payment is what stands afterwards, whoever settled it; STORE_NOT_FOUND:
 * there is no such payment.
 */
struct payment_settlement {
    struct payment *payment;    /* whose; not owned */
    enum payment_status status; /* PAYMENT_PROCESSING: only what stands below is noted */
    enum decline decline;       /* with PAYMENT_FAILED */
    const char *reference;      /* the processor's id of it; "" leaves what is there; not owned */
    /* While it is processing: */
    int64_t due_at; /* its request is over; 0 leaves what is there */
    const char
        *action_url;      /* where the customer has to go; "" hides it, NULL leaves it; not owned */
    int64_t look_at;      /* ask then at the latest; 0 leaves what is there */
    enum event_wish wish; /* what is known of whether its merchant wants an event */
    bool tells_processing; /* when it stays processing, an event says so: the request is over */
    const struct attempt *attempts; /* kept with it; not owned */
    size_t attempt_count;
    enum store_result result;
};

/* Up to STORE_GROUP_MAX at once, in one transaction. No payment may stand in a group twice. */
void settlement_of_payments(struct database *database, struct deadline deadline,
                            struct payment_settlement *settlements, size_t count);

/* One refund, in the same way. What fails gives its amount back to its payment. */
struct refund_settlement {
    struct refund *refund;     /* whose; not owned; its currency is left as it is */
    enum refund_status status; /* REFUND_PROCESSING: only the reference and look_at are noted */
    const char *reference;
    int64_t look_at;
    enum event_wish wish;
    const struct attempt *attempts;
    size_t attempt_count;
    enum store_result result;
};

void settlement_of_refunds(struct database *database, struct deadline deadline,
                           struct refund_settlement *settlements, size_t count);

/* For units of work of other stores: one of them, within their transaction. */
enum database_result settlement_of_payment_within(struct database *database,
                                                  struct payment_settlement *settlement)
    __attribute__((warn_unused_result));
enum database_result settlement_of_refund_within(struct database *database,
                                                 struct refund_settlement *settlement)
    __attribute__((warn_unused_result));

#endif
