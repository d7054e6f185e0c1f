/*
 * Outbound: https calls of ours, many at once beside all else that a worker's loop does, by
 * libcurl.
 *
 * SPDX-License-Identifier: MIT
 */
#include "outbound/outbound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbound/lane.h"
#include "outbound/transfer.h"

#define LANE_IDLE_MS 60000 /* a lane without calls is closed after this, with its connections */

struct outbound {
    struct loop *loop;
    const struct log *log;
    struct lane *lanes;
    struct outbound_transfer *transfers; /* under way */
    struct outbound_call *unstarted;     /* could not be started; end with the next tick */
    int64_t earliest;                    /* no deadline of transfers comes before it */
    size_t count;                        /* of transfers and unstarted */
};

struct outbound *
outbound_new(struct loop *loop, const struct log *log)
{
    struct outbound *outbound;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    outbound = calloc(1, sizeof *outbound);
    if (outbound == NULL) {
        curl_global_cleanup();
        return NULL;
    }
    outbound->loop = loop;
    outbound->log = log;
    outbound->earliest = INT64_MAX;
    return outbound;
}

static void
unlink_transfer(struct outbound_transfer **list, struct outbound_transfer *transfer)
{
    if (transfer->previous != NULL)
        transfer->previous->next = transfer->next;
    else
        *list = transfer->next;
    if (transfer->next != NULL)
        transfer->next->previous = transfer->previous;
    transfer->next = transfer->previous = NULL;
}

static void
link_transfer(struct outbound_transfer **list, struct outbound_transfer *transfer)
{
    transfer->previous = NULL;
    transfer->next = *list;
    if (*list != NULL)
        (*list)->previous = transfer;
    *list = transfer;
}

/* Takes a transfer that is in no list any more out of its lane, and frees it. */
static void
drop_transfer(struct outbound_transfer *transfer)
{
    curl_multi_remove_handle(transfer->lane->multi, transfer->easy);
    transfer->lane->count--;
    transfer->lane->idle_since = clock_monotonic_ms();
    transfer->call->transfer = NULL;
    transfer_free(transfer);
}

void
outbound_free(struct outbound *outbound)
{
    if (outbound == NULL)
        return;
    while (outbound->transfers != NULL) {
        struct outbound_transfer *transfer = outbound->transfers;

        unlink_transfer(&outbound->transfers, transfer);
        drop_transfer(transfer);
    }
    while (outbound->lanes != NULL) {
        struct lane *lane = outbound->lanes;

        outbound->lanes = lane->next;
        lane_free(lane);
    }
    free(outbound);
    curl_global_cleanup();
}

static void
log_end(const struct outbound *outbound, const struct outbound_call *call)
{
    enum log_level level = call->peer->is_unreliable ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;

    switch (call->result) {
    case OUTBOUND_ANSWERED:
        log_write(outbound->log, LOG_LEVEL_DEBUG, "call to %s: %d", call->peer->name, call->status);
        return;
    case OUTBOUND_NOT_SENT:
        log_write(outbound->log, level, "call to %s: not sent: %s", call->peer->name, call->error);
        return;
    case OUTBOUND_LOST:
        log_write(outbound->log, level, "call to %s: no answer: %s", call->peer->name, call->error);
        return;
    }
}

/* The end of a transfer that is in no list any more. */
static void
end_transfer(struct outbound *outbound, struct outbound_transfer *transfer)
{
    struct outbound_call *call = transfer->call;

    drop_transfer(transfer);
    outbound->count--;
    log_end(outbound, call);
    call->ended(call);
}

/* Ends what libcurl has done with. A call that ends may start another one. */
static void
take_finished(struct outbound *outbound, struct lane *lane)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(lane->multi, &left)) != NULL) {
        struct outbound_transfer *transfer = NULL;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer) !=
                CURLE_OK)
            continue;
        unlink_transfer(&outbound->transfers, transfer);
        transfer_finish(transfer, code);
        lane_learn(lane, transfer->easy);
        end_transfer(outbound, transfer);
    }
}

/* Ends all calls of a lane that cannot go on. */
static void
give_up_lane(struct outbound *outbound, struct lane *lane, const char *error)
{
    struct outbound_transfer *given_up = NULL, *next;

    lane->is_retired = true;
    for (struct outbound_transfer *transfer = outbound->transfers; transfer != NULL;
         transfer = next) {
        next = transfer->next;
        if (transfer->lane == lane) {
            unlink_transfer(&outbound->transfers, transfer);
            link_transfer(&given_up, transfer);
        }
    }
    while (given_up != NULL) {
        struct outbound_transfer *transfer = given_up;

        unlink_transfer(&given_up, transfer);
        transfer_give_up(transfer, error);
        end_transfer(outbound, transfer);
    }
}

/* Lets a lane work: a socket is ready, or its timer is due. */
static void
work(struct lane *lane, curl_socket_t fd, int events)
{
    struct outbound *outbound = lane->owner;
    int running;
    CURLMcode code = curl_multi_socket_action(lane->multi, fd, events, &running);

    take_finished(outbound, lane);
    if (code != CURLM_OK)
        give_up_lane(outbound, lane, curl_multi_strerror(code));
}

static struct lane *
lane_of(struct outbound *outbound, const struct outbound_peer *peer)
{
    bool is_http1 = false;
    struct lane *lane;

    for (lane = outbound->lanes; lane != NULL; lane = lane->next) {
        if (lane->peer != peer)
            continue;
        if (!lane->is_retired)
            return lane;
        is_http1 = is_http1 || lane->is_http1;
    }
    lane = lane_new(peer, outbound->loop, work, outbound, is_http1);
    if (lane != NULL) {
        lane->next = outbound->lanes;
        outbound->lanes = lane;
    }
    return lane;
}

/* NULL, or why the call cannot be started. */
static const char *
try_start(struct outbound *outbound, struct outbound_call *call)
{
    struct outbound_transfer *transfer;
    struct lane *lane;

    if (deadline_left_ms(call->deadline) == 0)
        return "no time was left for it";
    lane = lane_of(outbound, call->peer);
    if (lane == NULL)
        return "no memory";
    transfer = transfer_new(call);
    if (transfer == NULL)
        return "no memory, or libcurl refuses an option";
    if (curl_multi_add_handle(lane->multi, transfer->easy) != CURLM_OK) {
        transfer_free(transfer);
        return "libcurl takes no more calls";
    }
    transfer->lane = lane;
    lane->count++;
    link_transfer(&outbound->transfers, transfer);
    call->transfer = transfer;
    if (call->deadline.at < outbound->earliest)
        outbound->earliest = call->deadline.at;
    return NULL;
}

void
outbound_start(struct outbound *outbound, struct outbound_call *call)
{
    const char *error;

    outbound_call_clear(call);
    outbound->count++;
    error = try_start(outbound, call);
    if (error != NULL) {
        snprintf(call->error, sizeof call->error, "%s", error);
        call->next_unstarted = outbound->unstarted;
        outbound->unstarted = call;
    }
}

/*
 * Ends what is past its deadline. What has arrived is read first: after a stall the answer may lie
 * in a socket that the loop has not come to yet.
 */
static void
end_late(struct outbound *outbound, int64_t now)
{
    struct outbound_transfer *late = NULL, *next;

    for (struct outbound_transfer *transfer = outbound->transfers; transfer != NULL;
         transfer = transfer->next) {
        if (transfer->call->deadline.at <= now)
            transfer->lane->has_late = true;
    }
    for (struct lane *lane = outbound->lanes; lane != NULL; lane = lane->next) {
        if (lane->has_late)
            lane_read(lane);
        lane->has_late = false;
    }

    outbound->earliest = INT64_MAX;
    for (struct outbound_transfer *transfer = outbound->transfers; transfer != NULL;
         transfer = next) {
        next = transfer->next;
        if (transfer->call->deadline.at <= now) {
            unlink_transfer(&outbound->transfers, transfer);
            link_transfer(&late, transfer);
        } else if (transfer->call->deadline.at < outbound->earliest) {
            outbound->earliest = transfer->call->deadline.at;
        }
    }
    while (late != NULL) {
        struct outbound_transfer *transfer = late;

        unlink_transfer(&late, transfer);
        transfer_give_up(transfer, "no answer in time");
        /* The connection may be dead without a sign of it. Calls that come must not be put on it;
         * those that are under way may still be answered. */
        if (transfer->call->result == OUTBOUND_LOST)
            transfer->lane->is_retired = true;
        end_transfer(outbound, transfer);
    }
}

static void
end_unstarted(struct outbound *outbound)
{
    struct outbound_call *unstarted = outbound->unstarted;

    outbound->unstarted = NULL; /* one that ends may start another one */
    while (unstarted != NULL) {
        struct outbound_call *call = unstarted;

        unstarted = call->next_unstarted;
        call->result = OUTBOUND_NOT_SENT;
        outbound->count--;
        log_end(outbound, call);
        call->ended(call);
    }
}

static void
free_unused_lanes(struct outbound *outbound, int64_t now)
{
    struct lane **place = &outbound->lanes;

    while (*place != NULL) {
        struct lane *lane = *place;

        if (lane->count == 0 && (lane->is_retired || now - lane->idle_since >= LANE_IDLE_MS)) {
            *place = lane->next;
            lane_free(lane);
        } else {
            place = &lane->next;
        }
    }
}

static int64_t
wait_ms(const struct outbound *outbound)
{
    int64_t at = outbound->earliest, now = clock_monotonic_ms();

    if (outbound->count == 0)
        return -1;
    if (outbound->unstarted != NULL)
        return 0;
    for (const struct lane *lane = outbound->lanes; lane != NULL; lane = lane->next) {
        if (lane->timer_at < at)
            at = lane->timer_at;
    }
    return at > now ? at - now : 0;
}

int64_t
outbound_tick(struct outbound *outbound)
{
    int64_t now = clock_monotonic_ms();

    for (struct lane *lane = outbound->lanes; lane != NULL; lane = lane->next) {
        if (lane->timer_at <= now)
            lane_run_timer(lane);
    }
    if (outbound->earliest <= now)
        end_late(outbound, now);
    end_unstarted(outbound);
    free_unused_lanes(outbound, now);
    return wait_ms(outbound);
}

size_t
outbound_count(const struct outbound *outbound)
{
    return outbound->count;
}
