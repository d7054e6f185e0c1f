/*
 * Charge: make a payment.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/charge.h"

#include <string.h>

#include "store/payment_store.h"

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

    strcpy(payment->processor, charge->processor->name);
    payment->decline = DECLINE_NONE;
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

/* The id is made before the first try to keep it. False without random bytes. */
static bool
prepare(struct charge *charge)
{
    charge->payment.created_at = clock_wall_ms();
    if (!identifier_new(charge->payment.created_at, &charge->payment.id))
        return false;
    decide(charge);
    return true;
}

/* The answer to a request whose idempotency key has been used before. */
static enum operation_outcome
replay(struct charge *charge, const struct payment *existing)
{
    if (!payment_same_request(&charge->payment, existing))
        return OPERATION_KEY_REUSED;
    if (existing->status == PAYMENT_PROCESSING)
        return OPERATION_IN_PROGRESS;
    charge->payment = *existing;
    return OPERATION_REPLAYED;
}

static void
settle(struct charge *charge, const struct payment_insertion *insertion)
{
    charge->outcome = operation_outcome_of(insertion->result);
    if (charge->outcome == OPERATION_REPLAYED)
        charge->outcome = replay(charge, insertion->existing);
}

void
charge_run(const struct workshop *workshop, struct charge *const *charges, size_t count)
{
    struct payment_insertion insertions[OPERATION_GROUP_MAX];
    struct payment existing[OPERATION_GROUP_MAX];
    struct charge *members[OPERATION_GROUP_MAX];
    struct deadline deadline = {.at = INT64_MAX};
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct charge *charge = charges[i];

        charge->outcome = OPERATION_WAITS;
        if (has_twin(insertions, size, &charge->payment))
            continue;
        if (!prepare(charge)) {
            charge->outcome = OPERATION_FAILED;
            continue;
        }
        members[size] = charge;
        insertions[size] =
            (struct payment_insertion){.payment = &charge->payment, .existing = &existing[size]};
        size++;
        deadline = deadline_earlier(deadline, charge->deadline);
    }
    if (size > 0)
        payment_store_insert(workshop->database, deadline, insertions, size);
    for (size_t i = 0; i < size; i++)
        settle(members[i], &insertions[i]);
}
