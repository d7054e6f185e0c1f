/*
 * Amounts as Stripe counts them: its own minor units, its limits, the currencies that it takes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_STRIPE_AMOUNT_H
#define PAYMENT_API_PROCESSOR_STRIPE_AMOUNT_H

#include <stdint.h>

#include "domain/currency.h"

enum stripe_amount_status {
    STRIPE_AMOUNT_OK,
    STRIPE_AMOUNT_REFUSED,   /* too large, or not a multiple of what Stripe can take */
    STRIPE_CURRENCY_REFUSED, /* Stripe does not take it */
};

/* Our minor units (at least 1) as Stripe's. *amount is set on STRIPE_AMOUNT_OK only. */
enum stripe_amount_status stripe_amount_from_minor(const struct currency *currency, int64_t minor,
                                                   int64_t *amount)
    __attribute__((warn_unused_result));

/* The way back, of what Stripe says. Its limits are for what it is asked: here none applies. */
enum stripe_amount_status stripe_amount_to_minor(const struct currency *currency, int64_t amount,
                                                 int64_t *minor)
    __attribute__((warn_unused_result));

#endif
