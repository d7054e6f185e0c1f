/*
 * A response, and the only function that writes one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_SIZE 2048 /* all headers with the longest values, and the body */

struct output {
    char data[OUTPUT_SIZE];
    size_t length;
};

static void __attribute__((format(printf, 2, 3)))
append(struct output *output, const char *format, ...)
{
    size_t room = sizeof output->data - output->length;
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(output->data + output->length, room, format, args);
    va_end(args);
    if (length > 0 && (size_t)length < room)
        output->length += (size_t)length;
}

static const char *
reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 204:
        return "No Content";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 402:
        return "Payment Required";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Content";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

void
response_set_error(struct response *response, enum api_error error)
{
    const struct error_row *row = error_row(error);

    response->status = row->status;
    response->retry_after_seconds = row->retry_after_seconds;
    snprintf(response->body, sizeof response->body, "{\"error\":\"%s\"}", row->message);
}

static void
append_challenge(struct output *output, enum challenge challenge)
{
    switch (challenge) {
    case CHALLENGE_NONE:
        break;
    case CHALLENGE_BEARER:
        append(output, "WWW-Authenticate: Bearer realm=\"payment-api\"\r\n");
        break;
    case CHALLENGE_INVALID_TOKEN:
        append(output,
               "WWW-Authenticate: Bearer realm=\"payment-api\", error=\"invalid_token\"\r\n");
        break;
    }
}

bool
response_send(const struct response *response, const struct request *request)
{
    const struct gateway *gateway = request->gateway;
    struct output output = {.length = 0};

    append(&output, "Status: %d %s\r\n", response->status, reason(response->status));
    /* RFC 9110 section 8.6: a 204 has no Content-Length. */
    if (response->body[0] != '\0')
        append(&output, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
               strlen(response->body));
    append(&output, "Cache-Control: no-store\r\nRequest-Id: %s\r\n", request->id);
    if (response->location[0] != '\0')
        append(&output, "Location: %s\r\n", response->location);
    if (response->allow[0] != '\0')
        append(&output, "Allow: %s\r\n", response->allow);
    if (response->retry_after_seconds > 0)
        append(&output, "Retry-After: %d\r\n", response->retry_after_seconds);
    if (response->replayed)
        append(&output, "Idempotent-Replayed: true\r\n");
    append_challenge(&output, response->challenge);
    append(&output, "\r\n");
    if (request->method != METHOD_HEAD)
        append(&output, "%s", response->body);
    return gateway->write(gateway->stream, output.data, output.length);
}
