/*
 * A lane: the connections to one peer, as libcurl holds them (one CURLM), in the worker's loop.
 *
 * A peer has one lane that takes calls, and for a while a retired one whose calls are still under
 * way. Lanes share nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OUTBOUND_LANE_H
#define PAYMENT_API_OUTBOUND_LANE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

struct outbound;
struct outbound_peer;
struct watch;
struct lane;

/* Lets a lane work: a socket is ready for events (CURL_CSELECT_...), or fd is CURL_SOCKET_TIMEOUT.
 */
typedef void lane_work(struct lane *lane, curl_socket_t fd, int events);

struct lane {
    CURLM *multi;
    const struct outbound_peer *peer; /* not owned; compared only */
    struct loop *loop;
    lane_work *work;
    struct outbound *owner;
    struct watch *watches; /* the sockets that the loop waits for */
    unsigned round;        /* of lane_read() */
    int64_t timer_at;      /* when libcurl wants to be called; INT64_MAX: not at all */
    int64_t idle_since;    /* monotonic; of use while count is 0 */
    size_t count;          /* calls under way */
    bool is_http1;         /* the peer was seen not to have HTTP/2 */
    bool is_retired;       /* takes no more calls */
    bool has_late;         /* a call is past its deadline */
    struct lane *next;
};

/* NULL without memory. */
struct lane *lane_new(const struct outbound_peer *peer, struct loop *loop, lane_work *work,
                      struct outbound *owner, bool is_http1) __attribute__((warn_unused_result));

/* Closes its connections. It must have no calls. */
void lane_free(struct lane *lane);

/* Works on each socket as if it were ready. */
void lane_read(struct lane *lane);

void lane_run_timer(struct lane *lane);

/* Learns from a call that has ended which HTTP the peer speaks. */
void lane_learn(struct lane *lane, CURL *easy);

#endif
