/*
 * FastCGI: accepts requests from a listening socket, through libfcgi.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_FASTCGI_H
#define PAYMENT_API_HTTP_FASTCGI_H

#include <fcgiapp.h>
#include <signal.h>
#include <stdbool.h>

#include "http/gateway.h"

struct fastcgi {
    FCGX_Request request;
    int listen_fd;          /* non-blocking; not owned */
    int io_timeout_ms;      /* the longest pause of the web server while it sends or receives */
    int request_timeout_ms; /* the longest time that it may take to send a request's parameters */
    bool keepalive;         /* keep a connection for the web server's next request */
};

enum fastcgi_event {
    FASTCGI_REQUEST, /* *gateway is ready; end it with fastcgi_finish() */
    FASTCGI_NOTHING, /* another worker took the connection, or it brought no request that anybody
                        still waits for */
    FASTCGI_INTERRUPTED, /* a signal came */
    FASTCGI_FAILED,      /* the socket is unusable; errno says why */
};

/* false when libfcgi cannot start. One struct a process: libfcgi has one start, and the process one
 * alarm (SIGALRM), which is set while libfcgi waits for the web server. */
bool fastcgi_init(struct fastcgi *fastcgi, int listen_fd, int io_timeout_ms, int request_timeout_ms,
                  bool keepalive) __attribute__((warn_unused_result));

/*
 * Waits for the next request. The caller has its signals blocked; they are let in by wait_mask just
 * while this waits, so that none is lost between looking at a flag and going to sleep.
 */
enum fastcgi_event fastcgi_accept(struct fastcgi *fastcgi, const sigset_t *wait_mask,
                                  struct gateway *gateway) __attribute__((warn_unused_result));

/* Ends the request; all_read says that nothing of it is left unread, without which the connection
 * cannot be kept. */
void fastcgi_finish(struct fastcgi *fastcgi, bool all_read);

/* Closes a connection that was kept open. */
void fastcgi_close(struct fastcgi *fastcgi);

#endif
