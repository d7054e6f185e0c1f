/*
 * What became of deliveries, in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_DELIVERY_NOTE_STORE_H
#define PAYMENT_API_STORE_DELIVERY_NOTE_STORE_H

#include "domain/delivery.h"
#include "store/database.h"

extern const struct statement_set delivery_note_statements;

/* What a try came to. */
struct delivery_note {
    const struct delivery *delivery; /* not owned */
    struct delivery_attempt attempt;
    enum delivery_state state;
    int64_t due_at; /* Unix time in milliseconds, while it is pending */
};

/* Keeps up to STORE_GROUP_MAX attempts, and what they mean for deliveries that are still claimed as
 * they were: one that was claimed by somebody else, or asked for once more, stays as it is. */
enum store_result delivery_note_store_keep(struct database *database, struct deadline deadline,
                                           const struct delivery_note *notes, size_t count)
    __attribute__((warn_unused_result));

/* What the tries of an endpoint say of itself. */
enum receiver_change {
    RECEIVER_WORKS,
    RECEIVER_FAILS,
    RECEIVER_IS_GONE,       /* 410: it is disabled */
    RECEIVER_FAILS_FOR_DAYS /* it is disabled */
};

/* Writes it, at now, Unix time in milliseconds. */
enum store_result delivery_note_store_mark(struct database *database, struct deadline deadline,
                                           const struct identifier *endpoint_id,
                                           enum receiver_change change, int64_t now)
    __attribute__((warn_unused_result));

/* What waits. */
struct delivery_queue {
    int64_t waiting; /* deliveries that are pending, of endpoints that stand */
    int64_t due_at;  /* when the first of them is due, Unix time in milliseconds; 0: none is */
};
enum store_result delivery_note_store_count(struct database *database, struct deadline deadline,
                                            struct delivery_queue *queue)
    __attribute__((warn_unused_result));

#endif
