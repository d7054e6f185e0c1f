/*
 * Stripe's events: is one genuine, and what is it about?
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_STRIPE_EVENT_H
#define PAYMENT_API_PROCESSOR_STRIPE_EVENT_H

#include "processor/processor.h"

/* The header of the signature, as CGI names it. */
#define STRIPE_EVENT_HEADER "HTTP_STRIPE_SIGNATURE"

/* struct processor_type has the contract. */
enum processor_event_result stripe_event(const struct processor *processor, const char *signature,
                                         const char *body, size_t length, int64_t now,
                                         struct notice *notice);

#endif
