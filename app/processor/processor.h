/*
 * A processor: who moves the money.
 *
 * Rules for every implementation:
 * - It is asked before anything is recorded whether it knows a source, and must answer that without
 *   any effect.
 * - It is one instance, with state of its own; a payment belongs to the instance that it was made
 *   with for ever, by its name.
 * - A processor without effects (the sandbox) decides before the record is kept: that is one
 * durable write a request. One that moves money is another matter: the record is kept as
 * "processing" first, then it is called, with the record's id as its idempotency key, then the
 * outcome is noted. No such processor is part of the program yet.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_PROCESSOR_H
#define PAYMENT_API_PROCESSOR_PROCESSOR_H

#include <stdbool.h>

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

struct processor;

/* One kind of processor. */
struct processor_type {
    const char *name; /* "sandbox" */
    bool (*knows_source)(const struct processor *processor, const char *source);
    enum charge_outcome (*decide_charge)(const struct processor *processor,
                                         const struct payment *payment, enum decline *decline);
    enum refund_outcome (*decide_refund)(const struct processor *processor,
                                         const struct refund *refund);
};

/* One configured account with a processor. */
struct processor {
    const struct processor_type *type;
    const char *name; /* as kept with each payment; unique; not owned */
    enum mode mode;   /* of the keys that may use it */
    void *state;      /* the type's own; NULL where it needs none */
};

/* For test keys: decides by well-known test tokens, and moves nothing. */
extern const struct processor_type sandbox_type;

#endif
