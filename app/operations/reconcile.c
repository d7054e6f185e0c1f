/*
 * Reconcile: find out what became of a payment or refund that stays "processing".
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/reconcile.h"

#include <string.h>

#include "operations/charge.h"
#include "operations/refund.h"
#include "store/due_store.h"
#include "store/payment_store.h"
#include "store/settlement.h"

_Static_assert(RECONCILE_MAX >= 2 * DUE_MAX, "a claim has room for payments and refunds");

static struct deadline
store_deadline(const struct workshop *workshop)
{
    return deadline_in_ms(workshop->request_ms);
}

/* The payments of refunds that were claimed; a refund whose payment cannot be read is left out. */
static size_t
find_payments(const struct workshop *workshop, struct reconciling *reconcilings,
              const struct refund *refunds, size_t count)
{
    struct payment_search searches[DUE_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        memset(&reconcilings[i], 0, sizeof reconcilings[i]);
        reconcilings[i].refund = refunds[i];
        searches[i] = (struct payment_search){.merchant_id = &refunds[i].merchant_id,
                                              .id = &refunds[i].payment_id,
                                              .mode = refunds[i].mode,
                                              .payment = &reconcilings[i].payment};
    }
    if (count > 0)
        payment_store_find(workshop->database, store_deadline(workshop), searches, count);
    for (size_t i = 0; i < count; i++) {
        if (searches[i].result != STORE_OK)
            continue;
        if (kept != i)
            reconcilings[kept] = reconcilings[i];
        reconcilings[kept].is_refund = true;
        reconcilings[kept].refund.currency = reconcilings[kept].payment.currency;
        kept++;
    }
    return kept;
}

bool
reconcile_claim(const struct workshop *workshop, struct reconciling reconcilings[RECONCILE_MAX],
                size_t *count)
{
    struct payment payments[DUE_MAX];
    struct refund refunds[DUE_MAX];
    size_t size;

    *count = 0;
    if (due_store_claim_payments(workshop->database, store_deadline(workshop), payments, &size) !=
        STORE_OK)
        return false;
    for (size_t i = 0; i < size; i++) {
        memset(&reconcilings[i], 0, sizeof reconcilings[i]);
        reconcilings[i].payment = payments[i];
    }
    *count = size;
    if (due_store_claim_refunds(workshop->database, store_deadline(workshop), refunds, &size) !=
        STORE_OK)
        return false;
    *count += find_payments(workshop, reconcilings + *count, refunds, size);
    return true;
}

static void
ask(const struct workshop *workshop, struct reconciling *reconciling, enum processor_task task)
{
    const struct processor *processor = processor_named(
        workshop->processors, reconciling->payment.processor, reconciling->payment.mode);
    struct call *call = &reconciling->call;

    memset(call, 0, sizeof *call);
    processor_job_init(&call->job, task, processor, &reconciling->payment,
                       reconciling->is_refund ? &reconciling->refund : NULL);
    call->owner = reconciling->owner;
    call->deadline = deadline_in_ms(workshop->call_ms);
    caller_start(workshop->caller, call);
}

static void
find(const struct workshop *workshop, struct reconciling *reconciling)
{
    ask(workshop, reconciling,
        reconciling->is_refund ? PROCESSOR_FIND_REFUND : PROCESSOR_FIND_PAYMENT);
}

bool
reconcile_begin(const struct workshop *workshop, struct reconciling *reconciling, void *owner)
{
    const struct payment *payment = &reconciling->payment;
    const struct processor *processor =
        processor_named(workshop->processors, payment->processor, payment->mode);

    if (processor == NULL || !processor->type->has_effects) {
        log_write(workshop->log, LOG_LEVEL_ERROR,
                  "a payment or refund stays processing: its processor %s is not configured",
                  payment->processor);
        return false;
    }
    if (!caller_may_try(workshop->caller, processor))
        return false;
    reconciling->owner = owner;
    find(workshop, reconciling);
    return true;
}

/* The fence holds only while the processor remembers the key. */
static bool
can_close(const struct reconciling *reconciling)
{
    const struct processor *processor = reconciling->call.job.processor;
    int64_t created_at =
        reconciling->is_refund ? reconciling->refund.created_at : reconciling->payment.created_at;

    return clock_wall_ms() - created_at < processor->type->key_lifetime_ms;
}

static void
note_attempt(struct reconciling *reconciling)
{
    size_t most = sizeof reconciling->attempts / sizeof reconciling->attempts[0];

    if (reconciling->attempt_count < most &&
        caller_attempt(&reconciling->call, &reconciling->attempts[reconciling->attempt_count]))
        reconciling->attempt_count++;
}

/* True when the customer could pay what is to be over: only a payment that was made with return_url
 * was shown to one. */
static bool
is_open(const struct reconciling *reconciling)
{
    const struct processor_outcome *outcome = &reconciling->call.job.outcome;

    return outcome->result == PROCESSOR_DECLINED && outcome->is_open &&
           reconciling->payment.return_url[0] != '\0';
}

static bool
is_to_be_cancelled(const struct workshop *workshop, const struct reconciling *reconciling)
{
    const struct processor_job *job = &reconciling->call.job;

    if (job->task != PROCESSOR_FIND_PAYMENT || reconciling->was_cancelled)
        return false;
    return is_open(reconciling) ||
           (job->outcome.result == PROCESSOR_PENDING && job->outcome.awaits_customer &&
            clock_wall_ms() >= charge_action_ends_at(workshop, &reconciling->payment));
}

static void
cancel(const struct workshop *workshop, struct reconciling *reconciling)
{
    const struct processor_outcome *outcome = &reconciling->call.job.outcome;

    reconciling->was_cancelled = true;
    reconciling->decline = outcome->decline;
    memcpy(reconciling->payment.reference, outcome->reference, sizeof outcome->reference);
    ask(workshop, reconciling, PROCESSOR_CANCEL_PAYMENT);
}

bool
reconcile_go_on(const struct workshop *workshop, struct reconciling *reconciling)
{
    enum processor_result result = reconciling->call.job.outcome.result;

    note_attempt(reconciling);
    if (is_to_be_cancelled(workshop, reconciling)) {
        cancel(workshop, reconciling);
        return true;
    }
    if (result == PROCESSOR_TOO_LATE) {
        find(workshop, reconciling);
        return true;
    }
    if (result == PROCESSOR_NOT_FOUND && !reconciling->is_closed && can_close(reconciling)) {
        ask(workshop, reconciling,
            reconciling->is_refund ? PROCESSOR_CLOSE_REFUND : PROCESSOR_CLOSE_PAYMENT);
        return true;
    }
    if (result == PROCESSOR_CLOSED) {
        reconciling->is_closed = true;
        find(workshop, reconciling);
        return true;
    }
    return false;
}

/* What the look-up, or a cancellation, proves. A fence, or an answer that is none, proves nothing;
 * nor does a decline behind which the customer can try once more. */
static enum processor_result
conclusion(const struct reconciling *reconciling)
{
    const struct processor_job *job = &reconciling->call.job;

    if (job->task == PROCESSOR_CANCEL_PAYMENT)
        return job->outcome.result == PROCESSOR_DECLINED ? PROCESSOR_DECLINED : PROCESSOR_UNKNOWN;
    if ((job->task != PROCESSOR_FIND_PAYMENT && job->task != PROCESSOR_FIND_REFUND) ||
        is_open(reconciling))
        return PROCESSOR_UNKNOWN;
    switch (job->outcome.result) {
    case PROCESSOR_SUCCEEDED:
    case PROCESSOR_DECLINED:
    case PROCESSOR_PENDING:
        return job->outcome.result;
    case PROCESSOR_NOT_FOUND:
        return reconciling->is_closed ? PROCESSOR_REFUSED : PROCESSOR_UNKNOWN;
    case PROCESSOR_REFUSED:
    case PROCESSOR_NOT_SENT:
    case PROCESSOR_UNKNOWN:
    case PROCESSOR_CLOSED:
    case PROCESSOR_KEY_USED:
    case PROCESSOR_TOO_LATE:
        break;
    }
    return PROCESSOR_UNKNOWN;
}

static void
settle_payments(const struct workshop *workshop, struct reconciling *const *reconcilings,
                size_t count)
{
    struct payment_settlement settlements[RECONCILE_MAX];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct reconciling *reconciling = reconcilings[i];
        struct payment_settlement *settlement = &settlements[size];
        const struct processor_outcome *outcome = &reconciling->call.job.outcome;

        if (reconciling->is_refund)
            continue;
        *settlement = (struct payment_settlement){
            .payment = &reconciling->payment,
            /* A cancellation that came to nothing tells none. */
            .reference =
                outcome->reference[0] != '\0' ? outcome->reference : reconciling->payment.reference,
            .attempts = reconciling->attempts,
            .attempt_count = reconciling->attempt_count,
        };
        charge_conclude(conclusion(reconciling),
                        reconciling->decline != DECLINE_NONE ? reconciling->decline
                                                             : outcome->decline,
                        settlement);
        charge_await(workshop, outcome, settlement);
        size++;
    }
    if (size > 0)
        settlement_of_payments(workshop->database, store_deadline(workshop), settlements, size);
}

static void
settle_refunds(const struct workshop *workshop, struct reconciling *const *reconcilings,
               size_t count)
{
    struct refund_settlement settlements[RECONCILE_MAX];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct reconciling *reconciling = reconcilings[i];

        if (!reconciling->is_refund)
            continue;
        settlements[size++] = (struct refund_settlement){
            .refund = &reconciling->refund,
            .status = refund_conclude(conclusion(reconciling)),
            .reference = reconciling->call.job.outcome.reference,
            .attempts = reconciling->attempts,
            .attempt_count = reconciling->attempt_count,
        };
    }
    if (size > 0)
        settlement_of_refunds(workshop->database, store_deadline(workshop), settlements, size);
}

void
reconcile_settle(const struct workshop *workshop, struct reconciling *const *reconcilings,
                 size_t count)
{
    settle_payments(workshop, reconcilings, count);
    settle_refunds(workshop, reconcilings, count);
}
