/*
 * Refund: give money of a payment back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/refund.h"

#include <string.h>

#include "store/payment_store.h"
#include "store/refund_store.h"

/* The refunds of a group, and what their payments are. */
struct group {
    struct refunding *members[OPERATION_GROUP_MAX];
    struct payment payments[OPERATION_GROUP_MAX];
    const struct processor *processors[OPERATION_GROUP_MAX];
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
               const struct payment *payment, const struct processor **processor)
{
    struct refund *refund = &refunding->refund;

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
    return identifier_new(refund->created_at, &refund->id) ? OPERATION_WAITS : OPERATION_FAILED;
}

static void
decide(struct refund *refund, const struct processor *processor)
{
    switch (processor->type->decide_refund(processor, refund)) {
    case REFUND_OUTCOME_SUCCEEDED:
        refund->status = REFUND_SUCCEEDED;
        break;
    case REFUND_OUTCOME_UNKNOWN:
        refund->status = REFUND_PROCESSING;
        break;
    }
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
                                              .payment = &group->payments[i]};
    }
    payment_store_find(workshop->database, group->deadline, searches, group->count);
    for (size_t i = 0; i < group->count; i++) {
        struct refunding *refunding = group->members[i];
        const struct processor *processor = NULL;

        if (searches[i].result != STORE_OK) {
            refunding->outcome = operation_outcome_of(searches[i].result);
            continue;
        }
        refunding->outcome = fit_to_payment(workshop, refunding, &group->payments[i], &processor);
        if (refunding->outcome != OPERATION_WAITS)
            continue;
        decide(&refunding->refund, processor);
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
    if (existing->status == REFUND_PROCESSING)
        return OPERATION_IN_PROGRESS;
    refunding->refund = *existing;
    refunding->refund.currency = currency; /* the same payment's */
    return OPERATION_REPLAYED;
}

static void
keep(const struct workshop *workshop, struct group *group)
{
    struct refund_insertion insertions[OPERATION_GROUP_MAX];
    struct refund existing[OPERATION_GROUP_MAX];

    for (size_t i = 0; i < group->count; i++)
        insertions[i] = (struct refund_insertion){.refund = &group->members[i]->refund,
                                                  .processor = group->processors[i]->name,
                                                  .existing = &existing[i]};
    refund_store_insert(workshop->database, group->deadline, insertions, group->count);
    for (size_t i = 0; i < group->count; i++) {
        struct refunding *refunding = group->members[i];

        refunding->outcome = operation_outcome_of(insertions[i].result);
        if (refunding->outcome == OPERATION_REPLAYED)
            refunding->outcome = replay(refunding, &existing[i]);
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
