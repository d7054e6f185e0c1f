/*
 * Stripe: its objects by time, page by page.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_STRIPE_LIST_H
#define PAYMENT_API_PROCESSOR_STRIPE_LIST_H

#include "processor/stripe_object.h"

/* Writes the path of the page at which the listing stands; false when it does not fit. */
bool stripe_list_path(const struct processor_listing *listing, char *path, size_t size)
    __attribute__((warn_unused_result));

/* Takes a page; the body may be NULL. The whole outcome is written: PROCESSOR_SUCCEEDED when the
 * listing has the page's objects and stands at the next one. */
void stripe_list_outcome(struct processor_listing *listing, int status, const json_t *body,
                         struct processor_outcome *outcome);

#endif
