/*
 * A response: what it says, and the text of it that a web server takes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_RESPONSE_H
#define PAYMENT_API_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

#define RESPONSE_HEAD_SIZE ((size_t)2048) /* all headers with the longest values */
#define RESPONSE_BODY_SIZE \
    ((size_t)256 * 1024)           /* a page of a list, one record with all of its own */
#define RESPONSE_ALLOW_SIZE 40     /* "GET, HEAD, POST, DELETE, OPTIONS" */
#define RESPONSE_LOCATION_SIZE 256 /* base, "/payments/", identifier */

/* WWW-Authenticate of a 401, RFC 6750 section 3. */
enum challenge {
    CHALLENGE_NONE,
    CHALLENGE_BEARER,             /* no key was sent: no error code */
    CHALLENGE_INVALID_TOKEN,      /* one was sent, and it is no good */
    CHALLENGE_INSUFFICIENT_SCOPE, /* it is good, but not for this */
};

struct response {
    int status;                            /* HTTP status code */
    const char *type;                      /* of the body; NULL: application/json; static */
    const char *headers;                   /* lines in place of "Cache-Control: no-store"; static */
    char location[RESPONSE_LOCATION_SIZE]; /* "" for none */
    char allow[RESPONSE_ALLOW_SIZE];       /* "" for none */
    enum challenge challenge;
    int retry_after_seconds; /* 0 for none */
    bool replayed;           /* the answer of an earlier request under the same idempotency key */
    bool is_problem;         /* the body is application/problem+json */
    bool overflow;           /* the body did not fit: it must not be sent */
    size_t body_length;      /* 0 for none */
    char text[RESPONSE_HEAD_SIZE + RESPONSE_BODY_SIZE]; /* the body stands behind the head's room */
};

/* An empty response; its text is not touched. */
void response_init(struct response *response);

/* Adds to the body, which is JSON. What does not fit sets overflow. */
void response_append(struct response *response, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a JSON string of this text (UTF-8); NULL: null. */
void response_append_string(struct response *response, const char *text);

/* Takes the last byte of the body back: the end of an object, which gets more members. */
void response_reopen(struct response *response);

/* The body so far: body_length bytes. */
const char *response_body(const struct response *response);

/* Adds to the body as it is. What does not fit sets overflow. */
void response_append_bytes(struct response *response, const void *data, size_t size);

/* Takes the body back, and what was said of it. */
void response_clear_body(struct response *response);

/*
 * The whole answer to a request with this id, as a CGI program gives it (RFC 3875 section 6):
 * header, blank line, body (but for HEAD). It stands in response->text.
 */
const char *response_text(struct response *response, enum http_method method,
                          const char *request_id, size_t *length);

#endif
