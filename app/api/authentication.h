/*
 * Authentication: the API key of a request (RFC 6750), and the merchant behind it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_AUTHENTICATION_H
#define PAYMENT_API_API_AUTHENTICATION_H

#include "api/context.h"

/*
 * Sets the context's credential and processor. API_OK; API_MISSING_API_KEY, API_INVALID_API_KEY
 * (the response has its challenge then); API_UNAVAILABLE, API_INTERNAL_ERROR.
 */
enum api_error authenticate(struct context *context) __attribute__((warn_unused_result));

#endif
