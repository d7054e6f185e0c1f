/*
 * Plain CGI (RFC 3875): one request from the environment, standard input and standard output.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_CGI_H
#define PAYMENT_API_HTTP_CGI_H

#include <stdbool.h>

#include "http/gateway.h"

struct cgi {
    int io_timeout_ms; /* the longest pause of the web server while it sends */
    long unread;       /* bytes of the body still to come (CONTENT_LENGTH); -1: until end of file */
};

/* True when this process was started by a web server as a CGI program. */
bool cgi_is_request(void);

/* The request of this process; cgi must live as long as the gateway. */
void cgi_open(struct cgi *cgi, int io_timeout_ms, struct gateway *gateway);

/*
 * Reads what is left of the body, for as long as one read may take. Apache's mod_cgid passes body
 * and answer through one socket: a program that ends with unread bytes in it resets the connection,
 * and the client gets no answer.
 */
void cgi_drain(struct cgi *cgi);

#endif
