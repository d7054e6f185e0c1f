/*
 * Refund: give money of a payment back.
 *
 *   refund_run()     the payments are looked up, and the refunds are kept: done. With a processor
 *                    that has effects they are kept as "processing", their amounts reserved, then
 *                    it is called.
 *   refund_settle()  the calls have ended: what came is noted; one that failed gives its amount
 *                    back to its payment.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_REFUND_H
#define PAYMENT_API_OPERATIONS_REFUND_H

#include "domain/money.h"
#include "operations/operation.h"

struct refunding {
    struct refund refund;  /* what is asked for; on OPERATION_REPLAYED the one of that request */
    struct decimal amount; /* as the client wrote it; the payment's currency makes it minor units */
    struct deadline deadline;
    bool wants_events; /* its merchant is told by an event */
    enum operation_outcome outcome;
    void *owner;            /* becomes call.owner */
    struct payment payment; /* whose money is given back; set when the refund is kept */
    struct call call;       /* with OPERATION_CALLS */
};

/*
 * Makes a group of refunds (up to OPERATION_GROUP_MAX): their payments are looked for together, and
 * all are kept in one transaction. Of two with the same idempotency key the second keeps
 * OPERATION_WAITS: it meets the record of the first in the next group. OPERATION_CALLS is as in
 * charge_run().
 */
void refund_run(const struct workshop *workshop, struct refunding *const *refundings, size_t count);

/* What the processor's word makes of a refund. */
enum refund_status refund_conclude(enum processor_result result);

/* Notes what the calls of a group came to. OPERATION_DONE, with the refund as it stands: perhaps
 * still "processing". */
void refund_settle(const struct workshop *workshop, struct refunding *const *refundings,
                   size_t count);

#endif
