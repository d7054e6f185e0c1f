/*
 * The steps of Stripe's jobs: what follows an answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/stripe_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "processor/stripe_amount.h"
#include "processor/stripe_list.h"
#include "processor/stripe_noticed.h"

#define PAUSE_MS 500          /* before a request is sent again, when nobody says how long */
#define PAUSE_SECONDS_MAX 600 /* more than any caller waits */
#define PAGES_MAX 2000U       /* of a list, in one job */

bool
stripe_is_intent(const struct payment *payment)
{
    return strncmp(payment->source, "pm_", 3) == 0;
}

bool
stripe_is_intent_reference(const char *reference)
{
    return strncmp(reference, "pi_", 3) == 0;
}

bool
stripe_job_is_refund(const struct processor_job *job)
{
    return job->task == PROCESSOR_REFUND || job->task == PROCESSOR_FIND_REFUND ||
           job->task == PROCESSOR_CLOSE_REFUND;
}

void
stripe_job_id(const struct processor_job *job, char id[IDENTIFIER_TEXT_SIZE])
{
    if (stripe_job_is_refund(job))
        identifier_format(IDENTIFIER_REFUND, &job->refund->id, id);
    else
        identifier_format(IDENTIFIER_PAYMENT, &job->payment->id, id);
}

/* What the job's object has to be. False when its amount is none that Stripe could have taken. */
static bool
expect(const struct processor_job *job, struct stripe_expected *expected)
{
    const struct payment *payment = job->payment;
    const char *reference = payment->reference;
    bool is_intent =
        reference[0] != '\0' ? stripe_is_intent_reference(reference) : stripe_is_intent(payment);

    *expected = (struct stripe_expected){
        .object = is_intent ? "payment_intent" : "charge",
        .id_name = "payment_id",
    };
    if (stripe_job_is_refund(job)) {
        expected->parent_name = expected->object;
        expected->parent = reference;
        expected->object = "refund";
        expected->id_name = "refund_id";
    }
    stripe_job_id(job, expected->id);
    for (size_t i = 0; i < 3; i++)
        expected->currency[i] = (char)(payment->currency->code[i] | 0x20);
    return stripe_amount_from_minor(
               payment->currency, stripe_job_is_refund(job) ? job->refund->amount : payment->amount,
               &expected->amount) == STRIPE_AMOUNT_OK;
}

/* How long Retry-After (RFC 9110 section 10.2.3) says; a date is not read, since no clock is here.
 */
static int64_t
read_pause(const char *retry_after)
{
    size_t length = strspn(retry_after, "0123456789");
    int64_t seconds = 0;

    if (length == 0 || length > 9 || retry_after[length] != '\0')
        return PAUSE_MS;
    seconds = strtol(retry_after, NULL, 10);
    if (seconds > PAUSE_SECONDS_MAX)
        seconds = PAUSE_SECONDS_MAX;
    return seconds > 0 ? seconds * 1000 : PAUSE_MS;
}

/* True when the request may, or should, be sent once more as it is. */
static bool
is_to_be_repeated(const struct processor_answer *answer)
{
    if (answer->kind != PROCESSOR_ANSWER_WHOLE)
        return answer->kind == PROCESSOR_ANSWER_NOT_SENT;
    if (answer->status == 200 || strcmp(answer->should_retry, "false") == 0)
        return false;
    return strcmp(answer->should_retry, "true") == 0 || answer->status == 409 ||
           answer->status == 429;
}

static enum processor_progress
end_or_repeat(const struct processor_answer *answer, int64_t *pause_ms)
{
    if (!is_to_be_repeated(answer))
        return PROCESSOR_ENDED;
    *pause_ms = answer->kind == PROCESSOR_ANSWER_WHOLE ? read_pause(answer->retry_after) : PAUSE_MS;
    return PROCESSOR_SEND_AGAIN;
}

/* The outcome of an answer that never came whole. */
static void
set_no_answer(const struct processor_answer *answer, bool in_doubt,
              struct processor_outcome *outcome)
{
    if (answer->kind == PROCESSOR_ANSWER_NOT_SENT && !in_doubt)
        stripe_outcome_set(outcome, PROCESSOR_NOT_SENT, "not sent");
    else
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "no answer");
}

/* A charge, a refund, or a look-up by Stripe's own id. */
static enum processor_progress
answer_object(struct processor_job *job, const struct processor_answer *answer, const json_t *body,
              int64_t *pause_ms)
{
    bool looks = job->task == PROCESSOR_FIND_PAYMENT || job->task == PROCESSOR_FIND_REFUND;
    struct processor_outcome *outcome = &job->outcome;
    struct stripe_expected expected;

    if (!expect(job, &expected)) {
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "an amount that was never taken");
        return PROCESSOR_ENDED;
    }
    if (answer->status == 200 && body != NULL)
        stripe_object_outcome(body, &expected, outcome);
    else if (answer->status == 200)
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "an answer that is no JSON object");
    else
        stripe_error_outcome(answer->status, body, &expected,
                             looks || (job->step & STRIPE_IN_DOUBT) != 0, outcome);
    /* 429 says that this one was not carried out. */
    if (outcome->result == PROCESSOR_UNKNOWN && answer->status != 429)
        job->step |= STRIPE_IN_DOUBT;
    return end_or_repeat(answer, pause_ms);
}

/* One page of a list: the object of ours in it, or whether and where to read on. */
static enum processor_progress
read_page(struct processor_job *job, const json_t *body, const struct stripe_expected *expected)
{
    const json_t *data = json_object_get(body, "data");
    const json_t *has_more = json_object_get(body, "has_more");
    size_t count = json_array_size(data);
    const char *last = "";

    if (strcmp(stripe_object_text(body, "object"), "list") != 0 || !json_is_array(data) ||
        !json_is_boolean(has_more)) {
        stripe_outcome_set(&job->outcome, PROCESSOR_UNKNOWN, "an answer that is no list");
        return PROCESSOR_ENDED;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(data, i);

        last = stripe_object_text(object, "id");
        if (stripe_object_has_id(object, expected->id_name, expected->id)) {
            stripe_object_outcome(object, expected, &job->outcome);
            return PROCESSOR_ENDED;
        }
    }
    job->step++;
    if (json_is_true(has_more)) {
        if (!stripe_is_reference(last) || strcmp(last, job->cursor) == 0 ||
            (job->step & STRIPE_PAGES) >= PAGES_MAX) {
            stripe_outcome_set(&job->outcome, PROCESSOR_UNKNOWN, "a list that does not end");
            return PROCESSOR_ENDED;
        }
        snprintf(job->cursor, sizeof job->cursor, "%s", last);
        return PROCESSOR_NEXT;
    }
    job->cursor[0] = '\0';
    if (job->task == PROCESSOR_FIND_PAYMENT && (job->step & STRIPE_LATE) == 0) {
        job->step |= STRIPE_LATE;
        return PROCESSOR_NEXT;
    }
    stripe_outcome_set(&job->outcome, PROCESSOR_NOT_FOUND, "in no list");
    return PROCESSOR_ENDED;
}

static enum processor_progress
answer_list(struct processor_job *job, const struct processor_answer *answer, const json_t *body,
            int64_t *pause_ms)
{
    struct stripe_expected expected;

    if (!expect(job, &expected)) {
        stripe_outcome_set(&job->outcome, PROCESSOR_UNKNOWN, "an amount that was never taken");
        return PROCESSOR_ENDED;
    }
    if (answer->status == 200)
        return read_page(job, body, &expected);
    stripe_error_outcome(answer->status, body, &expected, true, &job->outcome);
    return end_or_repeat(answer, pause_ms);
}

/*
 * The fence. It stands once the payment intent was made under the record's key: a key serves one
 * path and one set of parameters. That it is cancelled then only keeps the account tidy: without a
 * payment method, and unconfirmed, it moves nothing.
 */
static enum processor_progress
answer_fence(struct processor_job *job, const struct processor_answer *answer, const json_t *body,
             int64_t *pause_ms)
{
    const char *reference = stripe_object_text(body, "id");
    struct stripe_expected expected;

    if (job->step > 0)
        return end_or_repeat(answer, pause_ms);
    (void)expect(job, &expected);
    if (answer->status == 200 && stripe_object_has_id(body, expected.id_name, expected.id)) {
        stripe_outcome_set(&job->outcome, PROCESSOR_KEY_USED, "the record itself came back");
        return PROCESSOR_ENDED;
    }
    if (answer->status == 409 || stripe_error_is_key_used(answer->status, body)) {
        stripe_outcome_set(&job->outcome, PROCESSOR_KEY_USED, "the key is used");
        return PROCESSOR_ENDED;
    }
    if (answer->status != 200) {
        stripe_error_outcome(answer->status, body, &expected, true, &job->outcome);
        return end_or_repeat(answer, pause_ms);
    }
    if (strcmp(stripe_object_text(body, "object"), "payment_intent") != 0 ||
        !stripe_object_has_id(body, "closed", expected.id) || !stripe_is_reference(reference)) {
        stripe_outcome_set(&job->outcome, PROCESSOR_UNKNOWN, "an answer of something else");
        return PROCESSOR_ENDED;
    }
    stripe_outcome_set(&job->outcome, PROCESSOR_CLOSED, "the key is used up by %s", reference);
    snprintf(job->cursor, sizeof job->cursor, "%s", reference);
    job->step = 1;
    return PROCESSOR_NEXT;
}

/*
 * The customer can finish it no more once Stripe says that it is cancelled, and by nothing less.
 * What was cancelled or has ended before is refused: a look shows which.
 */
static enum processor_progress
answer_cancel(struct processor_job *job, const struct processor_answer *answer, const json_t *body,
              int64_t *pause_ms)
{
    const char *code = stripe_object_text(json_object_get(body, "error"), "code");
    struct processor_outcome *outcome = &job->outcome;
    struct stripe_expected expected;

    if (!expect(job, &expected)) {
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "an amount that was never taken");
        return PROCESSOR_ENDED;
    }
    if (answer->status == 200) {
        stripe_object_outcome(body, &expected, outcome);
        if (outcome->result != PROCESSOR_DECLINED ||
            strcmp(stripe_object_text(body, "status"), "canceled") != 0)
            stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "an answer that is no cancellation");
        return PROCESSOR_ENDED;
    }
    if (answer->status == 400 && strcmp(code, "payment_intent_unexpected_state") == 0) {
        stripe_outcome_set(outcome, PROCESSOR_TOO_LATE, "it cannot be cancelled");
        return PROCESSOR_ENDED;
    }
    stripe_error_outcome(answer->status, body, &expected, true, outcome);
    return end_or_repeat(answer, pause_ms);
}

/* The account, then the balance, which says the mode. */
static enum processor_progress
answer_check(struct processor_job *job, const struct processor_answer *answer, const json_t *body,
             int64_t *pause_ms)
{
    static const struct stripe_expected nothing = {.object = "", .id_name = ""};
    const json_t *live = json_object_get(body, "livemode");
    char currency[STRIPE_WORD_SIZE];
    enum mode mode;

    if (answer->status != 200) {
        stripe_error_outcome(answer->status, body, &nothing, false, &job->outcome);
        return end_or_repeat(answer, pause_ms);
    }
    if (strcmp(stripe_object_text(body, "object"), job->step == 0 ? "account" : "balance") != 0) {
        stripe_outcome_set(&job->outcome, PROCESSOR_UNKNOWN, "an answer of something else");
        return PROCESSOR_ENDED;
    }
    if (job->step == 0) {
        if (json_is_false(json_object_get(body, "charges_enabled"))) {
            stripe_outcome_set(&job->outcome, PROCESSOR_REFUSED, "the account cannot charge yet");
            return PROCESSOR_ENDED;
        }
        stripe_object_word(body, "default_currency", currency);
        snprintf(job->cursor, sizeof job->cursor, "%s", currency[0] != '\0' ? currency : "unknown");
        job->step = 1;
        return PROCESSOR_NEXT;
    }
    if (!json_is_boolean(live)) {
        stripe_outcome_set(&job->outcome, PROCESSOR_UNKNOWN, "an answer without a mode");
        return PROCESSOR_ENDED;
    }
    mode = json_is_true(live) ? MODE_LIVE : MODE_TEST;
    stripe_outcome_set(&job->outcome,
                       mode == job->processor->mode ? PROCESSOR_SUCCEEDED : PROCESSOR_REFUSED,
                       "%s mode, default currency %s", mode_name(mode), job->cursor);
    return PROCESSOR_ENDED;
}

static enum processor_progress
answer_whole(struct processor_job *job, const struct processor_answer *answer, const json_t *body,
             int64_t *pause_ms)
{
    switch (job->task) {
    case PROCESSOR_CHARGE:
    case PROCESSOR_REFUND:
        return answer_object(job, answer, body, pause_ms);
    case PROCESSOR_FIND_PAYMENT:
        return job->payment->reference[0] != '\0' ? answer_object(job, answer, body, pause_ms)
                                                  : answer_list(job, answer, body, pause_ms);
    case PROCESSOR_FIND_REFUND:
        return job->refund->reference[0] != '\0' ? answer_object(job, answer, body, pause_ms)
                                                 : answer_list(job, answer, body, pause_ms);
    case PROCESSOR_CLOSE_PAYMENT:
    case PROCESSOR_CLOSE_REFUND:
        return answer_fence(job, answer, body, pause_ms);
    case PROCESSOR_CANCEL_PAYMENT:
        return answer_cancel(job, answer, body, pause_ms);
    case PROCESSOR_FIND_NOTICED:
        stripe_noticed_outcome(job->notice, answer->status, body, &job->outcome);
        return end_or_repeat(answer, pause_ms);
    case PROCESSOR_GIVE_BACK:
        stripe_give_back_outcome(job->payment, answer->status, body, &job->outcome);
        return end_or_repeat(answer, pause_ms);
    case PROCESSOR_LIST:
        stripe_list_outcome(job->listing, answer->status, body, &job->outcome);
        return end_or_repeat(answer, pause_ms);
    case PROCESSOR_CHECK:
        return answer_check(job, answer, body, pause_ms);
    }
    return PROCESSOR_ENDED;
}

enum processor_progress
stripe_answer(struct processor_job *job, const struct processor_answer *answer, int64_t *pause_ms)
{
    bool closes = job->task == PROCESSOR_CLOSE_PAYMENT || job->task == PROCESSOR_CLOSE_REFUND;
    enum processor_progress progress = PROCESSOR_ENDED;
    json_t *body = NULL;

    *pause_ms = 0;
    if (answer->was_repeated && (job->task == PROCESSOR_CHARGE || job->task == PROCESSOR_REFUND))
        job->step |= STRIPE_IN_DOUBT;
    if (answer->kind != PROCESSOR_ANSWER_WHOLE) {
        /* A fence that stands goes on standing. */
        if (!closes || job->step == 0)
            set_no_answer(answer, (job->step & STRIPE_IN_DOUBT) != 0, &job->outcome);
        return end_or_repeat(answer, pause_ms);
    }
    body = stripe_object_parse(answer);
    progress = answer_whole(job, answer, body, pause_ms);
    json_decref(body);
    return progress;
}
