/*
 * A processor: who moves the money.
 *
 * Rules for every implementation:
 * - It is asked before anything is recorded whether it knows a source, and must answer that without
 *   any effect.
 * - charge() and refund() carry the id of our record. A processor with effects outside this program
 *   passes it on as its own idempotency key, so that a call made twice moves money once.
 * - It never waits past the deadline. When it cannot say how a call ended, that is
 *   CHARGE_UNKNOWN or REFUND_UNKNOWN, never a guess: the record is then kept as "processing".
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_PROCESSOR_H
#define PAYMENT_API_PROCESSOR_PROCESSOR_H

#include <stdbool.h>

#include "clock.h"
#include "domain/payment.h"
#include "domain/refund.h"

enum charge_outcome {
    CHARGE_SUCCEEDED,
    CHARGE_DECLINED, /* *decline says why */
    CHARGE_UNKNOWN,
};

enum refund_outcome {
    REFUND_OUTCOME_SUCCEEDED,
    REFUND_OUTCOME_UNKNOWN,
};

struct processor {
    const char *name; /* as kept with each payment */
    bool (*knows_source)(const char *source);
    enum charge_outcome (*charge)(const struct payment *payment, struct deadline deadline,
                                  enum decline *decline);
    enum refund_outcome (*refund)(const struct refund *refund, struct deadline deadline);
};

/* For test keys: decides by well-known test tokens, and moves nothing. */
extern const struct processor sandbox_processor;

#endif
