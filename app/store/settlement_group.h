/*
 * What settlements of payments and of refunds have in common: which rows they are about, the
 * attempts that are kept with them, and the events that tell of them. Of the store's own files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_SETTLEMENT_GROUP_H
#define PAYMENT_API_STORE_SETTLEMENT_GROUP_H

#include "domain/event.h"
#include "store/attempt_store.h"
#include "store/binding.h"
#include "store/event_store.h"

/* The end of an UPDATE of one record. Each names the index: by that of the lists, a settlement that
 * comes second would find nothing, and lock the gap into which the merchant's new payments go. */
#define OF_ONE " WHERE id = ? AND merchant_id = ? AND mode = ?"
/* What is final is not looked at any more. */
#define NEXT_LOOK "look_at = IF(? = 'processing', LEAST(look_at, IFNULL(?, look_at)), NULL)"

/* Which rows an UPDATE is about: the parameters of OF_ONE. */
struct key_rows {
    struct text_rows id, merchant_id, mode;
};

void set_key(struct key_rows *rows, size_t row, const struct identifier *id,
             const struct identifier *merchant_id, enum mode mode);

/* A reference that is to be written, or NULL for "". */
const char *reference_or_null(const char *reference);

/* The attempts of many records, in as few statements as they need: mostly one for a whole group. */
struct attempt_batch {
    struct attempt_record records[STORE_GROUP_MAX];
    size_t count;
};

enum database_result attempt_batch_add(struct database *database, struct attempt_batch *batch,
                                       const struct identifier *record_id,
                                       const struct attempt *attempts, size_t count)
    __attribute__((warn_unused_result));
enum database_result attempt_batch_flush(struct database *database, struct attempt_batch *batch)
    __attribute__((warn_unused_result));

/* The events of a group. It is made empty once for all tries: an event keeps the id that it was
 * given by the first of them. */
struct group_events {
    struct event events[STORE_GROUP_MAX];
    bool made[STORE_GROUP_MAX];   /* it has its id */
    bool wanted[STORE_GROUP_MAX]; /* by the merchant */
    bool due[STORE_GROUP_MAX];    /* this transaction has changed what they tell of */
    bool any;                     /* is wanted */
};

void group_events_init(struct group_events *told, size_t count);

/* Whose record it is, and what is known of what the merchant wants. */
struct event_wish_of {
    const struct identifier *merchant_id; /* not owned */
    enum mode mode;
    enum event_wish wish;
};

/* Says which of the group are wanted, and asks the database where EVENTS_ASK stands: before the
 * transaction, for a plain read within it would fix what the later ones see. */
enum database_result group_events_ask(struct database *database, struct group_events *told,
                                      const struct event_wish_of *wishes, size_t count)
    __attribute__((warn_unused_result));

/* Keeps those that are due; each was told what stands by event_tell_payment() or
 * event_tell_refund(). */
enum database_result group_events_keep(struct database *database, const struct group_events *told,
                                       size_t count) __attribute__((warn_unused_result));

#endif
