/*
 * Refund: give money of a payment back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/refund.h"

#include <string.h>

#include "store/payment_store.h"
#include "store/refund_store.h"
#include "store/settlement.h"

/* The refunds of a group, and what their payments are. */
struct group {
    struct refunding *members[OPERATION_GROUP_MAX];
    const struct processor *processors[OPERATION_GROUP_MAX];
    struct event events[OPERATION_GROUP_MAX]; /* of those that announces() is true for */
    size_t count;
    struct deadline deadline;
};

static bool
has_twin(const struct group *group, const struct refund *refund)
{
    for (size_t i = 0; i < group->count; i++) {
        if (refund_same_key(&group->members[i]->refund, refund))
            return true;
    }
    return false;
}

static void
collect(struct group *group, struct refunding *const *refundings, size_t count)
{
    group->count = 0;
    group->deadline = (struct deadline){.at = INT64_MAX};
    for (size_t i = 0; i < count; i++) {
        refundings[i]->outcome = OPERATION_WAITS;
        if (has_twin(group, &refundings[i]->refund))
            continue;
        group->members[group->count++] = refundings[i];
        group->deadline = deadline_earlier(group->deadline, refundings[i]->deadline);
    }
}

/* Sets what the payment decides: the currency and, by its decimals, the amount. */
static enum operation_outcome
fit_to_payment(const struct workshop *workshop, struct refunding *refunding,
               const struct processor **processor)
{
    const struct payment *payment = &refunding->payment;
    struct refund *refund = &refunding->refund;
    bool is_amount;

    *processor = processor_named(workshop->processors, payment->processor, payment->mode);
    if (*processor == NULL) {
        log_write(workshop->log, LOG_LEVEL_ERROR,
                  "a payment was made with processor %s, which is not configured",
                  payment->processor);
        return OPERATION_UNAVAILABLE;
    }
    refund->currency = payment->currency;
    if (money_from_decimal(&refunding->amount, payment->currency, &refund->amount) != MONEY_OK)
        return OPERATION_INVALID_AMOUNT;
    refund->created_at = clock_wall_ms();
    if ((*processor)->type->has_effects &&
        !(*processor)
             ->type->takes_amount(*processor, payment->currency, refund->amount, &is_amount))
        return OPERATION_INVALID_AMOUNT;
    if ((*processor)->type->has_effects && !caller_may_try(workshop->caller, *processor))
        return OPERATION_UNAVAILABLE;
    return identifier_new(refund->created_at, &refund->id) ? OPERATION_WAITS : OPERATION_FAILED;
}

static void
decide(const struct workshop *workshop, struct refund *refund, const struct processor *processor)
{
    if (processor->type->has_effects) {
        refund->status = REFUND_PROCESSING;
        refund->due_at = operation_due_at(workshop, refund->created_at);
        return;
    }
    switch (processor->type->decide_refund(processor, refund)) {
    case REFUND_OUTCOME_SUCCEEDED:
        refund->status = REFUND_SUCCEEDED;
        break;
    case REFUND_OUTCOME_UNKNOWN:
        refund->status = REFUND_PROCESSING;
        break;
    }
}

/* True when an event is kept with it: what a processor has to decide is told when it has. */
static bool
announces(const struct refunding *refunding)
{
    return refunding->wants_events && refunding->refund.status != REFUND_PROCESSING;
}

/* Finds the payments; those refunds stay in the group that can be kept. */
static void
look_up(const struct workshop *workshop, struct group *group)
{
    struct payment_search searches[OPERATION_GROUP_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < group->count; i++) {
        const struct refund *refund = &group->members[i]->refund;

        searches[i] = (struct payment_search){.merchant_id = &refund->merchant_id,
                                              .id = &refund->payment_id,
                                              .mode = refund->mode,
                                              .payment = &group->members[i]->payment};
    }
    payment_store_find(workshop->database, group->deadline, searches, group->count);
    for (size_t i = 0; i < group->count; i++) {
        struct refunding *refunding = group->members[i];
        const struct processor *processor = NULL;

        if (searches[i].result != STORE_OK) {
            refunding->outcome = operation_outcome_of(searches[i].result);
            continue;
        }
        refunding->outcome = fit_to_payment(workshop, refunding, &processor);
        if (refunding->outcome != OPERATION_WAITS)
            continue;
        decide(workshop, &refunding->refund, processor);
        if (announces(refunding) && !event_of_refund(&group->events[kept], &refunding->refund)) {
            refunding->outcome = OPERATION_FAILED;
            continue;
        }
        group->members[kept] = refunding;
        group->processors[kept] = processor;
        kept++;
    }
    group->count = kept;
}

/* The answer to a request whose idempotency key has been used before. */
static enum operation_outcome
replay(struct refunding *refunding, const struct refund *existing)
{
    const struct currency *currency = refunding->refund.currency;

    if (!refund_same_request(&refunding->refund, existing))
        return OPERATION_KEY_REUSED;
    if (existing->status == REFUND_PROCESSING && operation_is_at_work(existing->due_at))
        return OPERATION_IN_PROGRESS;
    refunding->refund = *existing;
    refunding->refund.currency = currency; /* the same payment's */
    return OPERATION_REPLAYED;
}

/* It is durable: now the processor may hear of it. */
static void
call(const struct workshop *workshop, struct refunding *refunding,
     const struct processor *processor)
{
    memset(&refunding->call, 0, sizeof refunding->call);
    processor_job_init(&refunding->call.job, PROCESSOR_REFUND, processor, &refunding->payment,
                       &refunding->refund);
    refunding->call.owner = refunding->owner;
    refunding->call.deadline = operation_call_deadline(workshop, refunding->refund.due_at);
    refunding->outcome = OPERATION_CALLS;
    caller_start(workshop->caller, &refunding->call);
}

static void
keep(const struct workshop *workshop, struct group *group)
{
    struct refund_insertion insertions[OPERATION_GROUP_MAX];
    struct refund existing[OPERATION_GROUP_MAX];

    for (size_t i = 0; i < group->count; i++)
        insertions[i] = (struct refund_insertion){
            .refund = &group->members[i]->refund,
            .processor = group->processors[i]->name,
            .existing = &existing[i],
            .event = announces(group->members[i]) ? &group->events[i] : NULL};
    refund_store_insert(workshop->database, group->deadline, insertions, group->count);
    for (size_t i = 0; i < group->count; i++) {
        struct refunding *refunding = group->members[i];

        refunding->outcome = operation_outcome_of(insertions[i].result);
        if (refunding->outcome == OPERATION_REPLAYED)
            refunding->outcome = replay(refunding, &existing[i]);
        else if (refunding->outcome == OPERATION_DONE && group->processors[i]->type->has_effects)
            call(workshop, refunding, group->processors[i]);
    }
}

void
refund_run(const struct workshop *workshop, struct refunding *const *refundings, size_t count)
{
    struct group group;

    collect(&group, refundings, count);
    if (group.count > 0)
        look_up(workshop, &group);
    if (group.count > 0)
        keep(workshop, &group);
}

enum refund_status
refund_conclude(enum processor_result result)
{
    switch (result) {
    case PROCESSOR_SUCCEEDED:
        return REFUND_SUCCEEDED;
    case PROCESSOR_DECLINED:
    case PROCESSOR_REFUSED:
    case PROCESSOR_NOT_SENT:
        return REFUND_FAILED;
    case PROCESSOR_PENDING:
    case PROCESSOR_UNKNOWN:
    case PROCESSOR_NOT_FOUND:
    case PROCESSOR_CLOSED:
    case PROCESSOR_KEY_USED:
    case PROCESSOR_TOO_LATE:
        break;
    }
    return REFUND_PROCESSING;
}

void
refund_settle(const struct workshop *workshop, struct refunding *const *refundings, size_t count)
{
    struct refund_settlement settlements[OPERATION_GROUP_MAX];
    struct attempt attempts[OPERATION_GROUP_MAX];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct refund_settlement *settlement = &settlements[size];
        const struct processor_outcome *outcome = &refundings[i]->call.job.outcome;

        refundings[i]->outcome = OPERATION_DONE;
        operation_tell(workshop, &refundings[i]->call, "refund");
        *settlement = (struct refund_settlement){
            .refund = &refundings[i]->refund,
            .status = refund_conclude(outcome->result),
            .reference = outcome->reference,
            .wish = refundings[i]->wants_events ? EVENTS_WANTED : EVENTS_UNWANTED,
            .attempts = &attempts[size],
            .attempt_count = caller_attempt(&refundings[i]->call, &attempts[size]) ? 1 : 0,
        };
        size++;
    }
    if (size > 0)
        settlement_of_refunds(workshop->database, deadline_in_ms(workshop->request_ms), settlements,
                              size);
}
