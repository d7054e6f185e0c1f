/*
 * The pool: a parent that keeps a number of workers on one listening socket.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "worker.h"

#define YOUNG_MS 1000        /* a worker that dies younger than this makes the next one wait */
#define RESPAWN_FIRST_MS 100 /* doubled each time */
#define RESPAWN_MAX_MS 5000
#define DRAIN_GRACE_MS 5000 /* beyond what the slowest request may take */
#define IDLE_MS 60000       /* the parent wakes up at least so often */
#define CHILDREN_MAX 2048   /* twice the largest number of workers: old and new ones */

struct child {
    pid_t pid; /* 0: the entry is free */
    int64_t started_at;
    unsigned generation; /* of the configuration it runs with */
    bool retiring;       /* it has been asked to end */
    int64_t kill_at;     /* when it is killed, if it has not ended by then */
};

struct pool {
    struct config *config;
    struct log log;
    const struct listener *listener;
    unsigned generation;
    bool stopping;
    int64_t spawn_at;   /* no worker is started before */
    int64_t respawn_ms; /* the pause after the last young death, 0: none */
    sigset_t signals;   /* that the parent waits for */
    sigset_t old_mask;  /* of the process, for the workers */
    struct child children[CHILDREN_MAX];
};

static int64_t
drain_limit_ms(const struct config *config)
{
    return (int64_t)(2 * config->request_timeout + config->database_timeout +
                     2 * config->body_timeout) *
               1000 +
           DRAIN_GRACE_MS;
}

static int
count_children(const struct pool *pool, bool retiring)
{
    int count = 0;

    for (size_t i = 0; i < CHILDREN_MAX; i++)
        count += pool->children[i].pid != 0 && pool->children[i].retiring == retiring;
    return count;
}

/* Of the worker's process: never returns. */
static void __attribute__((noreturn)) become_worker(struct pool *pool, pid_t parent)
{
    enum worker_end end;

#ifdef HAVE_SYS_PRCTL_H
    /* When the parent is killed, nobody would ever end this one. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    if (getppid() != parent)
        _exit(EXIT_SUCCESS);
    sigprocmask(SIG_SETMASK, &pool->old_mask, NULL);
    end = worker_run(pool->config, pool->listener, NULL);
    exit(end == WORKER_FAILED ? EXIT_FAILURE : EXIT_SUCCESS);
}

static bool
spawn(struct pool *pool)
{
    struct child *child = NULL;
    pid_t parent = getpid();
    pid_t pid;

    for (size_t i = 0; child == NULL && i < CHILDREN_MAX; i++) {
        if (pool->children[i].pid == 0)
            child = &pool->children[i];
    }
    if (child == NULL)
        return false;
    pid = fork();
    if (pid == 0)
        become_worker(pool, parent);
    if (pid < 0) {
        log_write(&pool->log, LOG_LEVEL_ERROR, "no worker could be started: %s", strerror(errno));
        pool->spawn_at = clock_monotonic_ms() + RESPAWN_MAX_MS;
        return false;
    }
    *child = (struct child){
        .pid = pid, .started_at = clock_monotonic_ms(), .generation = pool->generation};
    return true;
}

static void
retire(struct pool *pool, struct child *child)
{
    child->retiring = true;
    child->kill_at = clock_monotonic_ms() + drain_limit_ms(pool->config);
    kill(child->pid, SIGTERM);
}

/* A worker of an older configuration that still takes requests, or NULL. */
static struct child *
find_outdated(struct pool *pool)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        struct child *child = &pool->children[i];

        if (child->pid != 0 && !child->retiring && child->generation != pool->generation)
            return child;
    }
    return NULL;
}

static void
kill_overdue(struct pool *pool)
{
    int64_t now = clock_monotonic_ms();

    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        struct child *child = &pool->children[i];

        if (child->pid != 0 && child->retiring && child->kill_at <= now) {
            log_write(&pool->log, LOG_LEVEL_WARNING, "worker %ld did not end and is killed",
                      (long)child->pid);
            kill(child->pid, SIGKILL);
            child->kill_at = now + DRAIN_GRACE_MS;
        }
    }
}

static void
retire_all(struct pool *pool)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        if (pool->children[i].pid != 0 && !pool->children[i].retiring)
            retire(pool, &pool->children[i]);
    }
}

/*
 * Brings the children nearer to what they should be. An outdated worker ends after its successor
 * was started, and one at a time, so that there are always as many as configured.
 */
static void
adjust(struct pool *pool)
{
    int active = count_children(pool, false);
    struct child *outdated;

    kill_overdue(pool);
    if (pool->stopping)
        return;
    while (active < pool->config->workers && clock_monotonic_ms() >= pool->spawn_at && spawn(pool))
        active++;
    outdated = find_outdated(pool);
    if (outdated != NULL && count_children(pool, true) == 0) {
        if (active > pool->config->workers || spawn(pool))
            retire(pool, outdated);
    }
}

static void
note_death(struct pool *pool, struct child *child, int status)
{
    int64_t now = clock_monotonic_ms();

    if (!child->retiring) {
        bool young = now - child->started_at < YOUNG_MS;

        if (WIFSIGNALED(status))
            log_write(&pool->log, LOG_LEVEL_WARNING, "worker %ld was ended by signal %d",
                      (long)child->pid, WTERMSIG(status));
        else
            log_write(&pool->log, LOG_LEVEL_WARNING, "worker %ld ended with status %d",
                      (long)child->pid, WEXITSTATUS(status));
        if (!young)
            pool->respawn_ms = 0;
        else if (pool->respawn_ms == 0)
            pool->respawn_ms = RESPAWN_FIRST_MS;
        else if (pool->respawn_ms < RESPAWN_MAX_MS)
            pool->respawn_ms *= 2;
        pool->spawn_at = now + pool->respawn_ms;
    }
    child->pid = 0;
}

static void
reap(struct pool *pool)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < CHILDREN_MAX; i++) {
            if (pool->children[i].pid == pid)
                note_death(pool, &pool->children[i], status);
        }
    }
}

static void
reload(struct pool *pool, pool_load *load, void *arg)
{
    char error[CONFIG_ERROR_SIZE];
    struct config fresh;

    if (!load(&fresh, arg, error) || (!worker_check_database(&fresh, error) && error[0] != '\0')) {
        log_write(&pool->log, LOG_LEVEL_ERROR, "the configuration stays as it was: %s", error);
        return;
    }
    if (strcmp(fresh.listen, pool->config->listen) != 0 ||
        fresh.listen_mode != pool->config->listen_mode ||
        fresh.allow_remote != pool->config->allow_remote)
        log_write(&pool->log, LOG_LEVEL_WARNING,
                  "listen, listen_mode and allow_remote take effect at the next start only");
    *pool->config = fresh;
    pool->log = (struct log){.target = fresh.log_target, .level = fresh.log_level};
    log_open(&pool->log);
    pool->generation++;
    log_write(&pool->log, LOG_LEVEL_NOTICE, "new configuration, %d workers", fresh.workers);
}

static void
stop(struct pool *pool)
{
    if (pool->stopping)
        return;
    log_write(&pool->log, LOG_LEVEL_NOTICE, "stopping");
    pool->stopping = true;
    retire_all(pool);
}

/* Milliseconds until adjust() has something to do. */
static int64_t
next_wake_ms(const struct pool *pool)
{
    int64_t now = clock_monotonic_ms();
    int64_t wake = IDLE_MS;

    if (!pool->stopping && count_children(pool, false) < pool->config->workers)
        wake = pool->spawn_at - now;
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        const struct child *child = &pool->children[i];

        if (child->pid != 0 && child->retiring && child->kill_at - now < wake)
            wake = child->kill_at - now;
    }
    return wake > 0 ? wake : 0;
}

static void
wait_for_signal(struct pool *pool, pool_load *load, void *arg)
{
    int64_t wake = next_wake_ms(pool);
    struct timespec limit = {.tv_sec = (time_t)(wake / 1000),
                             .tv_nsec = (long)(wake % 1000) * 1000000};

    switch (sigtimedwait(&pool->signals, NULL, &limit)) {
    case SIGTERM:
    case SIGINT:
    case SIGUSR1: /* of FastCGI's process managers */
        stop(pool);
        break;
    case SIGHUP:
        reload(pool, load, arg);
        break;
    default: /* SIGCHLD, the time limit, or another signal's return: look at the children */
        break;
    }
    reap(pool);
}

bool
pool_run(struct config *config, const struct listener *listener, pool_load *load, void *arg)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return false;
    pool->config = config;
    pool->log = (struct log){.target = config->log_target, .level = config->log_level};
    pool->listener = listener;
    signal(SIGCHLD,
           SIG_DFL); /* ignored, as it may come from whoever started this, it tells nothing */
    sigemptyset(&pool->signals);
    sigaddset(&pool->signals, SIGCHLD);
    sigaddset(&pool->signals, SIGTERM);
    sigaddset(&pool->signals, SIGINT);
    sigaddset(&pool->signals, SIGUSR1);
    sigaddset(&pool->signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &pool->signals, &pool->old_mask);
    log_write(&pool->log, LOG_LEVEL_NOTICE, "started, %d workers", config->workers);
    do {
        adjust(pool);
        wait_for_signal(pool, load, arg);
    } while (!pool->stopping || count_children(pool, true) > 0);
    log_write(&pool->log, LOG_LEVEL_NOTICE, "stopped");
    sigprocmask(SIG_SETMASK, &pool->old_mask, NULL);
    free(pool);
    return true;
}
