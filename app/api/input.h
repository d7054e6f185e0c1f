/*
 * What every POST has: a JSON body and an optional idempotency key.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_INPUT_H
#define PAYMENT_API_API_INPUT_H

#include "api/exchange.h"
#include "domain/money.h"
#include "http/json_body.h"

/* Media type, size, JSON, in this order. On API_OK the caller ends with json_body_free(). */
enum api_error input_body(const struct exchange *exchange, struct json_body *body)
    __attribute__((warn_unused_result));

/* The decimal of a member; false when it is absent, no number, an amount in no currency, or when
 * its digits are a card number. */
bool input_decimal(const struct json_body *body, const char *name, struct decimal *decimal)
    __attribute__((warn_unused_result));

/* The Idempotency-Key of the request, "" when it sent none. */
enum api_error input_idempotency_key(const struct exchange *exchange,
                                     char key[IDEMPOTENCY_KEY_SIZE])
    __attribute__((warn_unused_result));

#endif
