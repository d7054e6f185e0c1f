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
#include <stddef.h>
#include <stdint.h>

#include "http/gateway.h"

/*
 * How many connections a process keeps open between requests. They are many, so that none has to be
 * closed for another one: the web server may be sending its next request at that very moment.
 */
#define FASTCGI_CONNECTIONS 64

struct fastcgi {
    FCGX_Request requests[FASTCGI_CONNECTIONS]; /* one a connection; ipcFd -1: there is none */
    uint64_t used[FASTCGI_CONNECTIONS];         /* when each was used last, counted in requests */
    uint64_t count;                             /* of all requests so far */
    FCGX_Request *current;                      /* the one in hand */
    size_t turn;                                /* where the next look for a request begins */
    int listen_fd;                              /* non-blocking; not owned */
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

/* Ends the request, whether or not its body was read. */
void fastcgi_finish(struct fastcgi *fastcgi);

/* Closes all connections that were kept open. */
void fastcgi_close(struct fastcgi *fastcgi);

#endif
