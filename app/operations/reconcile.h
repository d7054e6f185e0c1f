/*
 * Reconcile: find out what became of a payment or refund that stays "processing".
 *
 *   reconcile_claim()   takes records that are due.
 *   reconcile_begin()   asks the processor about one: a look-up, never a second charge.
 *   reconcile_go_on()   its call has ended: another question, or the conclusion.
 *   reconcile_settle()  notes the conclusions of a group.
 *
 *   find --> found: what the processor says
 *        --> not found --> close --> closed --> find --> not found: it failed, and nothing can come
 *                                --> the key was used: the call had come; it is looked at later
 *        --> the customer has taken too long, or could try once more: cancel
 *                                --> cancelled: it failed
 *                                --> too late: it had ended first --> find
 *        --> nothing is proved: it is looked at later
 *
 * "Not found" alone proves nothing: a worker that stood still, or a call that is late on its way,
 * can move the money after any look-up. So the record's idempotency key is used up first by
 * something that moves none.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_RECONCILE_H
#define PAYMENT_API_OPERATIONS_RECONCILE_H

#include "operations/operation.h"

#define RECONCILE_MAX 32 /* records of one claim */

struct reconciling {
    bool is_refund;
    struct payment payment; /* or that of the refund */
    struct refund refund;
    void *owner;        /* becomes call.owner */
    bool is_closed;     /* no call can come any more */
    bool was_cancelled; /* that was asked for, whatever came */
    enum decline
        decline; /* of what the customer tried before; DECLINE_NONE: nothing that is known */
    struct call call;
    struct attempt attempts[5]; /* of this time */
    size_t attempt_count;
};

/* Claims up to RECONCILE_MAX records, and finds the payments of refunds. False when the database
 * cannot be reached; *count is 0 then. */
bool reconcile_claim(const struct workshop *workshop,
                     struct reconciling reconcilings[RECONCILE_MAX], size_t *count)
    __attribute__((warn_unused_result));

/* False when there is nobody to be asked: its processor is not configured, or cannot be reached; it
 * stays as it is. The call ends later, with this call.owner. */
bool reconcile_begin(const struct workshop *workshop, struct reconciling *reconciling, void *owner)
    __attribute__((warn_unused_result));

/* True when another call has been started; false when it can be settled. */
bool reconcile_go_on(const struct workshop *workshop, struct reconciling *reconciling)
    __attribute__((warn_unused_result));

/* Notes the conclusions of up to RECONCILE_MAX, and what was asked. */
void reconcile_settle(const struct workshop *workshop, struct reconciling *const *reconcilings,
                      size_t count);

#endif
