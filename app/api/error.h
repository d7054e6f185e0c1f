/*
 * The errors of the API: one table, from code to status and message.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_ERROR_H
#define PAYMENT_API_API_ERROR_H

#include "store/result.h"

enum api_error {
    API_OK, /* no error */
    API_INVALID_JSON,
    API_INVALID_AMOUNT,
    API_INVALID_CURRENCY,
    API_INVALID_SOURCE,
    API_INVALID_DESCRIPTION,
    API_INVALID_RETURN_URL,
    API_INVALID_METADATA,
    API_INVALID_URL,
    API_INVALID_EVENTS,
    API_INVALID_STATUS,
    API_TOO_MANY_ENDPOINTS,
    API_INVALID_ENDPOINT,
    API_INVALID_SINCE,
    API_INVALID_UNTIL,
    API_INVALID_PAYMENT_ID,
    API_INVALID_REFUND_AMOUNT,
    API_INVALID_IDEMPOTENCY_KEY,
    API_INVALID_QUERY,
    API_INVALID_SIGNATURE, /* of an event; all that is wrong with one that is not genuine */
    API_MISSING_API_KEY,
    API_INVALID_API_KEY,
    API_CARD_DECLINED,
    API_INSUFFICIENT_FUNDS,
    API_EXPIRED_CARD,
    API_INCORRECT_CVC,
    API_PROCESSING_ERROR,
    API_READ_ONLY_KEY,
    API_NO_WEBHOOKS,
    API_PAYMENT_NOT_FOUND,
    API_REFUND_NOT_FOUND,
    API_EVENT_NOT_FOUND,
    API_ENDPOINT_NOT_FOUND,
    API_NOT_FOUND,
    API_METHOD_NOT_ALLOWED,
    API_REQUEST_IN_PROGRESS,
    API_EVENT_UNWANTED,
    API_ENDPOINT_DISABLED,
    API_BODY_TOO_LARGE,
    API_UNSUPPORTED_MEDIA_TYPE,
    API_IDEMPOTENCY_KEY_REUSED,
    API_INTERNAL_ERROR,
    API_UNAVAILABLE, /* the last one: see API_ERROR_COUNT */
};

#define API_ERROR_COUNT (API_UNAVAILABLE + 1) /* with API_OK */

struct error_row {
    int status;
    const char *message;     /* the value of "error"; needs no JSON escape */
    int retry_after_seconds; /* Retry-After, 0: none */
};

/* The error for what a store's look-up came to; absent is the one for STORE_NOT_FOUND. */
enum api_error error_of_store(enum store_result result, enum api_error absent);

/* The row of an error; API_OK has none (NULL). The row is static. */
const struct error_row *error_row(enum api_error error);

#endif
