/*
 * Events in the database: written in the transaction of the change that they tell of.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_EVENT_STORE_H
#define PAYMENT_API_STORE_EVENT_STORE_H

#include "domain/event.h"
#include "store/database.h"

extern const struct statement_set event_statements;

/* Within a transaction: keeps up to STORE_GROUP_MAX (0: nothing happens) by one statement. One that
 * an earlier try of the transaction has kept stays as it is. */
enum database_result event_store_insert(struct database *database,
                                        const struct event *const *events, size_t count)
    __attribute__((warn_unused_result));

/* Whether a merchant wants events of its records in a mode. */
struct event_interest {
    const struct identifier *merchant_id; /* not owned */
    enum mode mode;
    bool wants_events; /* the answer */
};

/* For units of work: asks for up to STORE_GROUP_MAX. */
enum database_result event_store_ask(struct database *database, struct event_interest *interests,
                                     size_t count) __attribute__((warn_unused_result));

#endif
