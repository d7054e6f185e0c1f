/*
 * Stripe: the requests of each job.
 *
 * Source: https://docs.stripe.com/api. A tok_... is charged by POST /v1/charges, whose parameters
 * are those of a payment here, one by one; a pm_... by a payment intent that is confirmed at once.
 * Every request that moves money, or keeps money from moving by a key, has the record's id as its
 * Idempotency-Key, but for what gives a charge back.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "processor/processor.h"
#include "processor/stripe_amount.h"
#include "processor/stripe_answer.h"
#include "processor/stripe_event.h"
#include "processor/stripe_form.h"
#include "processor/stripe_list.h"
#include "processor/stripe_noticed.h"

/* The version that this was written for, and that every answer is then in. */
#define API_VERSION "2024-04-10"

/* Stripe keeps a key for at least 24 h. */
#define KEY_LIFETIME_MS (INT64_C(23) * 3600 * 1000)

/* When a payment that is looked for was made, in seconds from created_at of the record: clocks may
 * differ, and a call may be late. Nearly all are in the first window. */
#define WINDOW_BEFORE (-5 * 60)
#define WINDOW_SOON 3600
#define WINDOW_LATE (24 * 3600)

/* Objects of one page. Stripe gives 100; so many can be too long for an answer (outbound.h). */
#define PAGE "25"

/* True for a prefix with ASCII letters, digits and '_' behind it. */
static bool
is_token(const char *source, const char *prefix)
{
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    size_t length = strlen(prefix);

    return strncmp(source, prefix, length) == 0 && source[length] != '\0' &&
           source[strspn(source, characters)] == '\0';
}

static bool
knows_source(const struct processor *processor, const char *source)
{
    (void)processor;
    return is_token(source, "tok_") || is_token(source, "pm_");
}

static bool
takes_amount(const struct processor *processor, const struct currency *currency, int64_t amount,
             bool *is_amount)
{
    int64_t converted = 0;
    enum stripe_amount_status status = stripe_amount_from_minor(currency, amount, &converted);

    (void)processor;
    *is_amount = status != STRIPE_CURRENCY_REFUSED;
    return status == STRIPE_AMOUNT_OK;
}

/* Adds a header line behind those that are there; false when it does not fit. */
static bool __attribute__((format(printf, 2, 3)))
add_header(struct processor_request *request, const char *format, ...)
{
    for (size_t i = 0; i < PROCESSOR_HEADERS_MAX; i++) {
        va_list arguments;
        int length = 0;

        if (request->headers[i][0] != '\0')
            continue;
        va_start(arguments, format);
        length = vsnprintf(request->headers[i], PROCESSOR_HEADER_SIZE, format, arguments);
        va_end(arguments);
        return length > 0 && length < PROCESSOR_HEADER_SIZE;
    }
    return false;
}

/* A secret that would end its header line, or that is of the other mode, is never sent. */
static const char *
secret_fault(const struct processor *processor)
{
    const char *secret = processor->secret != NULL ? processor->secret : "";
    const char *kind = processor->mode == MODE_LIVE ? "k_test_" : "k_live_";

    for (const char *c = secret; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~')
            return "the secret key has characters that no key has";
    }
    if (secret[0] == '\0')
        return "there is no secret key";
    if (strncmp(secret + 1, kind, strlen(kind)) == 0)
        return "the secret key is of the other mode";
    return NULL;
}

/* Ends the job before anything was sent. */
static bool
refuse(struct processor_job *job, const char *why)
{
    bool moves = job->task == PROCESSOR_CHARGE || job->task == PROCESSOR_REFUND ||
                 job->task == PROCESSOR_CHECK;
    bool in_doubt = (job->step & STRIPE_IN_DOUBT) != 0;

    stripe_outcome_set(&job->outcome, moves && !in_doubt ? PROCESSOR_REFUSED : PROCESSOR_UNKNOWN,
                       "%s", why);
    return false;
}

static void
begin_post(struct processor_request *request, struct stripe_form *form, const char *path)
{
    request->is_post = true;
    snprintf(request->path, sizeof request->path, "%s", path);
    stripe_form_begin(form, request->body, sizeof request->body);
}

/* What the amount and the currency of new money are called. */
static bool
add_money(struct stripe_form *form, const struct payment *payment, int64_t minor)
{
    char currency[4] = "";
    int64_t amount = 0;

    if (stripe_amount_from_minor(payment->currency, minor, &amount) != STRIPE_AMOUNT_OK)
        return false;
    for (size_t i = 0; i < 3; i++)
        currency[i] = (char)(payment->currency->code[i] | 0x20);
    stripe_form_add_number(form, "amount", amount);
    stripe_form_add(form, "currency", currency);
    return true;
}

static bool
write_charge(struct processor_job *job, struct processor_request *request, const char *id)
{
    const struct payment *payment = job->payment;
    bool is_intent = stripe_is_intent(payment);
    struct stripe_form form;

    if (!knows_source(job->processor, payment->source))
        return refuse(job, "a source that is none of Stripe's");
    begin_post(request, &form, is_intent ? "/v1/payment_intents" : "/v1/charges");
    if (!add_money(&form, payment, payment->amount))
        return refuse(job, "an amount that Stripe does not take");
    if (is_intent) {
        stripe_form_add(&form, "payment_method", payment->source);
        stripe_form_add(&form, "payment_method_types[]", "card");
        stripe_form_add(&form, "confirm", "true");
        if (payment->return_url[0] != '\0')
            stripe_form_add(&form, "return_url", payment->return_url);
        else
            stripe_form_add(&form, "error_on_requires_action", "true");
    } else {
        stripe_form_add(&form, "source", payment->source);
    }
    stripe_form_add(&form, "description", payment->has_description ? payment->description : NULL);
    stripe_form_add(&form, "metadata[payment_id]", id);
    return !form.is_cut || refuse(job, "a request that is too long");
}

static bool
write_refund(struct processor_job *job, struct processor_request *request, const char *id)
{
    const char *reference = job->payment->reference;
    struct stripe_form form;
    int64_t amount = 0;

    if (!stripe_is_reference(reference))
        return refuse(job, "the payment has no id of Stripe's");
    if (stripe_amount_from_minor(job->payment->currency, job->refund->amount, &amount) !=
        STRIPE_AMOUNT_OK)
        return refuse(job, "an amount that Stripe does not take");
    begin_post(request, &form, "/v1/refunds");
    stripe_form_add(&form, stripe_is_intent_reference(reference) ? "payment_intent" : "charge",
                    reference);
    stripe_form_add_number(&form, "amount", amount);
    stripe_form_add(&form, "metadata[refund_id]", id);
    return !form.is_cut || refuse(job, "a request that is too long");
}

/* All that is left of it: so it says no amount. */
static bool
write_give_back(struct processor_job *job, struct processor_request *request, const char *id)
{
    const char *reference = job->payment->reference;
    struct stripe_form form;

    if (!stripe_is_reference(reference))
        return refuse(job, "the payment has no id of Stripe's");
    begin_post(request, &form, "/v1/refunds");
    stripe_form_add(&form, stripe_is_intent_reference(reference) ? "payment_intent" : "charge",
                    reference);
    stripe_form_add(&form, "metadata[payment_id]", id);
    return !form.is_cut || refuse(job, "a request that is too long");
}

/*
 * The fence: the payment's own amount, since one below Stripe's least would be refused without
 * using the key up. Only the first request has the key.
 */
static bool
write_fence(struct processor_job *job, struct processor_request *request, const char *id)
{
    char path[PROCESSOR_PATH_SIZE];
    struct stripe_form form;

    if (job->step > 0) {
        snprintf(path, sizeof path, "/v1/payment_intents/%s/cancel", job->cursor);
        begin_post(request, &form, path);
        stripe_form_add(&form, "cancellation_reason", "abandoned");
        return true;
    }
    begin_post(request, &form, "/v1/payment_intents");
    if (!add_money(&form, job->payment, job->payment->amount))
        return refuse(job, "an amount that Stripe does not take");
    stripe_form_add(&form, "payment_method_types[]", "card");
    stripe_form_add(&form, "metadata[closed]", id);
    return !form.is_cut || refuse(job, "a request that is too long");
}

/* A cancellation needs no key: the second one is refused, and the look behind it shows why. */
static bool
write_cancel(struct processor_job *job, struct processor_request *request)
{
    const char *reference = job->payment->reference;
    char path[PROCESSOR_PATH_SIZE];
    struct stripe_form form;

    if (!stripe_is_reference(reference) || !stripe_is_intent_reference(reference))
        return refuse(job, "nothing that can be cancelled");
    snprintf(path, sizeof path, "/v1/payment_intents/%s/cancel", reference);
    begin_post(request, &form, path);
    stripe_form_add(&form, "cancellation_reason", "abandoned");
    return true;
}

/* Writes "path?query". */
static bool
write_list(struct processor_job *job, struct processor_request *request, const char *path)
{
    size_t length = (size_t)snprintf(request->path, sizeof request->path, "%s?", path);
    int64_t created = job->payment->created_at / 1000;
    bool is_late = (job->step & STRIPE_LATE) != 0;
    const char *reference = job->payment->reference;
    struct stripe_form form;

    stripe_form_begin(&form, request->path + length, sizeof request->path - length);
    if (job->task == PROCESSOR_FIND_REFUND) {
        stripe_form_add(&form, stripe_is_intent_reference(reference) ? "payment_intent" : "charge",
                        reference);
    } else {
        stripe_form_add_number(&form, "created[gte]",
                               created + (is_late ? WINDOW_SOON + 1 : WINDOW_BEFORE));
        stripe_form_add_number(&form, "created[lte]",
                               created + (is_late ? WINDOW_LATE : WINDOW_SOON));
    }
    stripe_form_add(&form, "limit", PAGE);
    stripe_form_add(&form, "starting_after", job->cursor[0] != '\0' ? job->cursor : NULL);
    return !form.is_cut || refuse(job, "a request that is too long");
}

static bool
write_find_payment(struct processor_job *job, struct processor_request *request)
{
    const char *reference = job->payment->reference;

    if (reference[0] == '\0')
        return write_list(job, request,
                          stripe_is_intent(job->payment) ? "/v1/payment_intents" : "/v1/charges");
    if (!stripe_is_reference(reference))
        return refuse(job, "an id that is none of Stripe's");
    snprintf(request->path, sizeof request->path, "/v1/%s/%s",
             stripe_is_intent_reference(reference) ? "payment_intents" : "charges", reference);
    return true;
}

static bool
write_find_refund(struct processor_job *job, struct processor_request *request)
{
    const char *reference = job->refund->reference;

    if (!stripe_is_reference(job->payment->reference))
        return refuse(job, "the payment has no id of Stripe's");
    if (reference[0] == '\0')
        return write_list(job, request, "/v1/refunds");
    if (!stripe_is_reference(reference))
        return refuse(job, "an id that is none of Stripe's");
    snprintf(request->path, sizeof request->path, "/v1/refunds/%s", reference);
    return true;
}

static bool
write_task(struct processor_job *job, struct processor_request *request, const char *id)
{
    switch (job->task) {
    case PROCESSOR_CHARGE:
        return write_charge(job, request, id);
    case PROCESSOR_REFUND:
        return write_refund(job, request, id);
    case PROCESSOR_FIND_PAYMENT:
        return write_find_payment(job, request);
    case PROCESSOR_FIND_REFUND:
        return write_find_refund(job, request);
    case PROCESSOR_CLOSE_PAYMENT:
    case PROCESSOR_CLOSE_REFUND:
        return write_fence(job, request, id);
    case PROCESSOR_CANCEL_PAYMENT:
        return write_cancel(job, request);
    case PROCESSOR_GIVE_BACK:
        return write_give_back(job, request, id);
    case PROCESSOR_FIND_NOTICED:
        return stripe_noticed_path(job->notice, request->path, sizeof request->path) ||
               refuse(job, "an id that is none of Stripe's");
    case PROCESSOR_LIST:
        return stripe_list_path(job->listing, request->path, sizeof request->path) ||
               refuse(job, "a request that is too long");
    case PROCESSOR_CHECK:
        snprintf(request->path, sizeof request->path, "%s",
                 job->step == 0 ? "/v1/account" : "/v1/balance");
        return true;
    }
    return false;
}

/* A cancellation, of a fence, too, has a path of its own, and none of the record's keys. */
static bool
has_key(const struct processor_job *job)
{
    switch (job->task) {
    case PROCESSOR_CHARGE:
    case PROCESSOR_REFUND:
    case PROCESSOR_GIVE_BACK:
        return true;
    case PROCESSOR_CLOSE_PAYMENT:
    case PROCESSOR_CLOSE_REFUND:
        return job->step == 0;
    case PROCESSOR_FIND_PAYMENT:
    case PROCESSOR_FIND_REFUND:
    case PROCESSOR_CANCEL_PAYMENT:
    case PROCESSOR_FIND_NOTICED:
    case PROCESSOR_LIST:
    case PROCESSOR_CHECK:
        return false;
    }
    return false;
}

/* The record's id; of what is given back, the charge's: a payment can have been charged twice. */
static bool
add_key(const struct processor_job *job, struct processor_request *request, const char *id)
{
    return job->task == PROCESSOR_GIVE_BACK
               ? add_header(request, "Idempotency-Key: %s_back", job->payment->reference)
               : add_header(request, "Idempotency-Key: %s", id);
}

static bool
write_request(struct processor_job *job, struct processor_request *request)
{
    const char *fault = secret_fault(job->processor);
    char id[IDENTIFIER_TEXT_SIZE] = "";

    *request = (struct processor_request){.is_post = false};
    if (fault != NULL)
        return refuse(job, fault);
    if (job->task != PROCESSOR_CHECK && job->task != PROCESSOR_FIND_NOTICED &&
        job->task != PROCESSOR_LIST)
        stripe_job_id(job, id);
    if (!write_task(job, request, id))
        return false;
    if (!add_header(request, "Authorization: Bearer %s", job->processor->secret))
        return refuse(job, "the secret key is too long");
    return (add_header(request, "Stripe-Version: %s", API_VERSION) &&
            (!request->is_post ||
             add_header(request, "Content-Type: application/x-www-form-urlencoded")) &&
            (!has_key(job) || add_key(job, request, id))) ||
           refuse(job, "a request that is too long");
}

/* Secret and restricted keys say which mode they are of: sk_test_..., rk_live_... */
static enum mode
mode_of_secret(const char *secret)
{
    return strncmp(secret, "sk_live_", 8) == 0 || strncmp(secret, "rk_live_", 8) == 0 ? MODE_LIVE
                                                                                      : MODE_TEST;
}

const struct processor_type stripe_type = {
    .name = "stripe",
    .has_effects = true,
    .knows_source = knows_source,
    .takes_amount = takes_amount,
    .request = write_request,
    .answer = stripe_answer,
    .address = "https://api.stripe.com",
    .mode_of_secret = mode_of_secret,
    .key_lifetime_ms = KEY_LIFETIME_MS,
    .event_header = STRIPE_EVENT_HEADER,
    .event = stripe_event,
};
