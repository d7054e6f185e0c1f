/*
 * What every POST has: a JSON body and an optional idempotency key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/input.h"

#include <inttypes.h>
#include <stdio.h>

#include <string.h>

#include "domain/card_number.h"

enum api_error
input_body(const struct exchange *exchange, struct json_body *body)
{
    if (!exchange->is_json)
        return API_UNSUPPORTED_MEDIA_TYPE;
    switch (exchange->body_status) {
    case BODY_OK:
        break;
    case BODY_TOO_LARGE:
        return API_BODY_TOO_LARGE;
    case BODY_BROKEN:
        return API_INVALID_JSON;
    case BODY_LATE:
        return API_UNAVAILABLE;
    }
    switch (json_body_parse(exchange->body, exchange->body_length, body)) {
    case JSON_BODY_OK:
        return API_OK;
    case JSON_BODY_INVALID:
        return API_INVALID_JSON;
    case JSON_BODY_NO_MEMORY:
        break;
    }
    return API_UNAVAILABLE;
}

/* An amount that is a card number before the point, sent in the wrong member: not to be kept. */
static bool
is_card_number(const struct decimal *decimal)
{
    int64_t whole = decimal->coefficient;
    char text[MONEY_TEXT_SIZE];

    for (int i = 0; i < decimal->decimals; i++)
        whole /= 10;
    snprintf(text, sizeof text, "%" PRId64, whole);
    return card_number_in(text);
}

bool
input_decimal(const struct json_body *body, const char *name, struct decimal *decimal)
{
    const char *number;
    size_t length;

    return json_body_number(body, name, &number, &length) &&
           decimal_parse(number, length, decimal) == MONEY_OK && !is_card_number(decimal);
}

enum api_error
input_idempotency_key(const struct exchange *exchange, char key[IDEMPOTENCY_KEY_SIZE])
{
    key[0] = '\0';
    if (!exchange->has_idempotency_key)
        return API_OK;
    if (!exchange->good_idempotency_key)
        return API_INVALID_IDEMPOTENCY_KEY;
    memcpy(key, exchange->idempotency_key, IDEMPOTENCY_KEY_SIZE);
    return API_OK;
}
