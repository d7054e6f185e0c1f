/*
 * Metrics: what the processes of a pool count, in memory that they share.
 *
 * The parent maps it before it forks. Each child has a slot that nobody else writes while it lives,
 * so counting is a load and a store, without a lock and without a system call. A slot's totals stay
 * when its child has ended, and the next one in its place goes on from them: the sum over all slots
 * never goes back. What tells the present state is a gauge; it is cleared between two children.
 *
 * What is counted has no names but those of tables of the program and of the configuration. Nothing
 * of a request's content is in it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_METRICS_H
#define PAYMENT_API_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_ROUTES 32 /* 0: no such path; then the rows of the table of routes */
#define METRICS_STATUSES 17
#define METRICS_BUCKETS 16 /* of a histogram; the last one has no bound */
#define METRICS_RESULTS 8  /* of enum database_result */
#define METRICS_PROCESSORS 9
#define METRICS_NAME_SIZE 33
#define METRICS_TASKS 11    /* of enum processor_task */
#define METRICS_OUTCOMES 10 /* of enum processor_result */
#define METRICS_ROLES 4
#define METRICS_AGES 5 /* see metrics_ages */

typedef _Atomic uint64_t metrics_number;

enum metrics_method {
    METRICS_GET, /* and HEAD */
    METRICS_POST,
    METRICS_OTHER,
    METRICS_METHODS,
};

/* What is done for many requests together. */
enum metrics_group {
    METRICS_TURN, /* all that a worker answers or begins in one turn of its loop */
    METRICS_READ_PAYMENTS,
    METRICS_MAKE_PAYMENTS,
    METRICS_MAKE_REFUNDS,
    METRICS_SETTLE_PAYMENTS,
    METRICS_SETTLE_REFUNDS,
    METRICS_GROUPS,
};

enum metrics_record {
    METRICS_PAYMENT,
    METRICS_REFUND,
    METRICS_RECORDS,
};

struct metrics_histogram {
    metrics_number buckets[METRICS_BUCKETS]; /* each by itself */
    metrics_number sum;
};

/* The bounds of a histogram, ascending: so much and less is in the bucket. */
struct metrics_scale {
    size_t count;
    uint64_t bounds[METRICS_BUCKETS - 1];
};

extern const struct metrics_scale metrics_times; /* microseconds */
extern const struct metrics_scale metrics_sizes;

/* Younger than so many seconds, and not in the class before; the last class has no end. */
extern const int metrics_ages[METRICS_AGES - 1];

struct metrics_slot {
    _Alignas(64) metrics_number requests[METRICS_ROUTES][METRICS_METHODS][METRICS_STATUSES];
    struct metrics_histogram latency[METRICS_ROUTES][METRICS_METHODS];
    struct metrics_histogram queue; /* how long requests waited for a worker */
    struct metrics_histogram groups[METRICS_GROUPS];
    struct metrics_histogram database; /* units of work */
    metrics_number database_retries[METRICS_RESULTS];
    metrics_number database_failures[METRICS_RESULTS];
    metrics_number database_connects;
    metrics_number calls[METRICS_PROCESSORS][METRICS_TASKS][METRICS_OUTCOMES];
    struct metrics_histogram call_time[METRICS_PROCESSORS];

    struct metrics_gauges {
        metrics_number in_hand;     /* requests */
        metrics_number in_hand_max; /* so many could be */
        metrics_number calling;     /* of those in hand, whose processor is being called */
        metrics_number connected;   /* to the database: 0 or 1 */
        metrics_number counted_at;  /* unresolved, Unix seconds; 0: not by this process */
        metrics_number unresolved[METRICS_RECORDS][METRICS_AGES];
        metrics_number deliveries_counted_at; /* Unix seconds; 0: not by this process */
        metrics_number deliveries_waiting;
        metrics_number deliveries_due_at; /* the first of them, Unix seconds; 0: none waits */
    } gauges;
};

/* What the parent tells of the children of one role. */
struct metrics_role {
    char name[16]; /* set before the first fork; "": there is no such role */
    metrics_number serving;
    metrics_number ending; /* asked to, or killed */
    metrics_number wanted;
    metrics_number started;
    metrics_number died;   /* nobody had asked for it */
    metrics_number killed; /* they stood still, or did not end */
};

struct metrics {
    int64_t started_at; /* Unix milliseconds */
    struct metrics_role roles[METRICS_ROLES];
    metrics_number reloads;
    metrics_number reloads_refused;
    /* Under which numbers processors are counted; a name keeps its number. */
    char processors[METRICS_PROCESSORS][METRICS_NAME_SIZE];
    metrics_number processor_count;
    metrics_number used; /* slots that had a child */
    size_t slot_count;
    struct metrics_slot slots[];
};

/* Where a process counts; both are NULL where it has no parent, and nobody reads. */
struct metrics_place {
    struct metrics *all;
    struct metrics_slot *slot;
};

/* Memory that is the same one after a fork, all zero; what is not used of it costs none. NULL
 * without memory. */
struct metrics *metrics_map(size_t slots) __attribute__((warn_unused_result));

/* Takes NULL. */
void metrics_unmap(struct metrics *metrics);

/* For the parent: a new child is about to have this slot. */
struct metrics_place metrics_take_slot(struct metrics *metrics, size_t number);

/* For the parent: its child has ended. */
void metrics_clear_gauges(struct metrics_slot *slot);

/* For the parent: nobody counts what is unresolved any more. */
void metrics_forget_unresolved(struct metrics *metrics);

/* The same of the deliveries that wait. */
void metrics_forget_deliveries(struct metrics *metrics);

/* For the parent: the name gets a number, if it has none yet. */
void metrics_note_processor(struct metrics *metrics, const char *name);

/* The number of a processor; the last one for a name that came when all were taken. */
size_t metrics_processor(const struct metrics *metrics, const char *name);

/* The name of that number; NULL where it is not in use. Of the last one "(other)", which no section
 * can be called. */
const char *metrics_processor_name(const struct metrics *metrics, size_t number);

/* For the owner of the number. */
static inline void
metrics_add(metrics_number *number, uint64_t amount)
{
    uint64_t before = atomic_load_explicit(number, memory_order_relaxed);

    atomic_store_explicit(number, before + amount, memory_order_relaxed);
}

static inline void
metrics_set(metrics_number *number, uint64_t value)
{
    atomic_store_explicit(number, value, memory_order_relaxed);
}

static inline uint64_t
metrics_get(const metrics_number *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

void metrics_observe(struct metrics_histogram *histogram, const struct metrics_scale *scale,
                     uint64_t value);

/* A request that has been answered, after so many microseconds. */
void metrics_request(struct metrics_slot *slot, size_t route, enum metrics_method method,
                     int status, uint64_t us);

/* The status of a column of requests; 0 for the last one, which is any other. */
int metrics_status(size_t column);

#endif
