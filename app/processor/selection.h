/*
 * Selection: which processor a payment is made with, and which one a kept payment belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_SELECTION_H
#define PAYMENT_API_PROCESSOR_SELECTION_H

#include "config.h"
#include "processor/processor.h"

#define PROCESSORS_MAX 8

/* The processors of a worker. */
struct processors {
    struct processor instances[PROCESSORS_MAX];
    size_t count;
};

/* What is wrong with the sections [processor NAME] of a configuration. */
bool processors_check(const struct config *config, char error[CONFIG_ERROR_SIZE])
    __attribute__((warn_unused_result));

/* The sandbox, and those of the configuration, which must outlive them. */
void processors_init(struct processors *processors, const struct config *config);

/* The type with this name that a configuration can name; NULL when there is none. */
const struct processor_type *processor_type_named(const char *name);

bool processors_have_effects(const struct processors *processors);

/*
 * The processor of a merchant's new payments in a mode. name: what the merchant's record says; ""
 * is the sandbox for test keys. NULL when there is none. Owned by processors.
 */
const struct processor *processor_of_merchant(const struct processors *processors, const char *name,
                                              enum mode mode);

/* The processor with this name whose events can be verified; NULL when there is none. */
const struct processor *processor_of_events(const struct processors *processors, const char *name);

/* The processor with this name in this mode; NULL when it is not (or no longer) configured. */
const struct processor *processor_named(const struct processors *processors, const char *name,
                                        enum mode mode);

#endif
