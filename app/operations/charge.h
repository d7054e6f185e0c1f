/*
 * Charge: make a payment.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_CHARGE_H
#define PAYMENT_API_OPERATIONS_CHARGE_H

#include "operations/operation.h"

struct charge {
    struct payment payment; /* what is asked for; on OPERATION_REPLAYED the one of that request */
    const struct processor *processor; /* not owned */
    struct deadline deadline;
    enum operation_outcome outcome;
};

/*
 * Makes a group of payments (up to OPERATION_GROUP_MAX): a processor without effects decides, and
 * all are kept by one commit. Of two with the same idempotency key the second keeps
 * OPERATION_WAITS: it meets the record of the first in the next group.
 */
void charge_run(const struct workshop *workshop, struct charge *const *charges, size_t count);

#endif
