/*
 * The courier: makes deliveries of events, claims those that are due, sends them, notes what became
 * of them; many at once, a few for each endpoint.
 *
 * SPDX-License-Identifier: MIT
 */
#include "background/courier.h"

#include <signal.h>
#include <stdlib.h>

#include "api/service.h"
#include "end_signals.h"
#include "operations/deliver.h"
#include "operations/prune.h"
#include "store/dispatch_store.h"

#define PAUSE_MS 500        /* between two looks for what is due, when the last one found nothing */
#define COUNT_PAUSE_MS 5000 /* between two counts of what waits */
#define DRAIN_MS 10000      /* for what is under way at the end */
#define PRUNE_ONCE_MS 10000 /* for what is old, where nobody does it all the time */
#define IN_HAND_MAX 256     /* deliveries */
#define IN_TROUBLE_MAX (IN_HAND_MAX / 2) /* of them, to endpoints that took nothing last */

struct courier {
    struct loop loop;
    struct end_signals signals;
    struct heartbeat *heartbeat; /* not owned; may be NULL */
    struct service *service;
    struct workshop workshop;
    struct outbound *outbound;
    struct delivery_route route;
    struct receiver receivers[IN_HAND_MAX];
    struct delivering deliverings[IN_HAND_MAX];
    struct delivering *unused;
    struct delivering *ended; /* their calls have ended, and they are not noted yet */
    size_t in_hand;
    size_t in_trouble;       /* of them */
    struct identifier after; /* the last endpoint that was looked at in this round */
    int64_t look_at;         /* monotonic milliseconds: not before */
    int64_t count_at;        /* the same of counting what waits */
    struct pruning pruning;
    size_t sent;
};

static void
free_courier(struct courier *courier)
{
    if (courier == NULL)
        return;
    outbound_free(courier->outbound);
    service_free(courier->service);
    end_signals_close(&courier->signals);
    loop_close(&courier->loop);
    free(courier);
}

static void
take_ended(struct delivering *delivering)
{
    struct courier *courier = delivering->owner;

    delivering->next = courier->ended;
    courier->ended = delivering;
}

/* once: an operator's run, with an account that may do less. NULL when it cannot start. */
static struct courier *
new_courier(const struct config *config, const char *account, bool once,
            struct metrics_place metrics)
{
    struct courier *courier = calloc(1, sizeof *courier);

    if (courier == NULL)
        return NULL;
    courier->loop.epoll_fd = -1;
    courier->signals.source.fd = -1;
    for (size_t i = 0; i < IN_HAND_MAX; i++) {
        courier->deliverings[i].ended = take_ended;
        courier->deliverings[i].owner = courier;
        courier->deliverings[i].next = courier->unused;
        courier->unused = &courier->deliverings[i];
    }
    courier->route.ca_file = config->webhook_ca_file[0] != '\0' ? config->webhook_ca_file : NULL;
    courier->service = service_new(config, account, once, metrics);
    if (courier->service == NULL ||
        !networks_parse(config->allow_webhook_addresses, &courier->route.allowed) ||
        !loop_open(&courier->loop) || !end_signals_open(&courier->signals, &courier->loop) ||
        (courier->outbound = outbound_new(&courier->loop, &courier->service->log)) == NULL) {
        free_courier(courier);
        return NULL;
    }
    courier->workshop = service_workshop(courier->service);
    courier->pruning =
        (struct pruning){.webhook_days = config->webhook_days, .event_days = config->event_days};
    return courier;
}

static struct deadline
store_deadline(const struct courier *courier)
{
    return deadline_in_ms(courier->workshop.request_ms);
}

/* What is known of an endpoint; or a new one, in the place of the one that was not used for the
 * longest time. NULL when all are in use. */
static struct receiver *
receiver_of(struct courier *courier, const struct receiver_row *row)
{
    struct receiver *oldest = NULL;

    for (size_t i = 0; i < IN_HAND_MAX; i++) {
        struct receiver *receiver = &courier->receivers[i];

        if (receiver->is_used && identifier_equal(&receiver->row.id, &row->id)) {
            receiver->row = *row;
            return receiver;
        }
        if (receiver->in_hand == 0 &&
            (oldest == NULL || !receiver->is_used || receiver->used_at < oldest->used_at) &&
            (oldest == NULL || oldest->is_used))
            oldest = receiver;
    }
    if (oldest != NULL)
        receiver_init(oldest, row, &courier->route);
    return oldest;
}

/* How many deliveries of an endpoint are taken at once. */
static size_t
limit_for(const struct courier *courier, const struct receiver *receiver)
{
    size_t limit = receiver_has_room(receiver), left = IN_HAND_MAX - courier->in_hand;

    if (receiver->is_in_trouble)
        left = courier->in_trouble < IN_TROUBLE_MAX && left > 0 ? 1 : 0;
    /* Rather some together than each by itself. */
    else if (receiver->in_hand > 0 && limit < DELIVERY_CLAIM_MAX && limit < receiver->room / 2)
        limit = 0;
    if (limit > left)
        limit = left;
    return limit < DELIVERY_CLAIM_MAX ? limit : DELIVERY_CLAIM_MAX;
}

/* Claims for one endpoint, and sends. */
static bool
serve(struct courier *courier, struct receiver *receiver, size_t limit)
{
    struct delivering *deliverings[DELIVERY_CLAIM_MAX];
    struct delivering *next = courier->unused;
    bool good;
    size_t count;

    for (size_t i = 0; i < limit; i++) {
        deliverings[i] = next;
        next = next->next;
    }
    good = deliver_claim(&courier->workshop, receiver, deliverings, limit, &count);
    for (size_t i = 0; i < count; i++) {
        courier->unused = courier->unused->next;
        courier->in_hand++;
        deliverings[i]->was_in_trouble = receiver->is_in_trouble;
        if (receiver->is_in_trouble)
            courier->in_trouble++;
        deliver_begin(courier->outbound, deliverings[i]);
    }
    courier->sent += count;
    heartbeat_beat(courier->heartbeat);
    return good;
}

/* One page of the endpoints with something due. *found is set when there was something to do. */
static bool
look(struct courier *courier, bool *found)
{
    static const struct identifier lowest;
    struct receiver_row rows[RECEIVERS_MAX];
    size_t count, events, once_more, sent = courier->sent;
    bool good = dispatch_store_take(courier->workshop.database, store_deadline(courier), &events) ==
                    STORE_OK &&
                dispatch_store_resend(courier->workshop.database, store_deadline(courier),
                                      &once_more) == STORE_OK &&
                delivery_store_find_due(courier->workshop.database, store_deadline(courier),
                                        &courier->after, rows, &count) == STORE_OK;

    if (!good)
        return false;
    for (size_t i = 0; i < count && good; i++) {
        struct receiver *receiver = receiver_of(courier, &rows[i]);
        size_t limit = receiver != NULL ? limit_for(courier, receiver) : 0;

        if (limit > 0)
            good = serve(courier, receiver, limit);
    }
    courier->after = count == RECEIVERS_MAX ? rows[count - 1].id : lowest;
    *found = courier->sent > sent || events > 0 || once_more > 0 || count == RECEIVERS_MAX;
    return good;
}

/* Notes those whose calls have ended. */
static bool
settle(struct courier *courier)
{
    while (courier->ended != NULL) {
        struct delivering *deliverings[STORE_GROUP_MAX];
        struct delivering *next = courier->ended;
        size_t count = 0, in_trouble = 0;

        while (next != NULL && count < STORE_GROUP_MAX) {
            in_trouble += next->was_in_trouble ? 1 : 0;
            deliverings[count++] = next;
            next = next->next;
        }
        if (!deliver_settle(&courier->workshop, deliverings, count))
            return false;
        courier->ended = next;
        courier->in_hand -= count;
        courier->in_trouble -= in_trouble;
        for (size_t i = 0; i < count; i++) {
            deliverings[i]->next = courier->unused;
            courier->unused = deliverings[i];
        }
        courier->look_at = 0;
    }
    return true;
}

/* Waits for something to happen, at most so long; false when the loop cannot go on. */
static bool
wait(struct courier *courier, int64_t wait_ms)
{
    int64_t call_ms = outbound_tick(courier->outbound);

    heartbeat_beat(courier->heartbeat);
    if (call_ms >= 0 && call_ms < wait_ms)
        wait_ms = call_ms;
    if (!loop_wait(&courier->loop, wait_ms))
        return false;
    outbound_tick(courier->outbound);
    return true;
}

/* For whoever reads the metrics. A count that fails leaves the last one. */
static void
count_waiting(struct courier *courier)
{
    struct metrics_slot *metrics = courier->service->metrics.slot;
    int64_t now = clock_monotonic_ms();
    struct delivery_queue queue;

    if (metrics == NULL || now < courier->count_at)
        return;
    courier->count_at = now + COUNT_PAUSE_MS;
    if (delivery_note_store_count(courier->workshop.database, store_deadline(courier), &queue) !=
        STORE_OK)
        return;
    metrics_set(&metrics->gauges.deliveries_waiting, (uint64_t)queue.waiting);
    metrics_set(&metrics->gauges.deliveries_due_at, (uint64_t)queue.due_at / 1000);
    metrics_set(&metrics->gauges.deliveries_counted_at, (uint64_t)clock_wall_ms() / 1000);
}

/* One turn. *found is set when there may be more to do at once. */
static bool
turn(struct courier *courier, bool *found)
{
    bool good = settle(courier);

    *found = false;
    if (good && clock_monotonic_ms() >= courier->look_at)
        good = look(courier, found);
    if (!*found)
        courier->look_at = clock_monotonic_ms() + PAUSE_MS;
    return good;
}

/* What is under way comes to its end, so that it need not be sent again. */
static void
drain(struct courier *courier)
{
    struct deadline deadline = deadline_in_ms(DRAIN_MS);

    while (courier->in_hand > 0 && deadline_left_ms(deadline) > 0 && wait(courier, PAUSE_MS) &&
           settle(courier))
        continue;
}

enum worker_end
courier_run(const struct config *config, const char *account, const struct listener *listener,
            struct heartbeat *heartbeat, struct metrics_place metrics)
{
    struct courier *courier = new_courier(config, account, false, metrics);
    enum worker_end end = WORKER_STOPPED;

    (void)listener;
    if (courier == NULL)
        return WORKER_FAILED;
    courier->heartbeat = heartbeat;
    while (courier->signals.number == 0 && end == WORKER_STOPPED) {
        bool found;

        (void)!turn(courier, &found);
        count_waiting(courier);
        (void)!prune_step(&courier->workshop, &courier->pruning);
        if (!wait(courier, found ? 0 : PAUSE_MS))
            end = WORKER_FAILED;
    }
    if (end == WORKER_STOPPED)
        drain(courier);
    if (courier->signals.number == SIGHUP)
        end = WORKER_RELOAD;
    free_courier(courier);
    return end;
}

bool
courier_run_once(const struct config *config, const char *account, size_t *count)
{
    struct courier *courier =
        new_courier(config, account, true, (struct metrics_place){.all = NULL});
    bool good = courier != NULL, found = true;

    while (good && (found || courier->in_hand > 0) && courier->signals.number == 0)
        good = turn(courier, &found) && wait(courier, found ? 0 : PAUSE_MS);
    if (good)
        good = prune_once(&courier->workshop, &courier->pruning, deadline_in_ms(PRUNE_ONCE_MS));
    *count = courier != NULL ? courier->sent : 0;
    if (courier != NULL)
        drain(courier);
    free_courier(courier);
    return good;
}
