/*
 * What Stripe answers: JSON objects, and what they prove about a payment or a refund.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/stripe_object.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/web_address.h"
#include "processor/stripe_decline.h"

json_t *
stripe_object_parse(const struct processor_answer *answer)
{
    json_error_t error;
    json_t *object;

    if (answer->body == NULL || answer->body_length > STRIPE_ANSWER_MAX)
        return NULL;
    object = json_loadb(answer->body, answer->body_length, JSON_REJECT_DUPLICATES, &error);
    if (object != NULL && !json_is_object(object)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

const char *
stripe_object_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

void
stripe_object_word(const json_t *object, const char *name, char word[STRIPE_WORD_SIZE])
{
    const char *text = stripe_object_text(object, name);
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.[]");

    word[0] = '\0';
    if (length < STRIPE_WORD_SIZE && text[length] == '\0')
        memcpy(word, text, length + 1);
}

bool
stripe_is_reference(const char *text)
{
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    size_t length = strspn(text, characters);

    return length > 0 && length < PROCESSOR_REFERENCE_SIZE && text[length] == '\0';
}

bool
stripe_object_has_id(const json_t *object, const char *name, const char *id)
{
    const json_t *metadata = json_object_get(object, "metadata");

    return strcmp(stripe_object_text(metadata, name), id) == 0;
}

void
stripe_outcome_set(struct processor_outcome *outcome, enum processor_result result,
                   const char *format, ...)
{
    va_list arguments;

    *outcome = (struct processor_outcome){.result = result};
    va_start(arguments, format);
    vsnprintf(outcome->detail, sizeof outcome->detail, format, arguments);
    va_end(arguments);
}

static bool
is_amount(const json_t *value, int64_t amount)
{
    return json_is_integer(value) && json_integer_value(value) == amount;
}

/* NULL, or what of the object is not as it was asked for. */
static const char *
find_mismatch(const json_t *object, const struct stripe_expected *expected)
{
    if (strcmp(stripe_object_text(object, "object"), expected->object) != 0)
        return "object";
    if (!stripe_is_reference(stripe_object_text(object, "id")))
        return "id";
    if (!stripe_object_has_id(object, expected->id_name, expected->id))
        return "metadata";
    if (!is_amount(json_object_get(object, "amount"), expected->amount))
        return "amount";
    if (strcmp(stripe_object_text(object, "currency"), expected->currency) != 0)
        return "currency";
    if (expected->parent_name != NULL &&
        strcmp(stripe_object_text(object, expected->parent_name), expected->parent) != 0)
        return expected->parent_name;
    return NULL;
}

static enum processor_result
charge_result(const json_t *charge, const char *status, struct processor_outcome *outcome)
{
    const json_t *reason = json_object_get(charge, "outcome");

    if (strcmp(status, "failed") == 0) {
        outcome->decline = stripe_decline(stripe_object_text(reason, "reason"),
                                          stripe_object_text(charge, "failure_code"));
        return PROCESSOR_DECLINED;
    }
    if (strcmp(status, "pending") == 0)
        return PROCESSOR_PENDING;
    /* What is only authorised is not what was asked for. */
    if (strcmp(status, "succeeded") == 0 && !json_is_false(json_object_get(charge, "captured")) &&
        !json_is_false(json_object_get(charge, "paid")))
        return PROCESSOR_SUCCEEDED;
    return PROCESSOR_UNKNOWN;
}

/* Where the customer has to go, when it can be handed on as it is. */
static void
take_action_url(const json_t *intent, struct processor_outcome *outcome)
{
    const json_t *action = json_object_get(intent, "next_action");
    const char *url = stripe_object_text(json_object_get(action, "redirect_to_url"), "url");
    size_t length = strlen(url);

    if (length < sizeof outcome->action_url && web_address_is(url) &&
        strncmp(url, "https://", strlen("https://")) == 0)
        memcpy(outcome->action_url, url, length + 1);
}

/* Declined, or cancelled. */
static enum processor_result
ended_intent_result(const json_t *intent, bool is_cancelled, struct processor_outcome *outcome)
{
    const json_t *error = json_object_get(intent, "last_payment_error");
    const json_t *received = json_object_get(intent, "amount_received");

    if (received != NULL && !is_amount(received, 0))
        return PROCESSOR_UNKNOWN;
    /* Whoever has its client secret, as the customer does behind return_url, can give another
     * payment method. */
    outcome->is_open = !is_cancelled;
    /* Cancelled without an error: the customer never came back from the bank. */
    outcome->decline = json_is_object(error)
                           ? stripe_decline(stripe_object_text(error, "decline_code"),
                                            stripe_object_text(error, "code"))
                           : DECLINE_AUTHENTICATION_REQUIRED;
    return PROCESSOR_DECLINED;
}

static enum processor_result
intent_result(const json_t *intent, const char *status, const struct stripe_expected *expected,
              struct processor_outcome *outcome)
{
    const json_t *error = json_object_get(intent, "last_payment_error");
    const json_t *received = json_object_get(intent, "amount_received");

    if (strcmp(status, "succeeded") == 0)
        return received == NULL || is_amount(received, expected->amount) ? PROCESSOR_SUCCEEDED
                                                                         : PROCESSOR_UNKNOWN;
    if (strcmp(status, "processing") == 0)
        return PROCESSOR_PENDING;
    if (strcmp(status, "canceled") == 0 ||
        (strcmp(status, "requires_payment_method") == 0 && json_is_object(error)))
        return ended_intent_result(intent, status[0] == 'c', outcome);
    if (strcmp(status, "requires_action") == 0)
        take_action_url(intent, outcome);
    else if (strcmp(status, "requires_confirmation") != 0 &&
             strcmp(status, "requires_payment_method") != 0)
        return PROCESSOR_UNKNOWN; /* requires_capture, too: it was not asked for */
    outcome->awaits_customer = true;
    return PROCESSOR_PENDING;
}

enum processor_result
stripe_refund_result(const char *status)
{
    if (strcmp(status, "succeeded") == 0)
        return PROCESSOR_SUCCEEDED;
    if (strcmp(status, "pending") == 0 || strcmp(status, "requires_action") == 0)
        return PROCESSOR_PENDING;
    if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)
        return PROCESSOR_DECLINED;
    return PROCESSOR_UNKNOWN;
}

void
stripe_object_outcome(const json_t *object, const struct stripe_expected *expected,
                      struct processor_outcome *outcome)
{
    const char *mismatch = find_mismatch(object, expected);
    char status[STRIPE_WORD_SIZE];

    if (mismatch != NULL) {
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "an answer with another %s", mismatch);
        return;
    }
    stripe_object_word(object, "status", status);
    stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "%s %s", expected->object, status);
    if (strcmp(expected->object, "charge") == 0)
        outcome->result = charge_result(object, status, outcome);
    else if (strcmp(expected->object, "payment_intent") == 0)
        outcome->result = intent_result(object, status, expected, outcome);
    else
        outcome->result = stripe_refund_result(status);
    if (outcome->result == PROCESSOR_DECLINED && outcome->decline == DECLINE_NONE)
        outcome->decline = DECLINE_PROCESSING_ERROR;
    snprintf(outcome->reference, sizeof outcome->reference, "%s", stripe_object_text(object, "id"));
}
