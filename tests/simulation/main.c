/*
 * Runs of the simulated world, each from a seed: the program as it is shipped among workers that
 * die, a database that fails and an acquirer that is late; then the books are compared.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acquirer.h"
#include "background/courier.h"
#include "background/reconciler.h"
#include "books.h"
#include "clients.h"
#include "connector.h"
#include "customers.h"
#include "kept.h"
#include "messenger.h"
#include "receivers.h"
#include "server.h"
#include "webserver.h"
#include "worker.h"
#include "world.h"

#define TURNS 200                  /* with trouble, in each run */
#define RUNS_OF_A_CHILD 50         /* what a run allocates is given back by the child's end */
#define QUIET_MS INT64_C(900000)   /* so long all is up, before what stays open is a violation */
#define RESENT_MS INT64_C(7200000) /* the same where events are sent again after half an hour */
#define COURIERS_OF_THOUSAND 120   /* runs */
#define LATE_MS 120000             /* no call is longer on its way */

static struct config config;
static struct listener listener;

/* A place of the pool: its process is started again when it has died. */
struct place {
    enum process_kind kind;
    char name[24];
    struct process *process;
};

static struct place places[8];
static size_t place_count;

static void
run_worker(void *arg)
{
    (void)arg;
    if (worker_run(&config, WORKER_ACCOUNT, &listener, NULL, (struct metrics_place){.all = NULL}) ==
        WORKER_FAILED)
        story("the worker has failed");
}

static void
run_reconciler(void *arg)
{
    (void)arg;
    if (reconciler_run(&config, WORKER_ACCOUNT, &listener, NULL,
                       (struct metrics_place){.all = NULL}) == WORKER_FAILED)
        story("the reconciler has failed");
}

static void
run_courier(void *arg)
{
    (void)arg;
    if (courier_run(&config, WORKER_ACCOUNT, &listener, NULL,
                    (struct metrics_place){.all = NULL}) == WORKER_FAILED)
        story("the courier has failed");
}

static void
start_place(void *arg)
{
    static void (*const runs[])(void *arg) = {[PROCESS_WORKER] = run_worker,
                                              [PROCESS_RECONCILER] = run_reconciler,
                                              [PROCESS_COURIER] = run_courier};
    struct place *place = arg;

    place->process = world_add(place->kind, place->name, runs[place->kind], NULL);
    story("%s starts", place->name);
}

static void
on_death(struct process *process)
{
    session_close_of(process);
    webserver_lose(process);
    for (size_t i = 0; i < place_count; i++) {
        if (places[i].process != process)
            continue;
        places[i].process = NULL;
        world_later(world_now() + chance_between(10, 5000), start_place, &places[i]);
    }
}

static void
add_places(enum process_kind kind, const char *name, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct place *place = &places[place_count++];

        place->kind = kind;
        snprintf(place->name, sizeof place->name, "%s %zu", name, i + 1);
        start_place(place);
    }
}

static void
end_outage(void *arg)
{
    (void)arg;
    if (trouble.outages == 0)
        return;
    if (chance(trouble.outages))
        connector_outage(chance_between(0, 8000));
    world_later(world_now() + chance_between(500, 4000), end_outage, NULL);
}

static unsigned
one_of(unsigned a, unsigned b, unsigned c)
{
    uint64_t which = chance_below(3);

    return which == 0 ? a : which == 1 ? b : c;
}

static bool
is_quiet(void)
{
    return clients_have_stopped() && kept_is_settled() && messenger_is_done() &&
           receivers_are_done();
}

static int64_t late_until;

static bool
is_late(void)
{
    return world_now() >= late_until;
}

static void
configure(void)
{
    config.request_timeout = 10;
    config.processor_timeout = 15;
    config.action_timeout = CUSTOMERS_TIME_S;
    config.database_timeout = 2;
    config.max_in_hand = 16;
    config.key_cache_seconds = 0;
    config.body_timeout = 10;
    config.max_body = 65536;
    config.processors.count = 1;
    config.webhooks = true;
    strcpy(config.processors.list[0].name, "stripe");
    strcpy(config.processors.list[0].type, "stripe");
    strcpy(config.processors.list[0].secret_key, "sk_live_simulated");
    strcpy(config.processors.list[0].event_secret, MESSENGER_SECRET);
}

/* One run; its violation, or NULL. */
static const char *
run(uint64_t seed, bool with_story)
{
    size_t couriers;

    world_begin(seed, with_story);
    world_on_death(on_death);
    connector_clear();
    acquirer_clear();
    webserver_clear();
    customers_clear();
    tables_on_commit(NULL);
    tables_clear();
    clients_clear();
    couriers = chance(COURIERS_OF_THOUSAND) ? 1 + (size_t)chance_below(2) : 0;
    receivers_clear(couriers > 0);
    books_open();
    place_count = 0;
    trouble = (struct trouble){
        .deaths = one_of(0, 5, 20),
        .standstills = one_of(0, 5, 20),
        .database = one_of(0, 10, 60),
        .network = one_of(0, 60, 250),
        .outages = one_of(0, 0, 200),
        .acquirer = one_of(0, 50, 200),
    };
    add_places(PROCESS_WORKER, "worker", 1 + (size_t)chance_below(3));
    add_places(PROCESS_RECONCILER, "reconciler", 1 + (size_t)chance_below(2));
    add_places(PROCESS_COURIER, "courier", couriers);
    world_later(world_now(), end_outage, NULL);
    messenger_start(chance(300));
    clients_start(2 + (size_t)chance_below(4));
    world_run(TURNS);
    if (world_violation() != NULL)
        return world_violation();
    story("from here on nothing goes wrong");
    memset(&trouble, 0, sizeof trouble);
    acquirer_settle();
    clients_stop();
    world_be_patient();
    if (!world_run_until(is_quiet, world_now() + (couriers > 0 ? RESENT_MS : QUIET_MS)) &&
        world_violation() == NULL)
        violation("not all is settled after a quarter of an hour in which nothing went wrong");
    clients_audit();
    if (!world_run_until(clients_audit_is_done, world_now() + QUIET_MS) &&
        world_violation() == NULL)
        violation("the auditor does not come to an end");
    /* Calls that are late may still come, and customers. */
    customers_come_late();
    late_until = world_now() + LATE_MS;
    (void)world_run_until(is_late, late_until + 1);
    books_compare();
    receivers_compare();
    return world_violation();
}

/* The real clock: the C library's name for it is the simulated one's here. */
static double
seconds(void)
{
    struct timespec now = {0, 0};

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What a child tells its parent. */
struct report {
    uint64_t passed;
    uint64_t turns;
    uint64_t failed_seed;
    bool failed;
    char violation[512];
};

static void
run_child(uint64_t seed, uint64_t step, double until, int out)
{
    struct report report = {.passed = 0};

    for (int i = 0; i < RUNS_OF_A_CHILD && seconds() < until; i++, seed += step) {
        const char *found = run(seed, false);

        report.turns += world_turns();
        if (found != NULL) {
            report.failed = true;
            report.failed_seed = seed;
            snprintf(report.violation, sizeof report.violation, "%s", found);
            break;
        }
        report.passed++;
    }
    if (write(out, &report, sizeof report) != (ssize_t)sizeof report)
        _exit(1);
    _exit(0);
}

/* Runs seeds one after the other until the time is over or one fails. */
static int
run_many(uint64_t first, double limit, uint64_t most)
{
    double started = seconds();
    uint64_t passed = 0;
    uint64_t turns = 0;
    uint64_t seed = first;

    printf("first seed %" PRIu64 "\n", first);
    fflush(stdout);
    while (seconds() < started + limit && passed < most) {
        struct report report = {.passed = 0};
        int ends[2];
        int status = 0;
        pid_t child;

        if (pipe(ends) != 0 || (child = fork()) < 0) {
            perror("simulation");
            return 2;
        }
        if (child == 0)
            run_child(seed, 1, started + limit, ends[1]);
        close(ends[1]);
        if (read(ends[0], &report, sizeof report) != (ssize_t)sizeof report) {
            waitpid(child, &status, 0);
            printf("a run of the seeds %" PRIu64 " to %" PRIu64 " crashed (status %d)\n"
                   "%" PRIu64 " passed, 1 failed\n",
                   seed, seed + RUNS_OF_A_CHILD - 1, status, passed);
            return 1;
        }
        close(ends[0]);
        waitpid(child, &status, 0);
        passed += report.passed;
        turns += report.turns;
        seed += report.passed;
        if (report.failed) {
            printf("seed %" PRIu64 ": %s\n%" PRIu64 " runs, %" PRIu64 " turns in %.1f s\n"
                   "%" PRIu64 " passed, 1 failed\n",
                   report.failed_seed, report.violation, passed, turns, seconds() - started,
                   passed);
            return 1;
        }
    }
    printf("%" PRIu64 " runs, %" PRIu64 " turns in %.1f s\n%" PRIu64 " passed, 0 failed\n", passed,
           turns, seconds() - started, passed);
    return 0;
}

static int
usage(void)
{
    fputs("usage: simulation SQL-FOLDER [--seconds N] [--runs N] [--from SEED] [--story SEED]\n",
          stderr);
    return 2;
}

int
main(int argc, char **argv)
{
    uint64_t first = 1;
    double limit = 60;
    uint64_t most = UINT64_MAX;
    const char *told = NULL;

    if (argc < 2)
        return usage();
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seconds") == 0)
            limit = strtod(argv[i + 1], NULL);
        else if (strcmp(argv[i], "--runs") == 0)
            most = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--from") == 0)
            first = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--story") == 0)
            told = argv[i + 1];
        else
            return usage();
    }
    if (argc % 2 != 0)
        return usage();
    tables_read_schema(argv[1]);
    configure();
    if (told != NULL) {
        const char *found = run(strtoull(told, NULL, 10), true);

        printf("%s\n%d passed, %d failed\n", found != NULL ? found : "nothing is wrong",
               found == NULL, found != NULL);
        return found != NULL;
    }
    return run_many(first, limit, most);
}
