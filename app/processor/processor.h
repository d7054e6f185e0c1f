/*
 * A processor: who moves the money.
 *
 * Rules for every implementation:
 * - It is asked before anything is recorded whether it knows a source, and must answer that without
 *   any effect.
 * - charge() and refund() carry the id of our record.
 * - It never waits past the deadline. When it cannot say how a call ended, that is
 *   CHARGE_UNKNOWN or REFUND_OUTCOME_UNKNOWN, never a guess: the record is then kept as
 *   "processing".
 *
 * The handlers call these before the record is kept, which is right for a processor without effects
 * (one durable write a request) and for no other: a request that is sent again has another id. One
 * that moves money needs the record kept as "processing" first, under its idempotency key and, for
 * a refund, with its amount reserved; then the call, with the id of that record as the processor's
 * own idempotency key; then the outcome. The statuses, the columns and the answer 409 are made for
 * it.
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
