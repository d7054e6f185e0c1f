/*
 * The member "metadata" of a POST.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_METADATA_H
#define PAYMENT_API_API_METADATA_H

#include "api/exchange.h"
#include "http/json_body.h"

/* Takes the optional member, an object of strings; null and {} are none. The text becomes the
 * exchange's. API_INVALID_METADATA; API_UNAVAILABLE without memory. */
enum api_error metadata_take(struct exchange *exchange, const struct json_body *body,
                             struct metadata *metadata) __attribute__((warn_unused_result));

#endif
