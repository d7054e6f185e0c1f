/*
 * What is old, and is deleted: attempts to send events, deliveries that are over, events. A stretch
 * of a table at a time, found by its ids, which tell the age.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_PRUNE_STORE_H
#define PAYMENT_API_STORE_PRUNE_STORE_H

#include "domain/identifier.h"
#include "store/database.h"

/* In the order in which they can go: a delivery stays as long as an attempt of it, and an event as
 * long as a delivery of it. */
enum prune_table {
    PRUNE_ATTEMPTS,
    PRUNE_DELIVERIES, /* that are not pending, or whose endpoint was deleted; by the event's age */
    PRUNE_EVENTS,     /* that a courier has looked at */
    PRUNE_TABLES,
};

/*
 * Looks at up to a thousand rows with ids above *after and below before, the lowest first, deletes
 * those that may go, and moves *after behind them. *is_last: there are no more.
 */
enum store_result prune_store_step(struct database *database, struct deadline deadline,
                                   enum prune_table table, const struct identifier *before,
                                   struct identifier *after, bool *is_last)
    __attribute__((warn_unused_result));

#endif
