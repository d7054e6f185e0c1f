/*
 * Stripe's errors: which of them prove that nothing was done.
 *
 * Source: https://docs.stripe.com/api/errors, /error-low-level, /api/idempotent_requests.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "processor/stripe_decline.h"
#include "processor/stripe_object.h"

/* What an error says, in words that can be shown. */
struct said {
    char type[STRIPE_WORD_SIZE];
    char code[STRIPE_WORD_SIZE];
    char decline_code[STRIPE_WORD_SIZE];
    char param[STRIPE_WORD_SIZE];
};

static void
read_error(const json_t *error, struct said *said)
{
    stripe_object_word(error, "type", said->type);
    stripe_object_word(error, "code", said->code);
    stripe_object_word(error, "decline_code", said->decline_code);
    stripe_object_word(error, "param", said->param);
}

bool
stripe_error_is_key_used(int status, const json_t *body)
{
    const json_t *error = json_object_get(body, "error");

    return status == 400 && strcmp(stripe_object_text(error, "type"), "idempotency_error") == 0;
}

/*
 * The payment intent that the error is about, where it names one: true when it is ours and has not
 * moved money, nor will.
 */
static bool
is_idle_intent(const json_t *intent, const struct stripe_expected *expected)
{
    const char *status = stripe_object_text(intent, "status");

    return stripe_object_has_id(intent, expected->id_name, expected->id) &&
           (strcmp(status, "requires_payment_method") == 0 || strcmp(status, "canceled") == 0);
}

/* The id of what was declined; "" when it is not said. */
static const char *
declined_reference(const json_t *error, const struct stripe_expected *expected)
{
    const char *id = strcmp(expected->object, "charge") == 0
                         ? stripe_object_text(error, "charge")
                         : stripe_object_text(json_object_get(error, "payment_intent"), "id");

    return stripe_is_reference(id) ? id : "";
}

/* The statuses of a request that was refused before anything was done. */
static bool
is_refusal(int status, const struct said *said)
{
    switch (status) {
    case 400:
    case 404:
        return strcmp(said->type, "invalid_request_error") == 0;
    case 401:
    case 403:
        return strcmp(said->type, "invalid_request_error") == 0 ||
               strcmp(said->type, "authentication_error") == 0 ||
               strcmp(said->type, "permission_error") == 0;
    default:
        return false;
    }
}

void
stripe_error_outcome(int status, const json_t *body, const struct stripe_expected *expected,
                     bool in_doubt, struct processor_outcome *outcome)
{
    const json_t *error = json_object_get(body, "error");
    const json_t *intent = json_object_get(error, "payment_intent");
    struct said said;

    read_error(error, &said);
    stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "status %d %s %s %s %s", status, said.type,
                       said.code, said.decline_code, said.param);
    if (in_doubt || (json_is_object(intent) && !is_idle_intent(intent, expected)))
        return;
    if (is_refusal(status, &said)) {
        outcome->result = PROCESSOR_REFUSED;
    } else if (status == 402 && strcmp(said.type, "card_error") == 0) {
        outcome->result = PROCESSOR_DECLINED;
        outcome->decline = stripe_decline(said.decline_code, said.code);
        snprintf(outcome->reference, sizeof outcome->reference, "%s",
                 declined_reference(error, expected));
    }
}
