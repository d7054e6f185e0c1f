/*
 * Charge: make a payment.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/charge.h"

#include <string.h>

#include "store/payment_store.h"
#include "store/settlement.h"

/* True when one of the group has this one's idempotency key. */
static bool
has_twin(const struct payment_insertion *group, size_t count, const struct payment *payment)
{
    for (size_t i = 0; i < count; i++) {
        if (payment_same_key(group[i].payment, payment))
            return true;
    }
    return false;
}

static void
decide(struct charge *charge)
{
    struct payment *payment = &charge->payment;

    switch (charge->processor->type->decide_charge(charge->processor, payment, &payment->decline)) {
    case CHARGE_SUCCEEDED:
        payment->status = PAYMENT_SUCCEEDED;
        break;
    case CHARGE_DECLINED:
        payment->status = PAYMENT_FAILED;
        break;
    case CHARGE_UNKNOWN:
        payment->status = PAYMENT_PROCESSING;
        break;
    }
}

/* The id is made before the first try to keep it. OPERATION_WAITS: it can be kept. */
static enum operation_outcome
prepare(const struct workshop *workshop, struct charge *charge)
{
    struct payment *payment = &charge->payment;

    payment->created_at = clock_wall_ms();
    if (!identifier_new(payment->created_at, &payment->id))
        return OPERATION_FAILED;
    strcpy(payment->processor, charge->processor->name);
    payment->decline = DECLINE_NONE;
    if (!charge->processor->type->has_effects) {
        decide(charge);
        return OPERATION_WAITS;
    }
    if (!caller_may_try(workshop->caller, charge->processor))
        return OPERATION_UNAVAILABLE;
    payment->status = PAYMENT_PROCESSING;
    payment->due_at = operation_due_at(workshop, payment->created_at);
    return OPERATION_WAITS;
}

/* The event that is kept with it, made before the first try as its id is; *kept is NULL when there
 * is none: what a processor has to decide is told when it has. */
static bool
announce(const struct charge *charge, struct event *event, const struct event **kept)
{
    *kept = NULL;
    if (!charge->wants_events || charge->processor->type->has_effects)
        return true;
    *kept = event;
    return event_of_payment(event, &charge->payment);
}

/* The answer to a request whose idempotency key has been used before. */
static enum operation_outcome
replay(struct charge *charge, const struct payment *existing)
{
    if (!payment_same_request(&charge->payment, existing))
        return OPERATION_KEY_REUSED;
    if (existing->status == PAYMENT_PROCESSING && operation_is_at_work(existing->due_at))
        return OPERATION_IN_PROGRESS;
    charge->payment = *existing;
    return OPERATION_REPLAYED;
}

/* It is durable: now the processor may hear of it. */
static void
call(const struct workshop *workshop, struct charge *charge)
{
    memset(&charge->call, 0, sizeof charge->call);
    processor_job_init(&charge->call.job, PROCESSOR_CHARGE, charge->processor, &charge->payment,
                       NULL);
    charge->call.owner = charge->owner;
    charge->call.deadline = operation_call_deadline(workshop, charge->payment.due_at);
    charge->outcome = OPERATION_CALLS;
    caller_start(workshop->caller, &charge->call);
}

static void
take_kept(const struct workshop *workshop, struct charge *charge,
          const struct payment_insertion *insertion)
{
    charge->outcome = operation_outcome_of(insertion->result);
    if (charge->outcome == OPERATION_REPLAYED)
        charge->outcome = replay(charge, insertion->existing);
    else if (charge->outcome == OPERATION_DONE && charge->processor->type->has_effects)
        call(workshop, charge);
}

void
charge_run(const struct workshop *workshop, struct charge *const *charges, size_t count)
{
    struct payment_insertion insertions[OPERATION_GROUP_MAX];
    struct payment existing[OPERATION_GROUP_MAX];
    struct event events[OPERATION_GROUP_MAX];
    struct charge *members[OPERATION_GROUP_MAX];
    struct deadline deadline = {.at = INT64_MAX};
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct charge *charge = charges[i];
        const struct event *event = NULL;

        charge->outcome = OPERATION_WAITS;
        if (has_twin(insertions, size, &charge->payment))
            continue;
        charge->outcome = prepare(workshop, charge);
        if (charge->outcome == OPERATION_WAITS && !announce(charge, &events[size], &event))
            charge->outcome = OPERATION_FAILED;
        if (charge->outcome != OPERATION_WAITS)
            continue;
        members[size] = charge;
        insertions[size] = (struct payment_insertion){
            .payment = &charge->payment, .existing = &existing[size], .event = event};
        size++;
        deadline = deadline_earlier(deadline, charge->deadline);
    }
    if (size > 0)
        payment_store_insert(workshop->database, deadline, insertions, size);
    for (size_t i = 0; i < size; i++)
        take_kept(workshop, members[i], &insertions[i]);
}

void
charge_conclude(enum processor_result result, enum decline decline,
                struct payment_settlement *settlement)
{
    settlement->status = PAYMENT_PROCESSING;
    switch (result) {
    case PROCESSOR_SUCCEEDED:
        settlement->status = PAYMENT_SUCCEEDED;
        break;
    case PROCESSOR_DECLINED:
        settlement->status = PAYMENT_FAILED;
        settlement->decline = decline;
        break;
    case PROCESSOR_REFUSED:
    case PROCESSOR_NOT_SENT:
        settlement->status = PAYMENT_FAILED;
        settlement->decline = DECLINE_PROCESSING_ERROR;
        break;
    case PROCESSOR_PENDING:
    case PROCESSOR_UNKNOWN:
    case PROCESSOR_NOT_FOUND:
    case PROCESSOR_CLOSED:
    case PROCESSOR_KEY_USED:
    case PROCESSOR_TOO_LATE:
        break;
    }
}

int64_t
charge_action_ends_at(const struct workshop *workshop, const struct payment *payment)
{
    return payment->created_at + workshop->action_ms;
}

void
charge_await(const struct workshop *workshop, const struct processor_outcome *outcome,
             struct payment_settlement *settlement)
{
    const struct payment *payment = settlement->payment;
    int64_t now = clock_wall_ms();
    int64_t ends_at = charge_action_ends_at(workshop, payment);

    if (outcome->result != PROCESSOR_PENDING)
        return;
    settlement->action_url = outcome->action_url;
    if (!outcome->awaits_customer)
        return;
    settlement->look_at = attempt_next_look_at(payment->created_at, now);
    if (now < ends_at && ends_at < settlement->look_at)
        settlement->look_at = ends_at;
}

void
charge_settle(const struct workshop *workshop, struct charge *const *charges, size_t count)
{
    struct payment_settlement settlements[OPERATION_GROUP_MAX];
    struct attempt attempts[OPERATION_GROUP_MAX];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct payment_settlement *settlement = &settlements[size];
        const struct processor_outcome *outcome = &charges[i]->call.job.outcome;

        charges[i]->outcome = OPERATION_DONE;
        operation_tell(workshop, &charges[i]->call, "payment");
        *settlement = (struct payment_settlement){
            .payment = &charges[i]->payment,
            .reference = outcome->reference,
            .wish = charges[i]->wants_events ? EVENTS_WANTED : EVENTS_UNWANTED,
            .tells_processing = true,
            .attempts = &attempts[size],
            .attempt_count = caller_attempt(&charges[i]->call, &attempts[size]) ? 1 : 0,
        };
        charge_conclude(outcome->result, outcome->decline, settlement);
        charge_await(workshop, outcome, settlement);
        /* Its request is over: the key is answered with what the customer has to do. */
        if (outcome->result == PROCESSOR_PENDING && outcome->action_url[0] != '\0')
            settlement->due_at = clock_wall_ms();
        size++;
    }
    if (size > 0)
        settlement_of_payments(workshop->database, deadline_in_ms(workshop->request_ms),
                               settlements, size);
    /* One that could not be noted is answered as what is on record: it is still "processing", and
     * the reconciler will hear what came. */
}
