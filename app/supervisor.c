/*
 * The supervisor: the parent of the processes that do the work, and how many there are of each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "background/courier.h"
#include "background/reconciler.h"
#include "children.h"
#include "clock.h"
#include "heartbeat.h"
#include "log.h"
#include "pool_metrics.h"
#include "worker.h"

#define FORK_PAUSE_MS 5000 /* after a fork that failed */
/* A supervisor that did not look for so long stood still, and cannot say whether others did. */
#define GAP_MS 3000

/* One row tells all about one kind of child. */
struct role {
    const char *name; /* in the log */
    int (*count)(const struct config *config);
    const char *account; /* the option group of its account at the database */
    enum worker_end (*run)(const struct config *config, const char *account,
                           const struct listener *listener, struct heartbeat *heartbeat,
                           struct metrics_place metrics);
    void (*forget)(struct metrics *metrics); /* what none of them counts any more; or NULL */
};

static int
count_workers(const struct config *config)
{
    return config->workers;
}

/* Nothing stays "processing" where no processor has effects. */
static int
count_reconcilers(const struct config *config)
{
    return config->processors.count > 0 ? 1 : 0;
}

/* Merchants may have endpoints in any mode. */
static int
count_couriers(const struct config *config)
{
    return config->webhooks ? 1 : 0;
}

static const struct role roles[] = {
    {.name = "worker", .count = count_workers, .account = WORKER_ACCOUNT, .run = worker_run},
    {.name = "reconciler",
     .count = count_reconcilers,
     .account = WORKER_ACCOUNT,
     .run = reconciler_run,
     .forget = metrics_forget_unresolved},
    {.name = "courier",
     .count = count_couriers,
     .account = WORKER_ACCOUNT,
     .run = courier_run,
     .forget = metrics_forget_deliveries},
};

#define ROLE_COUNT (sizeof roles / sizeof roles[0])
_Static_assert(ROLE_COUNT <= METRICS_ROLES, "each role is counted");

/* What a role has gone through. */
struct role_state {
    int64_t spawn_at; /* no child is started before */
    int64_t pause_ms; /* the pause after the last young death, 0: none */
};

struct supervisor {
    struct config *config;
    struct log log;
    const struct listener *listener;
    const struct reload_source *source;
    unsigned generation;
    bool stopping;
    int64_t watched_since; /* since then it has looked at the children without a gap */
    int64_t watched_at;    /* when it looked last */
    sigset_t signals;      /* that it waits for */
    struct role_state states[ROLE_COUNT];
    struct child children[CHILDREN_MAX];
    struct heartbeat *heartbeats; /* one a place in children; shared with them */
    struct metrics *metrics;      /* a slot for each place, too */
};

bool
supervisor_is_needed(const struct config *config)
{
    int count = 0;

    for (size_t i = 0; i < ROLE_COUNT; i++)
        count += roles[i].count(config);
    return count > 1;
}

static struct target
target_of(const struct supervisor *supervisor, size_t role)
{
    return (struct target){
        .role = role,
        .wanted = supervisor->stopping ? 0 : roles[role].count(supervisor->config),
        .generation = supervisor->generation,
        .spawn_at = supervisor->states[role].spawn_at,
    };
}

/*
 * What a child takes over from nobody: neither from this process nor from whoever started it. The
 * signals that end it wait until it is ready for them.
 */
static void
set_child_signals(void)
{
    static const int standard[] = {SIGTERM, SIGINT,  SIGUSR1, SIGHUP,
                                   SIGCHLD, SIGALRM, SIGPIPE, SIGUSR2};
    static const int ending[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t held;

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
        sigaction(standard[i], &action, NULL);
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        sigaddset(&held, ending[i]);
    sigprocmask(SIG_SETMASK, &held, NULL);
}

/* Of the child's process: never returns. */
static void __attribute__((noreturn))
become_child(const struct supervisor *supervisor, size_t role, size_t place, pid_t parent,
             struct metrics_place metrics)
{
    enum worker_end end;

    set_child_signals();
#ifdef HAVE_SYS_PRCTL_H
    /* When the parent is killed, nobody would ever end this one. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    if (getppid() != parent)
        _exit(EXIT_SUCCESS);
    end = roles[role].run(supervisor->config, roles[role].account, supervisor->listener,
                          &supervisor->heartbeats[place], metrics);
    exit(end == WORKER_FAILED ? EXIT_FAILURE : EXIT_SUCCESS);
}

static bool
spawn(struct supervisor *supervisor, size_t role)
{
    struct metrics_place metrics;
    pid_t parent = getpid();
    size_t place = 0;
    pid_t pid;

    while (place < CHILDREN_MAX && supervisor->children[place].state != CHILD_FREE)
        place++;
    if (place == CHILDREN_MAX)
        return false;
    heartbeat_clear(&supervisor->heartbeats[place]);
    metrics = metrics_take_slot(supervisor->metrics, place);
    pid = fork();
    if (pid == 0)
        become_child(supervisor, role, place, parent, metrics);
    if (pid < 0) {
        log_write(&supervisor->log, LOG_LEVEL_ERROR, "no %s could be started: %s", roles[role].name,
                  strerror(errno));
        supervisor->states[role].spawn_at = clock_monotonic_ms() + FORK_PAUSE_MS;
        return false;
    }
    metrics_add(&supervisor->metrics->roles[role].started, 1);
    supervisor->children[place] = (struct child){
        .state = CHILD_SERVING,
        .pid = pid,
        .role = role,
        .generation = supervisor->generation,
        .started_at = clock_monotonic_ms(),
    };
    return true;
}

static void
retire(struct supervisor *supervisor, struct child *child)
{
    child->state = CHILD_RETIRING;
    child->end_by = clock_monotonic_ms() + children_limit_ms(supervisor->config);
    kill(child->pid, SIGTERM);
}

static void
kill_child(struct supervisor *supervisor, struct child *child, const char *why)
{
    log_write(&supervisor->log, LOG_LEVEL_WARNING, "%s %ld %s and is killed",
              roles[child->role].name, (long)child->pid, why);
    metrics_add(&supervisor->metrics->roles[child->role].killed, 1);
    kill(child->pid, SIGKILL);
    child->state = CHILD_KILLED;
}

/* Looks at each child's sign of life, and kills those that are beyond their time. */
static void
watch(struct supervisor *supervisor)
{
    int64_t limit = children_limit_ms(supervisor->config);
    int64_t now = clock_monotonic_ms();

    if (now > supervisor->watched_at + GAP_MS)
        supervisor->watched_since = now;
    supervisor->watched_at = now;
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        struct child *child = &supervisor->children[i];

        if (child->state == CHILD_FREE)
            continue;
        child->beat_at = heartbeat_last(&supervisor->heartbeats[i]);
        switch (children_judge(child, supervisor->watched_since, limit, now)) {
        case VERDICT_GOOD:
            break;
        case VERDICT_OVERDUE:
            kill_child(supervisor, child, "did not end");
            break;
        case VERDICT_STUCK:
            kill_child(supervisor, child, "stands still");
            break;
        }
    }
}

static void
adjust(struct supervisor *supervisor)
{
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        struct target shown = target_of(supervisor, role);
        bool going_on = true;

        while (going_on) {
            struct target target = target_of(supervisor, role);
            struct step step =
                children_next(supervisor->children, CHILDREN_MAX, &target, clock_monotonic_ms());

            switch (step.kind) {
            case STEP_NONE:
                going_on = false;
                break;
            case STEP_SPAWN:
                going_on = spawn(supervisor, role);
                break;
            case STEP_RETIRE:
                retire(supervisor, &supervisor->children[step.child]);
                break;
            }
        }
        pool_metrics_show(supervisor->metrics, supervisor->children, CHILDREN_MAX, &shown);
    }
}

static void
note_death(struct supervisor *supervisor, struct child *child, int status)
{
    struct role_state *state = &supervisor->states[child->role];
    const char *name = roles[child->role].name;
    int64_t now = clock_monotonic_ms();

    metrics_clear_gauges(&supervisor->metrics->slots[child - supervisor->children]);
    if (roles[child->role].forget != NULL && roles[child->role].count(supervisor->config) == 0)
        roles[child->role].forget(supervisor->metrics);
    if (child->state == CHILD_SERVING) {
        metrics_add(&supervisor->metrics->roles[child->role].died, 1);
        if (WIFSIGNALED(status))
            log_write(&supervisor->log, LOG_LEVEL_WARNING, "%s %ld was ended by signal %d", name,
                      (long)child->pid, WTERMSIG(status));
        else
            log_write(&supervisor->log, LOG_LEVEL_WARNING, "%s %ld ended with status %d", name,
                      (long)child->pid, WEXITSTATUS(status));
        state->pause_ms = children_pause_ms(state->pause_ms, now - child->started_at);
        state->spawn_at = now + state->pause_ms;
    }
    child->state = CHILD_FREE;
}

static void
reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < CHILDREN_MAX; i++) {
            struct child *child = &supervisor->children[i];

            if (child->state != CHILD_FREE && child->pid == pid)
                note_death(supervisor, child, status);
        }
    }
}

/*
 * The path goes first, so that no connection comes any more: the workers take what waits in a
 * socket without a path before they end.
 */
static void
stop(struct supervisor *supervisor)
{
    if (supervisor->stopping)
        return;
    log_write(&supervisor->log, LOG_LEVEL_NOTICE, "stopping, within %lld s",
              (long long)(children_limit_ms(supervisor->config) / 1000));
    supervisor->stopping = true;
    listener_withdraw(supervisor->listener);
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        if (supervisor->children[i].state == CHILD_SERVING)
            retire(supervisor, &supervisor->children[i]);
    }
}

static void
stop_if_taken_over(struct supervisor *supervisor)
{
    if (supervisor->stopping || !listener_is_taken_over(supervisor->listener))
        return;
    log_write(&supervisor->log, LOG_LEVEL_NOTICE, "another process has taken over %s",
              supervisor->listener->path);
    stop(supervisor);
}

static int64_t
sleep_ms(const struct supervisor *supervisor)
{
    int64_t now = clock_monotonic_ms();
    int64_t shortest = CHILDREN_INTERVAL_MS;

    for (size_t role = 0; role < ROLE_COUNT; role++) {
        struct target target = target_of(supervisor, role);
        int64_t sleep = children_sleep_ms(supervisor->children, CHILDREN_MAX, &target, now);

        if (sleep < shortest)
            shortest = sleep;
    }
    return shortest;
}

static void
take_new_configuration(struct supervisor *supervisor)
{
    if (!reload(supervisor->config, &supervisor->log, supervisor->source)) {
        metrics_add(&supervisor->metrics->reloads_refused, 1);
        return;
    }
    metrics_add(&supervisor->metrics->reloads, 1);
    pool_metrics_note_processors(supervisor->metrics, supervisor->config);
    supervisor->generation++;
}

/* All signals that are waited for are blocked: one that comes meanwhile is there the next time. */
static void
wait_for_signal(struct supervisor *supervisor)
{
    int64_t sleep = sleep_ms(supervisor);
    struct timespec limit = {.tv_sec = (time_t)(sleep / 1000),
                             .tv_nsec = (long)(sleep % 1000) * 1000000};

    switch (sigtimedwait(&supervisor->signals, NULL, &limit)) {
    case SIGTERM:
    case SIGINT:
    case SIGUSR1: /* of FastCGI's process managers */
        stop(supervisor);
        break;
    case SIGHUP:
        take_new_configuration(supervisor);
        break;
    default: /* SIGCHLD, the time limit, or another signal's return: look at the children */
        break;
    }
    reap(supervisor);
}

static void
set_signals(struct supervisor *supervisor)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    /* Ignored, as it may come from whoever started this, it tells nothing. */
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&supervisor->signals);
    sigaddset(&supervisor->signals, SIGCHLD);
    sigaddset(&supervisor->signals, SIGTERM);
    sigaddset(&supervisor->signals, SIGINT);
    sigaddset(&supervisor->signals, SIGUSR1);
    sigaddset(&supervisor->signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &supervisor->signals, NULL);
}

static void
supervise(struct supervisor *supervisor)
{
    supervisor->watched_since = supervisor->watched_at = clock_monotonic_ms();
    do {
        stop_if_taken_over(supervisor);
        watch(supervisor);
        adjust(supervisor);
        wait_for_signal(supervisor);
    } while (!supervisor->stopping || children_count(supervisor->children, CHILDREN_MAX) > 0);
}

bool
supervisor_run(struct config *config, const struct listener *listener,
               const struct reload_source *source)
{
    struct supervisor *supervisor = calloc(1, sizeof *supervisor);
    bool good = false;

    if (supervisor == NULL)
        return false;
    supervisor->config = config;
    supervisor->log = config_log(config);
    supervisor->listener = listener;
    supervisor->source = source;
    supervisor->heartbeats = heartbeat_map(CHILDREN_MAX);
    supervisor->metrics = metrics_map(CHILDREN_MAX);
    if (supervisor->heartbeats != NULL && supervisor->metrics != NULL) {
        for (size_t role = 0; role < ROLE_COUNT; role++)
            strcpy(supervisor->metrics->roles[role].name, roles[role].name);
        pool_metrics_note_processors(supervisor->metrics, supervisor->config);
        set_signals(supervisor);
        log_write(&supervisor->log, LOG_LEVEL_NOTICE, "started, %d workers", config->workers);
        supervise(supervisor);
        log_write(&supervisor->log, LOG_LEVEL_NOTICE, "stopped");
        good = true;
    }
    heartbeat_unmap(supervisor->heartbeats, CHILDREN_MAX);
    metrics_unmap(supervisor->metrics);
    free(supervisor);
    return good;
}
