/*
 * A lane: the connections to one peer, as libcurl holds them (one CURLM), in the worker's loop.
 *
 * SPDX-License-Identifier: MIT
 */
#include "outbound/lane.h"

#include <stdlib.h>

#include "clock.h"

/* HTTP/2 has many calls on one connection, but a server sets a limit for each (128 is usual), and
 * libcurl opens a connection for every call above it. HTTP/1 has one call on each, so there the
 * limit would be one of calls: it is lifted when the first answer shows HTTP/1. */
#define CONNECTIONS_MAX 4L
#define CONNECTIONS_KEPT 16L /* with HTTP/1: those without a call */

/* A socket that the loop waits for. */
struct watch {
    struct loop_source source; /* first */
    struct lane *lane;
    unsigned round; /* of lane_read(), when it was last worked on */
    struct watch *next;
    struct watch *previous;
};

static void
socket_ready(struct loop_source *source, uint32_t events)
{
    struct watch *watch = (struct watch *)source;
    int ready = 0;

    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        ready |= CURL_CSELECT_IN; /* reading finds the error */
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ready |= CURL_CSELECT_OUT;
    watch->lane->work(watch->lane, source->fd, ready); /* may free the watch */
}

static struct watch *
watch_new(struct lane *lane, curl_socket_t fd, uint32_t events)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL)
        return NULL;
    watch->source = (struct loop_source){.fd = fd, .ready = socket_ready};
    watch->lane = lane;
    watch->round = lane->round;
    if (!loop_add(lane->loop, &watch->source, events)) {
        free(watch);
        return NULL;
    }
    watch->next = lane->watches;
    if (lane->watches != NULL)
        lane->watches->previous = watch;
    lane->watches = watch;
    return watch;
}

static void
watch_free(struct watch *watch)
{
    loop_remove(watch->lane->loop, &watch->source);
    if (watch->previous != NULL)
        watch->previous->next = watch->next;
    else
        watch->lane->watches = watch->next;
    if (watch->next != NULL)
        watch->next->previous = watch->previous;
    free(watch);
}

/* CURLMOPT_SOCKETFUNCTION: what libcurl wants to know of a socket. -1 ends all calls of the lane.
 */
static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *lane_pointer, void *watch_pointer)
{
    struct lane *lane = lane_pointer;
    struct watch *watch = watch_pointer;
    uint32_t events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL)
            watch_free(watch);
        return 0;
    }
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= EPOLLOUT;
    if (watch != NULL)
        return loop_change(lane->loop, &watch->source, events) ? 0 : -1;
    watch = watch_new(lane, fd, events);
    if (watch == NULL)
        return -1;
    curl_multi_assign(lane->multi, fd, watch);
    return 0;
}

/* CURLMOPT_TIMERFUNCTION. Never works by itself: it is called from within libcurl. */
static int
set_timer(CURLM *multi, long timeout_ms, void *lane_pointer)
{
    struct lane *lane = lane_pointer;

    (void)multi;
    lane->timer_at = timeout_ms < 0 ? INT64_MAX : clock_monotonic_ms() + timeout_ms;
    return 0;
}

struct lane *
lane_new(const struct outbound_peer *peer, struct loop *loop, lane_work *work,
         struct outbound *owner, bool is_http1)
{
    struct lane *lane = calloc(1, sizeof *lane);

    if (lane == NULL)
        return NULL;
    lane->multi = curl_multi_init();
    if (lane->multi == NULL) {
        free(lane);
        return NULL;
    }
    lane->peer = peer;
    lane->loop = loop;
    lane->work = work;
    lane->owner = owner;
    lane->is_http1 = is_http1;
    lane->timer_at = INT64_MAX;
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS, is_http1 ? 0L : CONNECTIONS_MAX);
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
    return lane;
}

void
lane_free(struct lane *lane)
{
    struct watch *next;

    curl_multi_cleanup(lane->multi);
    for (struct watch *watch = lane->watches; watch != NULL; watch = next) {
        next = watch->next;
        loop_remove(lane->loop, &watch->source);
        free(watch);
    }
    free(lane);
}

void
lane_read(struct lane *lane)
{
    struct watch *watch;

    lane->round++; /* what is watched from now on has this round already */
    do {
        for (watch = lane->watches; watch != NULL && watch->round == lane->round;)
            watch = watch->next;
        if (watch != NULL) {
            watch->round = lane->round;
            lane->work(lane, watch->source.fd, CURL_CSELECT_IN);
        }
    } while (watch != NULL);
}

void
lane_run_timer(struct lane *lane)
{
    lane->timer_at = INT64_MAX; /* libcurl sets it again */
    lane->work(lane, CURL_SOCKET_TIMEOUT, 0);
}

void
lane_learn(struct lane *lane, CURL *easy)
{
    long version = 0;

    if (lane->is_http1 || curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version) != CURLE_OK)
        return;
    if (version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1) {
        lane->is_http1 = true;
        curl_multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 0L);
    }
}
