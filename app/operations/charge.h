/*
 * Charge: make a payment.
 *
 *   charge_run()     a processor without effects decides, and all are kept by one commit: done.
 *                    One with effects: the payment is kept as "processing", then it is called.
 *   charge_settle()  the calls have ended: what came is noted.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_CHARGE_H
#define PAYMENT_API_OPERATIONS_CHARGE_H

#include "operations/operation.h"
#include "store/settlement.h"

struct charge {
    struct payment payment; /* what is asked for; on OPERATION_REPLAYED the one of that request */
    const struct processor *processor; /* not owned */
    struct deadline deadline;
    bool wants_events; /* its merchant is told by an event */
    enum operation_outcome outcome;
    void *owner;      /* becomes call.owner */
    struct call call; /* with OPERATION_CALLS */
};

/*
 * Makes a group of payments (up to OPERATION_GROUP_MAX). Of two with the same idempotency key the
 * second keeps OPERATION_WAITS: it meets the record of the first in the next group. Those that end
 * as OPERATION_CALLS are durable and their calls have been started; they must stay where they are
 * until caller_next_ended() gives the call back, and go to charge_settle() then.
 */
void charge_run(const struct workshop *workshop, struct charge *const *charges, size_t count);

/* Sets what the processor's word makes of a payment: its status and why it failed. */
void charge_conclude(enum processor_result result, enum decline decline,
                     struct payment_settlement *settlement);

/* When a customer who was sent to the processor's page has taken too long, Unix time in
 * milliseconds. */
int64_t charge_action_ends_at(const struct workshop *workshop, const struct payment *payment);

/* Sets what is noted of a payment that its processor has not decided: where its customer has to go,
 * and when to look again. */
void charge_await(const struct workshop *workshop, const struct processor_outcome *outcome,
                  struct payment_settlement *settlement);

/* Notes what the calls of a group came to. OPERATION_DONE, with the payment as it stands: perhaps
 * still "processing", with an action_url where the customer has to do something. */
void charge_settle(const struct workshop *workshop, struct charge *const *charges, size_t count);

#endif
