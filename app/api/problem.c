/*
 * Errors as bodies: {"error":"..."}, or problem details (RFC 9457).
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/problem.h"

#include <ctype.h>

static const struct problem_row rows[] = {
    [API_INVALID_JSON] = {.detail = "The body is not one JSON object, or a member comes twice."},
    [API_INVALID_AMOUNT] =
        {.member = "amount",
         .detail = "The amount is no number above zero with at most the currency's decimals."},
    [API_INVALID_CURRENCY] = {.member = "currency",
                              .detail = "The currency is no ISO 4217 code in use, in upper case."},
    [API_INVALID_SOURCE] = {.member = "source",
                            .detail = "The source is no token that the processor knows."},
    [API_INVALID_DESCRIPTION] =
        {.member = "description",
         .detail = "The description is no string of up to 255 characters, or has a card number."},
    [API_INVALID_RETURN_URL] = {.member = "return_url",
                                .detail = "The return URL is no https address of up to 512"
                                          " characters, or has a card number."},
    [API_INVALID_METADATA] =
        {.member = "metadata",
         .detail = "The metadata are no object of up to 50 strings with keys of up to 40 and values"
                   " of up to 500 characters, or have a card number."},
    [API_INVALID_URL] = {.member = "url",
                         .detail = "The URL is no https address of up to 512 characters, or has a"
                                   " user name, a fragment or a card number."},
    [API_INVALID_EVENTS] = {.member = "events",
                            .detail = "The events are no array of types of events, or of * alone."},
    [API_INVALID_STATUS] = {.member = "status",
                            .detail = "The status is neither enabled nor disabled."},
    [API_TOO_MANY_ENDPOINTS] = {.detail = "This merchant has as many in this mode as it may."},
    [API_INVALID_ENDPOINT] = {.member = "endpoint", .detail = "The endpoint's id is no string."},
    [API_INVALID_SINCE] = {.member = "since",
                           .detail = "The beginning is absent, no time, or still to come."},
    [API_INVALID_UNTIL] = {.member = "until",
                           .detail = "The end is no time, or not after the beginning."},
    [API_INVALID_PAYMENT_ID] = {.member = "payment_id",
                                .detail = "The payment's id is absent or no string."},
    [API_INVALID_REFUND_AMOUNT] =
        {.member = "amount",
         .detail = "The amount is no number above zero with at most the currency's decimals, or"
                   " more than what is left of the payment."},
    [API_INVALID_IDEMPOTENCY_KEY] =
        {.header = "Idempotency-Key",
         .detail = "The key is empty, longer than 255 bytes, not printable ASCII, or a card"
                   " number."},
    [API_INVALID_QUERY] = {.detail = "A query parameter is not known, comes twice or is wrong."},
    [API_INVALID_SIGNATURE] = {.detail = "The processor's signature is absent, wrong or too old."},
    [API_MISSING_API_KEY] = {.header = "Authorization",
                             .detail = "Send the API key as Authorization: Bearer KEY."},
    [API_INVALID_API_KEY] = {.header = "Authorization",
                             .detail = "The API key is unknown, revoked or expired."},
    [API_CARD_DECLINED] = {.member = "source", .detail = "The card was declined."},
    [API_INSUFFICIENT_FUNDS] = {.member = "source",
                                .detail = "The card was declined: it has too little money."},
    [API_EXPIRED_CARD] = {.member = "source", .detail = "The card was declined: it has expired."},
    [API_INCORRECT_CVC] = {.member = "source",
                           .detail = "The card was declined: its security code is wrong."},
    [API_PROCESSING_ERROR] = {.detail = "The processor could not carry it out."},
    [API_READ_ONLY_KEY] = {.header = "Authorization",
                           .detail = "The API key may read, but make nothing."},
    [API_NO_WEBHOOKS] = {.detail = "The operator of this server has not switched webhooks on."},
    [API_PAYMENT_NOT_FOUND] = {.detail = "This merchant has no such payment in this mode."},
    [API_REFUND_NOT_FOUND] = {.detail = "This merchant has no such refund in this mode."},
    [API_EVENT_NOT_FOUND] = {.detail = "This merchant has no such event in this mode."},
    [API_ENDPOINT_NOT_FOUND] = {.detail =
                                    "This merchant has no such webhook endpoint in this mode."},
    [API_NOT_FOUND] = {.detail = "There is no such path."},
    [API_METHOD_NOT_ALLOWED] = {.detail = "The path has other methods: see Allow."},
    [API_REQUEST_IN_PROGRESS] =
        {.header = "Idempotency-Key",
         .detail = "Another request with this key has not ended: send it again later."},
    [API_EVENT_UNWANTED] = {.detail = "Each endpoint is disabled, or does not want events of this"
                                      " type."},
    [API_ENDPOINT_DISABLED] = {.detail = "Nothing is sent to the endpoint: enable it first."},
    [API_BODY_TOO_LARGE] = {.detail = "The body is larger than this server takes."},
    [API_UNSUPPORTED_MEDIA_TYPE] = {.header = "Content-Type",
                                    .detail = "Send the body as application/json."},
    [API_IDEMPOTENCY_KEY_REUSED] =
        {.header = "Idempotency-Key",
         .detail = "This key was used for a request that asked for something else."},
    [API_INTERNAL_ERROR] = {.detail = "A fault of the server; its log has the details."},
    [API_UNAVAILABLE] = {.detail = "Whether it was done is not known: send it again later, with the"
                                   " same Idempotency-Key."},
};

const struct problem_row *
problem_row(enum api_error error)
{
    static const struct problem_row none = {.detail = NULL};

    return (size_t)error < sizeof rows / sizeof rows[0] ? &rows[error] : &none;
}

void
problem_code(enum api_error error, char code[PROBLEM_CODE_SIZE])
{
    const char *message = error_row(error)->message;
    size_t length = 0;

    for (; length < PROBLEM_CODE_SIZE - 1 && message[length] != '\0'; length++)
        code[length] = (char)(message[length] == ' ' || message[length] == '-'
                                  ? '_'
                                  : tolower((unsigned char)message[length]));
    code[length] = '\0';
}

static void
append_identifier(const char *name, enum identifier_kind kind, const struct identifier *id,
                  struct response *response)
{
    char text[IDENTIFIER_TEXT_SIZE];

    if (id == NULL)
        return;
    identifier_format(kind, id, text);
    response_append(response, ",\"%s\":\"%s\"", name, text);
}

static void
append_text(const char *name, const char *text, struct response *response)
{
    if (text != NULL)
        response_append(response, ",\"%s\":\"%s\"", name, text);
}

void
problem_append(const struct exchange *exchange, enum api_error error,
               const struct identifier *payment, const struct identifier *refund,
               struct response *response)
{
    const struct error_row *row = error_row(error);
    const struct problem_row *problem = problem_row(error);
    char code[PROBLEM_CODE_SIZE];

    response->status = row->status;
    if (!exchange->accepts_problem) {
        response_append(response, "{\"error\":\"%s\"}", row->message);
        return;
    }
    response->is_problem = true;
    problem_code(error, code);
    /* The type is an address relative to the request's: the reference page of this API. */
    response_append(
        response, "{\"type\":\"%s/docs/#error-%s\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\"",
        exchange->base, code, row->message, row->status, code);
    append_text("detail", problem->detail, response);
    append_text("member", problem->member, response);
    append_text("header", problem->header, response);
    append_text("parameter", exchange->parameter, response);
    append_identifier("payment_id", IDENTIFIER_PAYMENT, payment, response);
    append_identifier("refund_id", IDENTIFIER_REFUND, refund, response);
    response_append(response, "}");
}
