/*
 * A request: what the API uses of the CGI parameters.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_REQUEST_H
#define PAYMENT_API_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_ID_SIZE 65    /* 64 characters and the final NUL */
#define REQUEST_BASE_SIZE 129 /* 128 characters and the final NUL */
#define REQUEST_TRACEPARENT_SIZE                                    \
    56 /* "00-" trace id "-" parent id "-" flags, and the final NUL \
        */

enum http_method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER,
};

/* "GET" and so on; "other" for what is none of them: never what the client wrote. */
const char *http_method_name(enum http_method method);

/* The value of one header. */
struct header {
    const char *value; /* NULL when it was not sent; lives as long as the parameters */
    bool repeated;     /* it came more than once, so that its value is ambiguous */
};

/* A view of the parameters: what it points to lives as long as they do. */
struct request {
    enum http_method method;
    const char *path;             /* PATH_INFO, decoded by the web server; "" when there is none */
    const char *query;            /* what is behind the "?", not decoded; "" when there is none */
    char base[REQUEST_BASE_SIZE]; /* what stands before PATH_INFO in the URL, "/v1": for Location */
    struct header authorization;
    struct header idempotency_key;
    struct header content_type;
    struct header accept;
    int64_t waited_ms; /* since the web server passed it on; 0 when it does not say */
    /* "" when it has none that is well-formed. */
    char traceparent[REQUEST_TRACEPARENT_SIZE];
    char id[REQUEST_ID_SIZE]; /* from the web server, else made here */
};

/* Reads the parameters: "NAME=value" strings, NULL at the end. */
void request_init(struct request *request, char *const *params);

/* True when Accept names application/problem+json, and prefers application/json to it nowhere (RFC
 * 9110 section 12.5.1). A wildcard does not name it. */
bool request_accepts_problem(const struct request *request);
/* One more header, as CGI names it: "HTTP_STRIPE_SIGNATURE". */
struct header request_header(char *const *params, const char *name);

/* True when Content-Type is application/json, with or without parameters (RFC 9110 section 8.3). */
bool request_is_json(const struct request *request);

#endif
