/*
 * A response, and the only function that writes one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_RESPONSE_H
#define PAYMENT_API_HTTP_RESPONSE_H

#include <stdbool.h>

#include "http/error.h"
#include "http/request.h"

#define RESPONSE_BODY_SIZE 512     /* the longest representation has about 160 bytes */
#define RESPONSE_ALLOW_SIZE 32     /* "GET, HEAD, POST, OPTIONS" */
#define RESPONSE_LOCATION_SIZE 256 /* base, "/payments/", identifier */

/* WWW-Authenticate of a 401, RFC 6750 section 3. */
enum challenge {
    CHALLENGE_NONE,
    CHALLENGE_BEARER,        /* no key was sent: no error code */
    CHALLENGE_INVALID_TOKEN, /* one was sent, and it is no good */
};

struct response {
    int status;                            /* HTTP status code */
    char body[RESPONSE_BODY_SIZE];         /* JSON, "" for none */
    char location[RESPONSE_LOCATION_SIZE]; /* "" for none */
    char allow[RESPONSE_ALLOW_SIZE];       /* "" for none */
    enum challenge challenge;
    int retry_after_seconds; /* 0 for none */
    bool replayed;           /* the answer of an earlier request under the same idempotency key */
};

/* Makes this the answer of an error, and keeps Location, Allow and the challenge. */
void response_set_error(struct response *response, enum api_error error);

/* Sends it; false when the web server went away. */
bool response_send(const struct response *response, const struct request *request);

#endif
