/*
 * A response: what it says, and the text of it that a web server takes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct head {
    char data[RESPONSE_HEAD_SIZE];
    size_t length;
};

static void __attribute__((format(printf, 2, 3))) append(struct head *head, const char *format, ...)
{
    size_t room = sizeof head->data - head->length;
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(head->data + head->length, room, format, args);
    va_end(args);
    if (length > 0 && (size_t)length < room)
        head->length += (size_t)length;
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
    case 308:
        return "Permanent Redirect";
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
response_init(struct response *response)
{
    response->status = 0;
    response->location[0] = '\0';
    response->allow[0] = '\0';
    response->challenge = CHALLENGE_NONE;
    response->retry_after_seconds = 0;
    response->replayed = false;
    response->is_problem = false;
    response_clear_body(response);
}

void
response_clear_body(struct response *response)
{
    response->type = NULL;
    response->headers = NULL;
    response->overflow = false;
    response->body_length = 0;
}

const char *
response_body(const struct response *response)
{
    return response->text + RESPONSE_HEAD_SIZE;
}

void
response_append(struct response *response, const char *format, ...)
{
    char *body = response->text + RESPONSE_HEAD_SIZE;
    size_t room = RESPONSE_BODY_SIZE - response->body_length;
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(body + response->body_length, room, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length < room)
        response->body_length += (size_t)length;
    else
        response->overflow = true;
}

/* The length of what needs no escape (RFC 8259 section 7). */
static size_t
plain_length(const char *text)
{
    size_t length = 0;

    while ((unsigned char)text[length] >= ' ' && text[length] != '"' && text[length] != '\\')
        length++;
    return length;
}

void
response_append_string(struct response *response, const char *text)
{
    if (text == NULL) {
        response_append(response, "null");
        return;
    }
    response_append(response, "\"");
    while (*text != '\0') {
        size_t plain = plain_length(text);

        response_append(response, "%.*s", (int)plain, text);
        text += plain;
        if (*text == '"' || *text == '\\')
            response_append(response, "\\%c", *text++);
        else if (*text != '\0')
            response_append(response, "\\u%04x", (unsigned)*text++);
    }
    response_append(response, "\"");
}

void
response_reopen(struct response *response)
{
    if (response->body_length > 0)
        response->body_length--;
}

void
response_append_bytes(struct response *response, const void *data, size_t size)
{
    if (size > RESPONSE_BODY_SIZE - response->body_length) {
        response->overflow = true;
        return;
    }
    memcpy(response->text + RESPONSE_HEAD_SIZE + response->body_length, data, size);
    response->body_length += size;
}

static void
append_challenge(struct head *head, enum challenge challenge)
{
    switch (challenge) {
    case CHALLENGE_NONE:
        break;
    case CHALLENGE_BEARER:
        append(head, "WWW-Authenticate: Bearer realm=\"payment-api\"\r\n");
        break;
    case CHALLENGE_INVALID_TOKEN:
        append(head, "WWW-Authenticate: Bearer realm=\"payment-api\", error=\"invalid_token\"\r\n");
        break;
    case CHALLENGE_INSUFFICIENT_SCOPE:
        append(head,
               "WWW-Authenticate: Bearer realm=\"payment-api\", error=\"insufficient_scope\"\r\n");
        break;
    }
}

static const char *
media_type(const struct response *response)
{
    if (response->type != NULL)
        return response->type;
    return response->is_problem ? "application/problem+json" : "application/json";
}

const char *
response_text(struct response *response, enum http_method method, const char *request_id,
              size_t *length)
{
    struct head head = {.length = 0};
    char *start;

    append(&head, "Status: %d %s\r\n", response->status, reason(response->status));
    /* RFC 9110 section 8.6: a 204 has no Content-Length. */
    if (response->body_length > 0)
        append(&head, "Content-Type: %s\r\nContent-Length: %zu\r\n", media_type(response),
               response->body_length);
    append(&head, "%sRequest-Id: %s\r\n",
           response->headers != NULL ? response->headers : "Cache-Control: no-store\r\n",
           request_id);
    if (response->location[0] != '\0')
        append(&head, "Location: %s\r\n", response->location);
    if (response->allow[0] != '\0')
        append(&head, "Allow: %s\r\n", response->allow);
    if (response->retry_after_seconds > 0)
        append(&head, "Retry-After: %d\r\n", response->retry_after_seconds);
    if (response->replayed)
        append(&head, "Idempotent-Replayed: true\r\n");
    append_challenge(&head, response->challenge);
    append(&head, "\r\n");
    /* The head goes where it ends just before the body. */
    start = response->text + RESPONSE_HEAD_SIZE - head.length;
    memcpy(start, head.data, head.length);
    *length = head.length + (method != METHOD_HEAD ? response->body_length : 0);
    return start;
}
