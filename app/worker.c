/*
 * The worker: one loop that has many requests in hand and answers them in groups.
 *
 * SPDX-License-Identifier: MIT
 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/answered.h"
#include "api/authentication.h"
#include "api/turn.h"
#include "end_signals.h"
#include "http/cgi.h"
#include "http/fastcgi.h"

#define IDLE_MS                                                                       \
    20 /* a worker without work for so long was waiting for requests, not they for it \
        */

#define CALL_WAIT_MS 1000 /* a plain CGI program looks after its call at least so often */

struct worker {
    const struct config *config;     /* not owned */
    const struct listener *listener; /* not owned */
    struct heartbeat *heartbeat;     /* not owned; NULL where no parent looks at it */
    struct loop loop;
    struct end_signals signals;
    struct service *service;
    struct fastcgi *fastcgi;
    bool idle;               /* it had no work for a while when the requests of this turn came */
    int64_t busy_at;         /* monotonic milliseconds: when the last turn with work ended */
    struct exchange *places; /* as many as may be in hand */
    size_t place_count;
    size_t touched_count;            /* of them; the others were never used and cost no memory */
    struct exchange *free_places;    /* a list of those that were used, the last one first */
    size_t calling;                  /* whose processor is being called: in no turn, but in hand */
    struct exchange *turn[TURN_MAX]; /* in hand: those that wait for another turn come first */
    size_t turn_count;
};

static void
free_worker(struct worker *worker)
{
    if (worker == NULL)
        return;
    fastcgi_free(worker->fastcgi);
    service_free(worker->service);
    end_signals_close(&worker->signals);
    loop_close(&worker->loop);
    free(worker->places);
    free(worker);
}

static void
give_place_back(struct worker *worker, struct exchange *exchange)
{
    exchange_end(exchange);
    exchange->next_free = worker->free_places;
    worker->free_places = exchange;
}

static bool
has_place(const struct worker *worker)
{
    return worker->free_places != NULL || worker->touched_count < worker->place_count;
}

/* For what waits for a processor there is as much room again for each of them: see caller_new(). */
static size_t
places_of(const struct config *config)
{
    return (size_t)config->max_in_hand * (1 + config->processors.count);
}

static struct worker *
new_worker(const struct config *config, const char *account, struct metrics_place metrics)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL)
        return NULL;
    worker->config = config;
    worker->signals.source.fd = -1;
    worker->loop.epoll_fd = -1;
    worker->service = service_new(config, account, false, metrics);
    worker->place_count = places_of(config);
    worker->places = calloc(worker->place_count, sizeof *worker->places);
    if (worker->service == NULL || worker->places == NULL) {
        free_worker(worker);
        return NULL;
    }
    return worker;
}

static void
begin(struct worker *worker, const struct inbound *inbound)
{
    struct exchange *exchange = worker->free_places;

    if (exchange != NULL)
        worker->free_places = exchange->next_free;
    else
        exchange = &worker->places[worker->touched_count++];
    turn_begin(exchange, worker->service, inbound);
    worker->turn[worker->turn_count++] = exchange;
}

/* How an answer goes out: false when the web server took none. */
typedef bool answer(void *where, void *connection, const char *data, size_t size);

/* Answers what is settled. The rest stays for the next turn, but for those whose processor is being
 * called. */
static void
answer_settled(struct worker *worker, answer *send, void *where)
{
    struct service *service = worker->service;
    size_t together = worker->turn_count;
    size_t kept = 0;

    for (size_t i = 0; i < worker->turn_count; i++) {
        struct exchange *exchange = worker->turn[i];
        const char *text;
        int64_t took_us;
        size_t length;

        if (exchange->work == WORK_CALL) {
            worker->calling++;
            continue;
        }
        if (!exchange_is_settled(exchange)) {
            worker->turn[kept++] = exchange;
            continue;
        }
        text = answer_text(exchange, service, &length);
        took_us = clock_monotonic_us() - exchange->started_us;
        answered_count(service, exchange, took_us); /* first: who has the answer finds it counted */
        if (!send(where, exchange->connection, text, length))
            log_write(&service->log, LOG_LEVEL_INFO, "the web server took no answer");
        answered_log(service, exchange, took_us, together);
        give_place_back(worker, exchange);
    }
    worker->turn_count = kept;
}

static void
show_load(const struct worker *worker)
{
    struct metrics_slot *slot = worker->service->metrics.slot;

    if (slot == NULL)
        return;
    metrics_set(&slot->gauges.in_hand, worker->turn_count + worker->calling);
    metrics_set(&slot->gauges.calling, worker->calling);
}

static void
run_turn(struct worker *worker, size_t waiting, answer *send, void *where)
{
    int64_t spent_us = database_spent_us(worker->service->database);

    show_load(worker);
    turn_open(worker->service, worker->turn + waiting, worker->turn_count - waiting, worker->idle);
    turn_work(worker->service, worker->turn, worker->turn_count);
    spent_us = database_spent_us(worker->service->database) - spent_us;
    for (size_t i = 0; i < worker->turn_count; i++)
        worker->turn[i]->database_us += spent_us;
    answer_settled(worker, send, where);
    show_load(worker);
    authentication_note_uses(worker->service);
}

/* Those whose call has ended come into the turn. */
static void
take_called(struct worker *worker)
{
    struct exchange *exchange;

    while (worker->turn_count < TURN_MAX &&
           (exchange = turn_next_called(worker->service)) != NULL) {
        worker->turn[worker->turn_count++] = exchange;
        worker->calling--;
    }
}

static bool
answer_by_fastcgi(void *where, void *connection, const char *data, size_t size)
{
    return fastcgi_answer(where, connection, data, size);
}

/* Waits for anything to happen, at most so long. False when the loop cannot go on. */
static bool
wait(struct worker *worker, int64_t sleep_ms)
{
    struct caller *caller = worker->service->caller;
    int64_t call_ms = caller != NULL ? caller_tick(caller) : -1;

    if (call_ms >= 0 && call_ms < sleep_ms)
        sleep_ms = call_ms;
    if (!loop_wait(&worker->loop, sleep_ms)) {
        log_write(&worker->service->log, LOG_LEVEL_ERROR, "the loop failed: %s", strerror(errno));
        return false;
    }
    if (caller != NULL)
        caller_tick(caller);
    return true;
}

/* One turn of the loop: false when it cannot go on. */
static bool
turn(struct worker *worker)
{
    int64_t sleep_ms = fastcgi_tick(worker->fastcgi);
    size_t waiting = worker->turn_count;
    struct inbound inbound;

    heartbeat_beat(worker->heartbeat);
    if (waiting > 0 || fastcgi_has_next(worker->fastcgi))
        sleep_ms = 0;
    if (!wait(worker, sleep_ms))
        return false;
    worker->idle = clock_monotonic_ms() - worker->busy_at >= IDLE_MS;
    take_called(worker);
    waiting = worker->turn_count;
    while (worker->turn_count < TURN_MAX && has_place(worker) &&
           fastcgi_next(worker->fastcgi, &inbound))
        begin(worker, &inbound);
    if (worker->turn_count > 0) {
        run_turn(worker, waiting, answer_by_fastcgi, worker->fastcgi);
        worker->busy_at = clock_monotonic_ms();
    }
    return true;
}

/*
 * Where there is no parent to do it: ends when another process has taken the path of the socket
 * over, and takes the path away before it ends, so that no new connection comes.
 */
static void
look_after_path(struct worker *worker)
{
    if (worker->heartbeat != NULL)
        return;
    if (worker->signals.number == 0 && listener_is_taken_over(worker->listener)) {
        log_write(&worker->service->log, LOG_LEVEL_NOTICE, "another process has taken over %s",
                  worker->listener->path);
        worker->signals.number = SIGTERM;
    }
    if (worker->signals.number != 0 && worker->signals.number != SIGHUP)
        listener_withdraw(worker->listener);
}

static enum worker_end
serve(struct worker *worker)
{
    bool draining = false;

    while (!draining || worker->turn_count > 0 || worker->calling > 0 ||
           fastcgi_busy(worker->fastcgi) > 0) {
        if (!turn(worker))
            return WORKER_FAILED;
        if (!draining)
            look_after_path(worker);
        if (worker->signals.number != 0 && !draining) {
            draining = true;
            fastcgi_drain(worker->fastcgi, listener_is_orphaned(worker->listener));
        }
    }
    return worker->signals.number == SIGHUP ? WORKER_RELOAD : WORKER_STOPPED;
}

static struct fastcgi_settings
fastcgi_settings(const struct worker *worker)
{
    const struct config *config = worker->config;

    return (struct fastcgi_settings){
        .listen_fd = worker->listener->fd,
        .io_timeout_ms = config->body_timeout * 1000,
        .request_timeout_ms = config->request_timeout * 1000,
        .max_body = (size_t)config->max_body,
        .in_hand_max = places_of(config),
        .keepalive = config->fastcgi_keepalive,
        .log = &worker->service->log,
    };
}

enum worker_end
worker_run(const struct config *config, const char *account, const struct listener *listener,
           struct heartbeat *heartbeat, struct metrics_place metrics)
{
    struct worker *worker = new_worker(config, account, metrics);
    enum worker_end end = WORKER_FAILED;
    struct fastcgi_settings settings;

    if (worker == NULL)
        return WORKER_FAILED;
    worker->listener = listener;
    worker->heartbeat = heartbeat;
    settings = fastcgi_settings(worker);
    if (loop_open(&worker->loop) && end_signals_open(&worker->signals, &worker->loop) &&
        service_open_calls(worker->service, &worker->loop)) {
        if (metrics.slot != NULL)
            metrics_set(&metrics.slot->gauges.in_hand_max, worker->place_count);
        service_connect_early(worker->service);
        worker->fastcgi = fastcgi_new(&worker->loop, &settings);
    }
    if (worker->fastcgi != NULL)
        end = serve(worker);
    else
        log_write(&worker->service->log, LOG_LEVEL_ERROR, "the worker cannot start: %s",
                  strerror(errno));
    free_worker(worker);
    return end;
}

static bool
answer_by_cgi(void *where, void *connection, const char *data, size_t size)
{
    (void)where;
    (void)connection;
    return cgi_answer(data, size);
}

enum worker_end
worker_run_once(const struct config *config)
{
    struct cgi cgi = {.io_timeout_ms = config->body_timeout * 1000,
                      .request_timeout_ms = config->request_timeout * 1000,
                      .max_body = (size_t)config->max_body};
    struct worker *worker = new_worker(config, WORKER_ACCOUNT, (struct metrics_place){.all = NULL});
    enum worker_end end = WORKER_FAILED;
    struct inbound inbound;

    if (worker == NULL)
        return WORKER_FAILED;
    end_signals_hold();
    if (cgi_read(&cgi, &inbound) && loop_open(&worker->loop) &&
        service_open_calls(worker->service, &worker->loop)) {
        begin(worker, &inbound);
        run_turn(worker, 0, answer_by_cgi, NULL);
        end = WORKER_STOPPED;
    }
    /* A group of one never waits for its twin: what is left is a call. */
    while (worker->calling > 0 && wait(worker, CALL_WAIT_MS)) {
        take_called(worker);
        run_turn(worker, worker->turn_count, answer_by_cgi, NULL);
    }
    cgi_drain(&cgi);
    free_worker(worker);
    return end;
}

bool
worker_check_database(const struct config *config, char error[CONFIG_ERROR_SIZE])
{
    return service_check_database(config, WORKER_ACCOUNT, error);
}
