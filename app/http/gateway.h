/*
 * The gateway: the web server's side of one request, whether it speaks FastCGI or plain CGI.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_GATEWAY_H
#define PAYMENT_API_HTTP_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>

#include "clock.h"

struct gateway {
    /* "NAME=value" strings (RFC 3875 meta-variables), NULL at the end. They live until the request
     * is finished; a header that came twice may stand there twice. */
    char **params;

    /* Reads up to size bytes of the body: how many, 0 at its end, -1 when the web server sent
     * garbage, went away, or let the deadline pass. */
    long (*read)(void *stream, char *data, size_t size, struct deadline deadline);

    /* Writes all of it; false when the web server went away. */
    bool (*write)(void *stream, const char *data, size_t size);

    void *stream; /* what read and write work on; not owned */
};

#endif
