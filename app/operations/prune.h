/*
 * Prune: delete what is old of events and of their way to webhook endpoints, a little at a time,
 * for as long as a process lives.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_PRUNE_H
#define PAYMENT_API_OPERATIONS_PRUNE_H

#include "operations/operation.h"
#include "store/prune_store.h"

/* How far it is. Made by {.webhook_days = ..., .event_days = ...}. */
struct pruning {
    int webhook_days; /* attempts, and deliveries that are over, are kept so long; 0: for ever */
    int event_days;   /* the same of events */
    enum prune_table table; /* that is being pruned */
    bool is_begun;
    struct identifier after, before; /* of it: what is left, once it is begun */
    int64_t not_before;              /* monotonic milliseconds */
};

/*
 * To be called in each turn: does a step, at most one a second, and begins again ten minutes after
 * the last one had nothing left. False when the database cannot be reached.
 */
bool prune_step(const struct workshop *workshop, struct pruning *pruning)
    __attribute__((warn_unused_result));

/* For who comes once: all that is old now, until the deadline. False when the database cannot be
 * reached. */
bool prune_once(const struct workshop *workshop, struct pruning *pruning, struct deadline deadline)
    __attribute__((warn_unused_result));

#endif
