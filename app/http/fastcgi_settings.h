/*
 * Settings of the FastCGI server.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_FASTCGI_SETTINGS_H
#define PAYMENT_API_HTTP_FASTCGI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "log.h"

struct fastcgi_settings {
    int listen_fd;          /* non-blocking; not owned */
    int io_timeout_ms;      /* the longest pause of the web server while it sends or receives */
    int request_timeout_ms; /* the longest time for a whole request to arrive, or an answer to go */
    size_t max_body;        /* bytes */
    size_t in_hand_max;     /* requests that are complete and not answered */
    bool keepalive;         /* keep a connection for the web server's next request */
    const struct log *log;  /* not owned */
};

#endif
