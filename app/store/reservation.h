/*
 * Reservations: a refund and the amount that it takes from its payment, kept in one transaction. Of
 * the store's own files; refund_store.h is for everybody else.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_RESERVATION_H
#define PAYMENT_API_STORE_RESERVATION_H

#include <stdbool.h>

#include "domain/event.h"
#include "domain/refund.h"
#include "store/database.h"

extern const struct statement_set reservation_statements;

/* One new refund of a group. Its payment has been found by payment_store_find() before: an id that
 * does not exist must not be locked. */
struct refund_insertion {
    const struct refund *refund; /* not owned */
    const char *processor;       /* the payment must have been made with it; not owned */
    struct refund *existing;     /* not owned; set on STORE_EXISTS, but for its currency */
    const struct event *event;   /* kept in the same transaction; NULL: none; not owned */
    enum store_result result;
};

/*
 * Keeps one refund without metadata and event, in one round trip. On DATABASE_DONE its result is
 * STORE_OK, or STORE_REFUSED or STORE_NOT_FOUND with nothing kept. DATABASE_DUPLICATE: its id or
 * key is there.
 */
enum database_result reservation_keep_one(struct database *database,
                                          struct refund_insertion *insertion)
    __attribute__((warn_unused_result));

/*
 * Keeps several refunds (1 to STORE_GROUP_MAX) in one transaction, with the same results. What is
 * not DATABASE_DONE has kept none of them. skip_locked: a refund whose payment another transaction
 * holds is not waited for, and its result is STORE_UNAVAILABLE.
 */
enum database_result reservation_keep(struct database *database,
                                      struct refund_insertion *const *insertions, size_t count,
                                      bool skip_locked) __attribute__((warn_unused_result));

#endif
