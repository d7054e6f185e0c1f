/*
 * A request: what the API uses of the CGI parameters, and the body.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_REQUEST_H
#define PAYMENT_API_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/gateway.h"

#define REQUEST_ID_SIZE 65    /* 64 characters and the final NUL */
#define REQUEST_BASE_SIZE 129 /* 128 characters and the final NUL */

enum http_method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_OPTIONS,
    METHOD_OTHER,
};

/* The value of one header. */
struct header {
    const char *value; /* NULL when it was not sent; lives as long as the gateway's parameters */
    bool repeated;     /* it came more than once, so that its value is ambiguous */
};

struct request {
    const struct gateway *gateway; /* not owned */
    enum http_method method;
    const char *path;             /* PATH_INFO, decoded by the web server; "" when there is none */
    char base[REQUEST_BASE_SIZE]; /* what stands before PATH_INFO in the URL, "/v1": for Location */
    struct header authorization;
    struct header idempotency_key;
    struct header content_type;
    struct header content_length;
    int64_t waited_ms;        /* since the web server passed it on; 0 when it does not say */
    char id[REQUEST_ID_SIZE]; /* from the web server, else made here */
};

enum body_status {
    BODY_OK,
    BODY_TOO_LARGE, /* above the limit, by CONTENT_LENGTH or by what came */
    BODY_BROKEN,    /* shorter or longer than CONTENT_LENGTH, or cut off */
    BODY_LATE,      /* not there before the deadline */
};

/* Reads the parameters. The gateway must outlive the request. */
void request_init(struct request *request, const struct gateway *gateway);

/*
 * Reads the whole body into data, which has room for limit bytes; *length receives how many there
 * are. Call it once.
 */
enum body_status request_read_body(struct request *request, struct deadline deadline, char *data,
                                   size_t limit, size_t *length)
    __attribute__((warn_unused_result));

/* True when Content-Type is application/json, with or without parameters (RFC 9110 section 8.3). */
bool request_is_json(const struct request *request);

#endif
