/*
 * Stripe: what notices are about, and giving back what should not have been charged.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_STRIPE_NOTICED_H
#define PAYMENT_API_PROCESSOR_STRIPE_NOTICED_H

#include "processor/stripe_object.h"

/* Writes the path of the refund or dispute, with its charge; false when its id is none. */
bool stripe_noticed_path(const struct notice *notice, char *path, size_t size)
    __attribute__((warn_unused_result));

/* What the answer says of it; the body may be NULL. The whole outcome is written. */
void stripe_noticed_outcome(const struct notice *notice, int status, const json_t *body,
                            struct processor_outcome *outcome);

/* What became of giving a payment back; the same. */
void stripe_give_back_outcome(const struct payment *payment, int status, const json_t *body,
                              struct processor_outcome *outcome);

#endif
