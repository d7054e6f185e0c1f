/*
 * The children of the supervisor: who is there, and what is to be done next. Decisions only: no
 * clock, no signal, no fork.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_CHILDREN_H
#define PAYMENT_API_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"

/* All times are monotonic milliseconds. */

#define CHILDREN_MAX 2304         /* the largest number of workers, old and new, and a few others */
#define CHILDREN_POLL_MS 20       /* how often a successor is looked at until it has begun */
#define CHILDREN_INTERVAL_MS 1000 /* how often the children are looked at when nothing is due */

enum child_state {
    CHILD_FREE, /* no process: the place may be taken */
    CHILD_SERVING,
    CHILD_RETIRING, /* it has been asked to end */
    CHILD_KILLED,   /* its end is only a matter of time */
};

struct child {
    enum child_state state;
    pid_t pid;
    size_t role;         /* its number in the supervisor's table */
    unsigned generation; /* of the configuration that it runs with */
    int64_t started_at;
    int64_t beat_at; /* its last sign of life; 0: it has not begun its work yet */
    int64_t end_by;  /* of one that is retiring: when it is killed */
};

/* What the children of one role should be. */
struct target {
    size_t role;
    int wanted;          /* how many; 0 once the program stops */
    unsigned generation; /* of the configuration in use */
    int64_t spawn_at;    /* none is started before */
};

enum step_kind {
    STEP_NONE,
    STEP_SPAWN,
    STEP_RETIRE,
};

struct step {
    enum step_kind kind;
    size_t child; /* the one to retire */
};

enum verdict {
    VERDICT_GOOD,
    VERDICT_OVERDUE, /* it was asked to end and has not */
    VERDICT_STUCK,   /* it gave no sign of life for too long */
};

/*
 * How long a child may take to end, and how long it may give no sign of life: what the slowest
 * request may take, and a little. payment-api.fcgi(8) names the sum.
 */
int64_t children_limit_ms(const struct config *config);

/*
 * The pause before the next child of a role is started, after one that nobody had asked to end.
 * pause_ms is the pause after the one before it, lived_ms the age that it reached: who dies young
 * makes the next one wait ever longer.
 */
int64_t children_pause_ms(int64_t pause_ms, int64_t lived_ms);

/* How many processes there are of all roles. */
size_t children_count(const struct child *children, size_t count);

/*
 * What brings the children of a role nearer to what they should be. One that runs with an older
 * configuration ends after its successor has begun its work, and one at a time, so that there are
 * always as many at work as configured: a new configuration with which none can work stops there.
 */
struct step children_next(const struct child *children, size_t count, const struct target *target,
                          int64_t now);

/*
 * Whether a child has to be killed. watched_since is when the supervisor itself began to look
 * without a gap: when it stood still, its children may have stood still with it.
 */
enum verdict children_judge(const struct child *child, int64_t watched_since, int64_t limit_ms,
                            int64_t now);

/* Milliseconds until there may be something to do for a role, at most CHILDREN_INTERVAL_MS. */
int64_t children_sleep_ms(const struct child *children, size_t count, const struct target *target,
                          int64_t now);

#endif
