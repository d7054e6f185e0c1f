/*
 * FastCGI connections: their states, and all of them of a worker. Of fastcgi.c's own files.
 *
 *              +------------------ kept ------------------+
 *              v                                          |
 *  (opened) READING --> COMPLETE --> AT_WORK --> WRITING --> (answered)
 *              |                        |                 |
 *              +--> (closed: broken,    +--> (answered)   +--> LINGERING --> (closed)
 *                    gone, late)                          +--> (closed)
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_FASTCGI_CONNECTION_H
#define PAYMENT_API_HTTP_FASTCGI_CONNECTION_H

#include "http/fastcgi_record.h"
#include "http/fastcgi_settings.h"
#include "http/inbound.h"
#include "loop.h"

#define CONNECTION_SCRATCH_SIZE ((size_t)64 * 1024) /* bytes that are read at once */

enum fastcgi_state {
    FASTCGI_READING,   /* its request has not come whole, or (kept) not begun */
    FASTCGI_COMPLETE,  /* waits for the worker to take it */
    FASTCGI_AT_WORK,   /* the worker owes it an answer */
    FASTCGI_WRITING,   /* the socket did not take all of the answer */
    FASTCGI_LINGERING, /* answered and shut down; what still comes is thrown away */
};

struct fastcgi_connections;

struct fastcgi_connection {
    struct loop_source source;                  /* first: the loop's pointer is the connection's */
    struct fastcgi_connections *all;            /* that it is one of; not owned */
    struct fastcgi_connection *next, *previous; /* of all */
    struct fastcgi_connection *next_complete;   /* in order of arrival */
    enum fastcgi_state state;
    bool watched;                 /* it is in the loop */
    bool kept;                    /* for another request; before the first one it is not */
    enum body_status body_status; /* why the request is complete before its end, else BODY_OK */
    struct record_reader reader;
    int64_t arrived_at;  /* monotonic milliseconds */
    int64_t active_at;   /* when bytes came or went last */
    unsigned char *rest; /* of the answer, what the socket has not taken; owned */
    size_t rest_length;
    size_t rest_done;
    size_t thrown_away; /* bytes, while it lingers */
};

struct fastcgi_connections {
    const struct fastcgi_settings *settings; /* not owned */
    struct loop *loop;                       /* not owned */
    bool draining;                           /* none is kept any more */
    struct fastcgi_connection *first;
    struct fastcgi_connection *spare; /* closed ones, for new connections */
    struct fastcgi_connection *first_complete, *last_complete;
    size_t count; /* all that are open */
    size_t spare_count;
    size_t complete;         /* wait for the worker */
    size_t at_work;          /* the worker owes an answer */
    size_t writing;          /* answers that have not gone out whole */
    size_t incomplete;       /* requests that are not whole, or on their way */
    size_t incomplete_bytes; /* what they hold */
    size_t incomplete_bytes_max;
    unsigned char scratch[CONNECTION_SCRATCH_SIZE];
};

/* Takes over a socket and reads what is there already. False without memory: it is closed then. */
bool fastcgi_connection_open(struct fastcgi_connections *all, int fd);

void fastcgi_connection_close(struct fastcgi_connection *connection);

/* True while the worker's sums count it as a request that is not whole. A connection that has just
 * been made will bring one, which is only on its way. */
bool fastcgi_connection_is_incomplete(const struct fastcgi_connection *connection);

/* Ends a request that will not become whole: with an answer, where its parameters are there. */
void fastcgi_connection_give_up(struct fastcgi_connection *connection, enum body_status status);

/* The next complete request in order of arrival, as FASTCGI_AT_WORK; NULL when there is none. */
struct fastcgi_connection *fastcgi_connection_next(struct fastcgi_connections *all);

/* Answers a request at work. False when the web server is gone. */
bool fastcgi_connection_answer(struct fastcgi_connection *connection, const char *data,
                               size_t size);

/* Of fastcgi_connections.c. Ends what has taken too long, in all connections: incomplete requests,
 * answers, lingering. */
void fastcgi_connections_check(struct fastcgi_connections *all);

/* Gives up the oldest requests that are not whole, as long as all together hold too many bytes. */
void fastcgi_connections_limit(struct fastcgi_connections *all);

/* Closes those that are kept and have no request. */
void fastcgi_connections_drain(struct fastcgi_connections *all);

/* Closes all and gives their memory back. */
void fastcgi_connections_free(struct fastcgi_connections *all);

/* Of fastcgi_answer.c: writes an answer to the socket; what that does not take is kept in rest.
 * False when the peer is gone or there is no memory. */
bool fastcgi_answer_send(struct fastcgi_connection *connection, const char *data, size_t size);

/* Writes more of the rest; rest is NULL when that was all. False when the peer is gone. */
bool fastcgi_answer_send_rest(struct fastcgi_connection *connection);

#endif
