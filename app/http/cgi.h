/*
 * Plain CGI (RFC 3875): one request from the environment, standard input and standard output.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_CGI_H
#define PAYMENT_API_HTTP_CGI_H

#include <stdbool.h>

#include "http/inbound.h"

struct cgi {
    int io_timeout_ms;      /* the longest pause of the web server while it sends */
    int request_timeout_ms; /* the longest time for the whole body */
    size_t max_body;        /* bytes */
    long unread; /* bytes of the body still to come (CONTENT_LENGTH); -1: until end of file */
    char *body;  /* owned */
};

/* True when this process was started by a web server as a CGI program. */
bool cgi_is_request(void);

/* Reads the request of this process, waiting for its body within the limits of cgi, whose other
 * members are set here. False without memory. */
bool cgi_read(struct cgi *cgi, struct inbound *inbound) __attribute__((warn_unused_result));

/* Writes the answer; false when the web server went away. */
bool cgi_answer(const char *data, size_t size);

/*
 * Reads what is left of the body, for as long as one read may take, and frees it. Apache's mod_cgid
 * passes body and answer through one socket: a program that ends with unread bytes in it resets the
 * connection, and the client gets no answer.
 */
void cgi_drain(struct cgi *cgi);

#endif
