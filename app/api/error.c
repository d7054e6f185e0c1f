/*
 * The errors of the API: one table, from code to status and message.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/error.h"

#include <stddef.h>

static const struct error_row rows[] = {
    [API_INVALID_JSON] = {400, "Invalid JSON", 0},
    [API_INVALID_AMOUNT] = {400, "Invalid amount", 0},
    [API_INVALID_CURRENCY] = {400, "Invalid currency", 0},
    [API_INVALID_SOURCE] = {400, "Invalid payment source", 0},
    [API_INVALID_DESCRIPTION] = {400, "Invalid description", 0},
    [API_INVALID_RETURN_URL] = {400, "Invalid return URL", 0},
    [API_INVALID_METADATA] = {400, "Invalid metadata", 0},
    [API_INVALID_URL] = {400, "Invalid URL", 0},
    [API_INVALID_EVENTS] = {400, "Invalid events", 0},
    [API_INVALID_STATUS] = {400, "Invalid status", 0},
    [API_TOO_MANY_ENDPOINTS] = {400, "Too many webhook endpoints", 0},
    [API_INVALID_ENDPOINT] = {400, "Invalid endpoint", 0},
    [API_INVALID_SINCE] = {400, "Invalid since", 0},
    [API_INVALID_UNTIL] = {400, "Invalid until", 0},
    [API_INVALID_PAYMENT_ID] = {400, "Invalid payment ID", 0},
    [API_INVALID_REFUND_AMOUNT] = {400, "Invalid refund amount", 0},
    [API_INVALID_IDEMPOTENCY_KEY] = {400, "Invalid idempotency key", 0},
    [API_INVALID_QUERY] = {400, "Invalid query parameter", 0},
    [API_INVALID_SIGNATURE] = {400, "Invalid signature", 0},
    [API_MISSING_API_KEY] = {401, "Missing API key", 0},
    [API_INVALID_API_KEY] = {401, "Invalid API key", 0},
    [API_CARD_DECLINED] = {402, "Card declined", 0},
    [API_INSUFFICIENT_FUNDS] = {402, "Insufficient funds", 0},
    [API_EXPIRED_CARD] = {402, "Expired card", 0},
    [API_INCORRECT_CVC] = {402, "Incorrect CVC", 0},
    [API_PROCESSING_ERROR] = {402, "Processing error", 0},
    [API_READ_ONLY_KEY] = {403, "Read-only API key", 0},
    [API_NO_WEBHOOKS] = {403, "Webhooks not enabled", 0},
    [API_PAYMENT_NOT_FOUND] = {404, "Payment not found", 0},
    [API_REFUND_NOT_FOUND] = {404, "Refund not found", 0},
    [API_EVENT_NOT_FOUND] = {404, "Event not found", 0},
    [API_ENDPOINT_NOT_FOUND] = {404, "Webhook endpoint not found", 0},
    [API_NOT_FOUND] = {404, "Not found", 0},
    [API_METHOD_NOT_ALLOWED] = {405, "Method not allowed", 0},
    [API_REQUEST_IN_PROGRESS] = {409, "Request in progress", 1},
    [API_EVENT_UNWANTED] = {409, "No webhook endpoint wants this event", 0},
    [API_ENDPOINT_DISABLED] = {409, "Webhook endpoint disabled", 0},
    [API_BODY_TOO_LARGE] = {413, "Request body too large", 0},
    [API_UNSUPPORTED_MEDIA_TYPE] = {415, "Unsupported media type", 0},
    [API_IDEMPOTENCY_KEY_REUSED] = {422, "Idempotency key reused", 0},
    [API_INTERNAL_ERROR] = {500, "Internal server error", 0},
    [API_UNAVAILABLE] = {503, "Service unavailable", 1},
};

const struct error_row *
error_row(enum api_error error)
{
    return error == API_OK ? NULL : &rows[error];
}

enum api_error
error_of_store(enum store_result result, enum api_error absent)
{
    switch (result) {
    case STORE_OK:
        return API_OK;
    case STORE_NOT_FOUND:
        return absent;
    case STORE_UNAVAILABLE:
        return API_UNAVAILABLE;
    case STORE_PENDING:
    case STORE_EXISTS:
    case STORE_REFUSED:
    case STORE_LOCKED:
    case STORE_FAILED:
        break;
    }
    return API_INTERNAL_ERROR;
}
