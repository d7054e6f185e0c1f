/*
 * An inbound request: all of it, as a web server passed it on, by FastCGI or by plain CGI.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_INBOUND_H
#define PAYMENT_API_HTTP_INBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum body_status {
    BODY_OK,
    BODY_TOO_LARGE, /* above the limit, by CONTENT_LENGTH or by what came */
    BODY_BROKEN,    /* shorter or longer than CONTENT_LENGTH, or cut off */
    BODY_LATE,      /* not there before its deadline */
};

struct inbound {
    /* "NAME=value" strings (RFC 3875 meta-variables), NULL at the end; a header that came twice may
     * stand there twice. They live until the next inbound request is taken. */
    char *const *params;
    enum body_status body_status;
    const char *body; /* body_length bytes on BODY_OK; lives until the request is answered */
    size_t body_length;
    int64_t arrived_at; /* monotonic milliseconds: when its connection was accepted, or, on a kept
                           connection, when its first byte came */
    void *connection;   /* where the answer goes; not owned */
};

/* Parses CONTENT_LENGTH: -1 when it is absent or "" (a chunked body), -2 when it is wrong or came
 * twice. */
long long inbound_content_length(char *const *params);

/* What a body of so many bytes is to its CONTENT_LENGTH and the limit; whole: it has come to its
 * end. */
enum body_status inbound_body_status(char *const *params, size_t length, bool whole, size_t limit);

#endif
