/*
 * Payments in the database. Each function takes a group of up to STORE_GROUP_MAX at once, in as few
 * statements as can be; a group of one is a group like any other.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_PAYMENT_STORE_H
#define PAYMENT_API_STORE_PAYMENT_STORE_H

#include "domain/event.h"
#include "domain/payment.h"
#include "store/database.h"
#include "store/payment_row.h"

extern const struct statement_set payment_statements;

/* One new payment of a group. */
struct payment_insertion {
    const struct payment *payment; /* not owned */
    struct payment *existing;      /* not owned; set on STORE_EXISTS */
    const struct event *event;     /* kept in the same transaction; NULL: none; not owned */
    enum store_result result;
};

/*
 * Keeps new payments: one statement, one durable commit, one round trip. Their ids were made
 * before, so that a try whose outcome is unknown is simply made again: an id can be kept only once.
 * No idempotency key of a merchant and mode may stand in a group twice.
 *
 * Each one's result is its own. STORE_OK: it is kept. STORE_EXISTS: the merchant has used this
 * idempotency key before in this mode, for the payment in *existing. STORE_LOCKED: a payment with
 * this key is being kept right now. STORE_FAILED: the database will not have this one.
 */
void payment_store_insert(struct database *database, struct deadline deadline,
                          struct payment_insertion *insertions, size_t count);

/* One payment that is looked for. */
struct payment_search {
    const struct identifier *merchant_id; /* not owned */
    const struct identifier *id;          /* not owned */
    enum mode mode;
    struct payment *payment; /* not owned; set on STORE_OK */
    enum store_result result;
};

/* Each one's result: STORE_OK, or STORE_NOT_FOUND when the merchant has no such payment in this
 * mode. */
void payment_store_find(struct database *database, struct deadline deadline,
                        struct payment_search *searches, size_t count);

/* For units of work of other stores: the same within theirs; the results are STORE_OK or
 * STORE_NOT_FOUND. */
enum database_result payment_store_read(struct database *database, struct payment_search *searches,
                                        size_t count) __attribute__((warn_unused_result));

/* Reads them, the lower id first, and keeps them locked until the transaction ends. skip_locked:
 * those that another transaction holds are not waited for, and are STORE_NOT_FOUND. */
enum database_result payment_store_lock(struct database *database, struct payment_search *searches,
                                        size_t count, bool skip_locked)
    __attribute__((warn_unused_result));

#endif
