/*
 * Selection: which processor a payment is made with, and which one a kept payment belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_SELECTION_H
#define PAYMENT_API_PROCESSOR_SELECTION_H

#include "processor/processor.h"

#define PROCESSORS_MAX 8

/* The processors of a worker. */
struct processors {
    struct processor instances[PROCESSORS_MAX];
    size_t count;
};

/* The sandbox; nothing else can be configured yet. */
void processors_init(struct processors *processors);

/* The processor of new payments in a mode; NULL when there is none. Owned by processors. */
const struct processor *processor_of_mode(const struct processors *processors, enum mode mode);

/* The processor with this name in this mode; NULL when it is not (or no longer) configured. */
const struct processor *processor_named(const struct processors *processors, const char *name,
                                        enum mode mode);

#endif
