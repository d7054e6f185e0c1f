/*
 * The reconciler: claims what is due, asks, and settles, a few records at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "background/reconciler.h"

#include <signal.h>
#include <stdlib.h>

#include "api/service.h"
#include "end_signals.h"
#include "operations/attend.h"
#include "operations/reconcile.h"
#include "store/due_store.h"

#define PAUSE_MS 1000 /* between two looks for what is due, when the last one found nothing */

#define COUNT_PAUSE_MS 5000 /* between two counts of what is unresolved */

struct reconciler {
    struct loop loop;
    struct end_signals signals;
    struct heartbeat *heartbeat; /* not owned; may be NULL */
    struct service *service;
    struct workshop workshop;
    struct reconciling reconcilings[RECONCILE_MAX];
    size_t asked; /* of them, whose call is under way */
    struct attending attendings[ATTEND_MAX];
    int64_t count_at; /* monotonic milliseconds: when those that are unresolved are counted again */
};

static void
free_reconciler(struct reconciler *reconciler)
{
    if (reconciler == NULL)
        return;
    service_free(reconciler->service);
    end_signals_close(&reconciler->signals);
    loop_close(&reconciler->loop);
    free(reconciler);
}

/* once: an operator's run, with an account that may do less. NULL when it cannot start. */
static struct reconciler *
new_reconciler(const struct config *config, const char *account, bool once,
               struct metrics_place metrics)
{
    struct reconciler *reconciler = calloc(1, sizeof *reconciler);

    if (reconciler == NULL)
        return NULL;
    reconciler->loop.epoll_fd = -1;
    reconciler->signals.source.fd = -1;
    reconciler->service = service_new(config, account, once, metrics);
    if (reconciler->service == NULL || !loop_open(&reconciler->loop) ||
        !end_signals_open(&reconciler->signals, &reconciler->loop) ||
        !service_open_calls(reconciler->service, &reconciler->loop)) {
        free_reconciler(reconciler);
        return NULL;
    }
    reconciler->workshop = service_workshop(reconciler->service);
    return reconciler;
}

/* Waits for something to happen, at most so long; false when the loop cannot go on. */
static bool
wait(struct reconciler *reconciler, int64_t wait_ms)
{
    struct caller *caller = reconciler->service->caller;
    int64_t call_ms = caller != NULL ? caller_tick(caller) : -1;

    heartbeat_beat(reconciler->heartbeat);
    if (call_ms >= 0 && call_ms < wait_ms)
        wait_ms = call_ms;
    if (!loop_wait(&reconciler->loop, wait_ms))
        return false;
    if (caller != NULL)
        caller_tick(caller);
    return true;
}

/* What has been answered is asked again or settled. */
static void
take_answers(struct reconciler *reconciler)
{
    struct reconciling *concluded[RECONCILE_MAX];
    struct caller *caller = reconciler->service->caller;
    size_t count = 0;
    struct call *call;

    while (caller != NULL && (call = caller_next_ended(caller)) != NULL) {
        struct reconciling *reconciling = call->owner;

        if (!reconcile_go_on(&reconciler->workshop, reconciling))
            concluded[count++] = reconciling;
    }
    reconciler->asked -= count;
    if (count > 0)
        reconcile_settle(&reconciler->workshop, concluded, count);
}

/* The same of notices. */
static void
attend_to_answers(struct reconciler *reconciler)
{
    struct caller *caller = reconciler->service->caller;
    struct call *call;

    while (caller != NULL && (call = caller_next_ended(caller)) != NULL) {
        struct attending *attending = call->owner;

        if (attend_go_on(&reconciler->workshop, attending))
            continue;
        reconciler->asked--;
        attend_settle(&reconciler->workshop, attending);
    }
}

/* One claim of notices and all that follows from it. False when the database cannot be reached. */
static bool
attend(struct reconciler *reconciler, size_t *count)
{
    bool good = attend_claim(&reconciler->workshop, reconciler->attendings, count);

    for (size_t i = 0; i < *count; i++) {
        if (attend_begin(&reconciler->workshop, &reconciler->attendings[i]))
            reconciler->asked++;
        else
            attend_settle(&reconciler->workshop, &reconciler->attendings[i]);
    }
    while (reconciler->asked > 0 && wait(reconciler, PAUSE_MS))
        attend_to_answers(reconciler);
    return good;
}

/* One claim and all that follows from it. False when the database cannot be reached. */
static bool
reconcile(struct reconciler *reconciler, size_t *count)
{
    bool good = reconcile_claim(&reconciler->workshop, reconciler->reconcilings, count);

    for (size_t i = 0; i < *count; i++) {
        if (reconcile_begin(&reconciler->workshop, &reconciler->reconcilings[i],
                            &reconciler->reconcilings[i]))
            reconciler->asked++;
    }
    while (reconciler->asked > 0 && wait(reconciler, PAUSE_MS))
        take_answers(reconciler);
    return good;
}

/*
 * For whoever reads the metrics: how many are not resolved, by their age. It is counted here and
 * not when they are read, so that they can be read when the database cannot, as often as somebody
 * likes. A count that fails leaves the last one, with its time.
 */
static void
count_unresolved(struct reconciler *reconciler)
{
    struct metrics_slot *metrics = reconciler->service->metrics.slot;
    int64_t now = clock_monotonic_ms();
    uint64_t counts[METRICS_RECORDS][METRICS_AGES];

    if (metrics == NULL || now < reconciler->count_at)
        return;
    reconciler->count_at = now + COUNT_PAUSE_MS;
    if (due_store_count(reconciler->service->database,
                        deadline_in_ms(reconciler->workshop.request_ms), counts) != STORE_OK)
        return;
    for (size_t i = 0; i < METRICS_AGES; i++) {
        metrics_set(&metrics->gauges.unresolved[METRICS_PAYMENT][i], counts[METRICS_PAYMENT][i]);
        metrics_set(&metrics->gauges.unresolved[METRICS_REFUND][i], counts[METRICS_REFUND][i]);
    }
    metrics_set(&metrics->gauges.counted_at, (uint64_t)clock_wall_ms() / 1000);
}

enum worker_end
reconciler_run(const struct config *config, const char *account, const struct listener *listener,
               struct heartbeat *heartbeat, struct metrics_place metrics)
{
    struct reconciler *reconciler = new_reconciler(config, account, false, metrics);
    enum worker_end end = WORKER_STOPPED;

    (void)listener;
    if (reconciler == NULL)
        return WORKER_FAILED;
    reconciler->heartbeat = heartbeat;
    while (reconciler->signals.number == 0 && end == WORKER_STOPPED) {
        size_t count, notices;

        (void)!attend(reconciler, &notices);
        (void)!reconcile(reconciler, &count);
        count_unresolved(reconciler);
        if (!wait(reconciler, count + notices > 0 ? 0 : PAUSE_MS))
            end = WORKER_FAILED;
    }
    if (reconciler->signals.number == SIGHUP)
        end = WORKER_RELOAD;
    free_reconciler(reconciler);
    return end;
}

bool
reconciler_run_once(const struct config *config, const char *account, size_t *count)
{
    struct reconciler *reconciler =
        new_reconciler(config, account, true, (struct metrics_place){.all = NULL});
    bool good = reconciler != NULL;
    size_t found = 1;

    *count = 0;
    while (good && found > 0 && reconciler->signals.number == 0) {
        size_t notices = 0;

        good = attend(reconciler, &notices) && reconcile(reconciler, &found);
        *count += found;
        found += notices;
    }
    free_reconciler(reconciler);
    return good;
}
