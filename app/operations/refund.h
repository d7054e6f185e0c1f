/*
 * Refund: give money of a payment back.
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
    enum operation_outcome outcome;
};

/*
 * Makes a group of refunds (up to OPERATION_GROUP_MAX): their payments are looked for together, and
 * all are kept in one transaction. Of two with the same idempotency key the second keeps
 * OPERATION_WAITS: it meets the record of the first in the next group.
 */
void refund_run(const struct workshop *workshop, struct refunding *const *refundings, size_t count);

#endif
