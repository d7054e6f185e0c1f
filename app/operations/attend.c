/*
 * Attend: do what a processor's notice asks for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/attend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/adoption_store.h"
#include "store/payment_store.h"
#include "store/refund_store.h"

static struct deadline
store_deadline(const struct workshop *workshop)
{
    return deadline_in_ms(workshop->request_ms);
}

bool
attend_claim(const struct workshop *workshop, struct attending attendings[ATTEND_MAX],
             size_t *count)
{
    struct notice notices[ATTEND_MAX];

    if (notice_store_claim(workshop->database, store_deadline(workshop), notices, count) !=
        STORE_OK)
        return false;
    for (size_t i = 0; i < *count; i++) {
        memset(&attendings[i], 0, sizeof attendings[i]);
        attendings[i].notice = notices[i];
    }
    return true;
}

/* Reads the payment with this id, if the notice can be about it. */
static enum store_result
find_payment(const struct workshop *workshop, struct attending *attending,
             const struct identifier *id)
{
    const struct notice *notice = &attending->notice;
    struct identifier merchant_id;
    enum mode mode;
    struct payment_search search = {
        .merchant_id = &merchant_id, .id = id, .payment = &attending->payment};
    enum store_result result = notice_store_find_owner(workshop->database, store_deadline(workshop),
                                                       false, id, &merchant_id, &mode);

    if (result != STORE_OK)
        return result;
    search.mode = mode;
    payment_store_find(workshop->database, store_deadline(workshop), &search, 1);
    if (search.result == STORE_OK &&
        (mode != notice->mode || strcmp(attending->payment.processor, notice->processor) != 0))
        return STORE_NOT_FOUND;
    attending->has_payment = search.result == STORE_OK;
    return search.result;
}

/* The same for a refund, and its payment. */
static enum store_result
find_refund(const struct workshop *workshop, struct attending *attending,
            const struct identifier *id)
{
    struct identifier merchant_id;
    enum mode mode;
    enum store_result result = notice_store_find_owner(workshop->database, store_deadline(workshop),
                                                       true, id, &merchant_id, &mode);

    if (result == STORE_OK)
        result = refund_store_find(workshop->database, store_deadline(workshop), &merchant_id, mode,
                                   id, &attending->refund);
    if (result == STORE_OK)
        result = find_payment(workshop, attending, &attending->refund.payment_id);
    return result;
}

/* What becomes of a notice whose record could not be read. */
static enum notice_state
end_without_record(enum store_result result)
{
    return result == STORE_NOT_FOUND ? NOTICE_UNKNOWN : NOTICE_OPEN;
}

static void
ask(const struct workshop *workshop, struct attending *attending, enum processor_task task,
    const struct processor *processor)
{
    struct call *call = &attending->call;

    memset(call, 0, sizeof *call);
    processor_job_init(&call->job, task, processor,
                       task != PROCESSOR_FIND_NOTICED ? &attending->payment : NULL, NULL);
    call->job.notice = &attending->notice;
    call->owner = attending;
    call->deadline = deadline_in_ms(workshop->call_ms);
    caller_start(workshop->caller, call);
}

/* False when there is nobody to be asked now: the notice stays open. */
static bool
begin_call(const struct workshop *workshop, struct attending *attending, enum processor_task task)
{
    const struct notice *notice = &attending->notice;
    const struct processor *processor =
        processor_named(workshop->processors, notice->processor, notice->mode);

    attending->end = NOTICE_OPEN;
    if (processor == NULL || !processor->type->has_effects ||
        !caller_may_try(workshop->caller, processor))
        return false;
    ask(workshop, attending, task, processor);
    return true;
}

/* Until the record is final, the notice stays: a look that began before it came may be what settles
 * the record, or another one. */
static bool
hint(const struct workshop *workshop, struct attending *attending, bool is_refund,
     const struct identifier *id)
{
    (void)!notice_store_hint(workshop->database, store_deadline(workshop), is_refund, id);
    attending->end = NOTICE_OPEN;
    return false;
}

/* True when the processor says that it has money which, as far as we know, it has not. */
static bool
is_unexpected(const struct attending *attending)
{
    const struct payment *payment = &attending->payment;

    return attending->notice.says == NOTICE_SAYS_SUCCEEDED &&
           (payment->status == PAYMENT_FAILED ||
            (payment->reference[0] != '\0' &&
             strcmp(payment->reference, attending->notice.reference) != 0));
}

static bool
begin_payment(const struct workshop *workshop, struct attending *attending)
{
    const struct identifier *id = &attending->notice.record_id;
    enum store_result result;

    attending->end = NOTICE_UNKNOWN;
    if (!attending->notice.has_record)
        return false;
    result = find_payment(workshop, attending, id);
    attending->end = NOTICE_DONE;
    if (result != STORE_OK)
        attending->end = end_without_record(result);
    else if (attending->payment.status == PAYMENT_PROCESSING)
        return hint(workshop, attending, false, id);
    else if (is_unexpected(attending)) {
        strcpy(attending->payment.reference, attending->notice.reference);
        return begin_call(workshop, attending, PROCESSOR_FIND_PAYMENT);
    }
    return false;
}

/* True when our record says what the notice does. */
static bool
is_noted(const struct attending *attending)
{
    switch (attending->refund.status) {
    case REFUND_SUCCEEDED:
        return attending->notice.says != NOTICE_SAYS_FAILED;
    case REFUND_FAILED:
        /* One that was made all the same is on record under its reference, as another one. */
        return attending->notice.says != NOTICE_SAYS_SUCCEEDED &&
               strcmp(attending->refund.reference, attending->notice.reference) == 0;
    case REFUND_PROCESSING:
        break;
    }
    return false;
}

static bool
begin_refund(const struct workshop *workshop, struct attending *attending)
{
    const struct identifier *id = &attending->notice.record_id;
    enum store_result result = STORE_NOT_FOUND;

    if (attending->notice.has_record)
        result = find_refund(workshop, attending, id);
    if (result == STORE_OK && attending->refund.status == REFUND_PROCESSING)
        return hint(workshop, attending, true, id);
    attending->end = NOTICE_DONE;
    if (result == STORE_OK && is_noted(attending))
        return false;
    attending->end = NOTICE_OPEN;
    if (result != STORE_OK && result != STORE_NOT_FOUND)
        return false;
    return begin_call(workshop, attending, PROCESSOR_FIND_NOTICED);
}

bool
attend_begin(const struct workshop *workshop, struct attending *attending)
{
    switch (attending->notice.subject) {
    case NOTICE_PAYMENT:
        return begin_payment(workshop, attending);
    case NOTICE_REFUND:
        return begin_refund(workshop, attending);
    case NOTICE_DISPUTE:
        return begin_call(workshop, attending, PROCESSOR_FIND_NOTICED);
    }
    return false;
}

static void __attribute__((format(printf, 4, 5)))
tell(const struct workshop *workshop, const struct attending *attending, enum log_level level,
     const char *format, ...)
{
    char id[IDENTIFIER_TEXT_SIZE] = "";
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    identifier_format(IDENTIFIER_PAYMENT, &attending->payment.id, id);
    log_write(workshop->log, level, "%s of [processor %s], %s: %s", id, attending->notice.processor,
              attending->notice.reference, text);
}

/* A charge that should not be. */
static enum notice_state
settle_charge(const struct workshop *workshop, const struct attending *attending)
{
    const struct processor_job *job = &attending->call.job;
    enum processor_result result = job->outcome.result;

    if (job->task == PROCESSOR_GIVE_BACK) {
        if (result == PROCESSOR_SUCCEEDED || result == PROCESSOR_PENDING)
            return NOTICE_DONE;
        tell(workshop, attending, LOG_LEVEL_ERROR, "it could not be given back: %s",
             job->outcome.detail);
        return NOTICE_OPEN;
    }
    if (result == PROCESSOR_SUCCEEDED)
        tell(workshop, attending, LOG_LEVEL_ERROR,
             "it is not the charge that is on record for this payment; look at both");
    return result == PROCESSOR_DECLINED ? NOTICE_DONE : NOTICE_OPEN;
}

/* What follows a write: nothing to be written ends the notice. */
static enum notice_state
end_of(struct attending *attending, enum store_result result)
{
    attending->has_written = result == STORE_OK;
    return result == STORE_EXISTS ? NOTICE_DONE : NOTICE_OPEN;
}

static enum notice_state
adopt(const struct workshop *workshop, struct attending *attending, const struct adoption *adoption)
{
    enum store_result result =
        adoption_store_refund(workshop->database, store_deadline(workshop), adoption);

    if (result == STORE_OK)
        tell(workshop, attending, LOG_LEVEL_NOTICE,
             "a refund that was made at the processor is on record now");
    else if (result == STORE_REFUSED)
        tell(workshop, attending, LOG_LEVEL_ERROR,
             "a refund that was made at the processor is more than what is left of the payment");
    return end_of(attending, result);
}

static enum notice_state
take_back(const struct workshop *workshop, struct attending *attending,
          const struct adoption *adoption)
{
    enum store_result result =
        adoption_store_return(workshop->database, store_deadline(workshop), adoption);

    if (result == STORE_OK)
        tell(workshop, attending, LOG_LEVEL_WARNING,
             "a refund came back: its amount is the payment's again");
    return result == STORE_NOT_FOUND ? NOTICE_DONE : end_of(attending, result);
}

static enum notice_state
settle_refund(const struct workshop *workshop, struct attending *attending)
{
    const struct processor_outcome *outcome = &attending->call.job.outcome;
    const struct payment *payment = &attending->payment;
    const struct adoption adoption = {
        .payment = payment,
        .reference = attending->notice.reference,
        .refund_id = outcome->seen.has_refund ? &outcome->seen.refund_id : NULL,
        .amount = outcome->seen.amount,
    };

    if (outcome->result == PROCESSOR_DECLINED)
        return take_back(workshop, attending, &adoption);
    if (outcome->result != PROCESSOR_SUCCEEDED)
        return NOTICE_OPEN;
    if (outcome->seen.currency == payment->currency && outcome->seen.amount > 0)
        return adopt(workshop, attending, &adoption);
    tell(workshop, attending, LOG_LEVEL_ERROR,
         "a refund that was made at the processor is in another currency, or of no amount");
    return NOTICE_OPEN;
}

static enum notice_state
settle_dispute(const struct workshop *workshop, struct attending *attending)
{
    bool stands = attending->call.job.outcome.result == PROCESSOR_SUCCEEDED;
    enum store_result result = adoption_store_dispute(workshop->database, store_deadline(workshop),
                                                      &attending->payment, stands);

    if (result == STORE_OK)
        tell(workshop, attending, LOG_LEVEL_WARNING, "it is %s",
             stands ? "disputed" : "not disputed any more");
    return end_of(attending, result);
}

/* A refund of a payment that failed here: what was charged all the same was given back, by us or in
 * the processor's pages. */
static enum notice_state
settle_giving_back(const struct workshop *workshop, const struct attending *attending)
{
    if (attending->call.job.outcome.result != PROCESSOR_DECLINED)
        return NOTICE_DONE;
    tell(workshop, attending, LOG_LEVEL_ERROR,
         "it failed here, and what was given back of its charge came back to the processor");
    return NOTICE_OPEN;
}

/* What the processor said of a refund or a dispute. */
static enum notice_state
settle_noticed(const struct workshop *workshop, struct attending *attending)
{
    const struct processor_outcome *outcome = &attending->call.job.outcome;
    const struct processor_seen *seen = &outcome->seen;
    enum store_result result;

    if (outcome->result != PROCESSOR_SUCCEEDED && outcome->result != PROCESSOR_DECLINED &&
        outcome->result != PROCESSOR_PENDING)
        return NOTICE_OPEN;
    if (!seen->has_payment)
        return NOTICE_UNKNOWN;
    result = find_payment(workshop, attending, &seen->payment_id);
    if (result != STORE_OK)
        return end_without_record(result);
    if (attending->payment.status == PAYMENT_PROCESSING) {
        (void)hint(workshop, attending, false, &seen->payment_id);
        return NOTICE_OPEN;
    }
    if (attending->payment.status == PAYMENT_FAILED && attending->notice.subject == NOTICE_REFUND)
        return settle_giving_back(workshop, attending);
    /* Somebody else's charge that only says that it is of this payment. */
    if (attending->payment.reference[0] != '\0' &&
        strcmp(attending->payment.reference, seen->parent) != 0)
        return NOTICE_UNKNOWN;
    return attending->notice.subject == NOTICE_DISPUTE ? settle_dispute(workshop, attending)
                                                       : settle_refund(workshop, attending);
}

/* A refund or a dispute: does what follows; true when it is looked at again. */
static bool
go_on_noticed(const struct workshop *workshop, struct attending *attending)
{
    attending->has_written = false;
    attending->end = settle_noticed(workshop, attending);
    if (!attending->has_written || attending->attempt_count >= ATTEND_LOOKS_MAX)
        return false;
    ask(workshop, attending, PROCESSOR_FIND_NOTICED, attending->call.job.processor);
    return true;
}

bool
attend_go_on(const struct workshop *workshop, struct attending *attending)
{
    const struct processor_job *job = &attending->call.job;

    if (attending->attempt_count < sizeof attending->attempts / sizeof attending->attempts[0] &&
        caller_attempt(&attending->call, &attending->attempts[attending->attempt_count]))
        attending->attempt_count++;
    if (job->task == PROCESSOR_FIND_NOTICED)
        return go_on_noticed(workshop, attending);
    if (job->task != PROCESSOR_FIND_PAYMENT || job->outcome.result != PROCESSOR_SUCCEEDED ||
        attending->payment.status != PAYMENT_FAILED)
        return false;
    tell(workshop, attending, LOG_LEVEL_ERROR,
         "it failed here and was charged there: it is given back");
    ask(workshop, attending, PROCESSOR_GIVE_BACK, job->processor);
    return true;
}

void
attend_settle(const struct workshop *workshop, struct attending *attending)
{
    struct notice_ending ending = {.notice = &attending->notice};

    ending.state = attending->end;
    if (attending->attempt_count > 0 && attending->call.job.task != PROCESSOR_FIND_NOTICED)
        ending.state = settle_charge(workshop, attending);
    if (attending->has_payment) {
        ending.attempts = attending->attempts;
        ending.attempt_count = attending->attempt_count;
        ending.record_id = &attending->payment.id;
    }
    (void)!notice_store_end(workshop->database, store_deadline(workshop), &ending);
}
