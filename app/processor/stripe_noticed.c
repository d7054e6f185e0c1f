/*
 * Stripe: what notices are about, and giving back what should not have been charged.
 *
 * A charge has the metadata that it was made with, or those of its payment intent, so it names the
 * payment. A refund or dispute that was made in Stripe's own pages names its charge.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/stripe_noticed.h"

#include <stdio.h>
#include <string.h>

#include "processor/stripe_amount.h"

/* An answer that is not 200 is looked at without this. */
static const struct stripe_expected nothing = {.object = "", .id_name = ""};

bool
stripe_noticed_path(const struct notice *notice, char *path, size_t size)
{
    snprintf(path, size, "/v1/%s/%s?expand%%5B%%5D=charge",
             notice->subject == NOTICE_DISPUTE ? "disputes" : "refunds", notice->reference);
    return stripe_is_reference(notice->reference);
}

/* A dispute stands while the bank has taken the money, or means to: not while it only asks. */
static enum processor_result
dispute_result(const char *status)
{
    if (strcmp(status, "needs_response") == 0 || strcmp(status, "under_review") == 0 ||
        strcmp(status, "lost") == 0)
        return PROCESSOR_SUCCEEDED;
    if (strcmp(status, "won") == 0 || strcmp(status, "prevented") == 0 ||
        strncmp(status, "warning_", strlen("warning_")) == 0)
        return PROCESSOR_DECLINED;
    return PROCESSOR_UNKNOWN;
}

static void
take_amount(const json_t *object, struct processor_seen *seen)
{
    const char *text = stripe_object_text(object, "currency");
    const json_t *amount = json_object_get(object, "amount");
    const struct currency *currency;
    char code[4] = "";

    for (size_t i = 0; i < 3 && text[i] >= 'a' && text[i] <= 'z'; i++)
        code[i] = (char)(text[i] & ~0x20);
    currency = currency_of_record(code);
    if (currency != NULL && json_is_integer(amount) &&
        stripe_amount_to_minor(currency, json_integer_value(amount), &seen->amount) ==
            STRIPE_AMOUNT_OK)
        seen->currency = currency;
}

static void
take_seen(const json_t *object, struct processor_seen *seen)
{
    const json_t *charge = json_object_get(object, "charge");
    const json_t *metadata = json_object_get(object, "metadata");
    const char *intent = stripe_object_text(object, "payment_intent");
    const char *parent = intent[0] != '\0' ? intent : stripe_object_text(charge, "id");

    seen->has_payment = identifier_parse(
        IDENTIFIER_PAYMENT, stripe_object_text(json_object_get(charge, "metadata"), "payment_id"),
        &seen->payment_id);
    seen->has_refund = identifier_parse(
        IDENTIFIER_REFUND, stripe_object_text(metadata, "refund_id"), &seen->refund_id);
    if (stripe_is_reference(parent))
        strcpy(seen->parent, parent);
    take_amount(object, seen);
}

void
stripe_noticed_outcome(const struct notice *notice, int status, const json_t *body,
                       struct processor_outcome *outcome)
{
    const char *object = notice_subject_name(notice->subject);
    char word[STRIPE_WORD_SIZE];

    if (status != 200) {
        stripe_error_outcome(status, body, &nothing, true, outcome);
        return;
    }
    if (strcmp(stripe_object_text(body, "object"), object) != 0 ||
        strcmp(stripe_object_text(body, "id"), notice->reference) != 0) {
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "an answer of something else");
        return;
    }
    stripe_object_word(body, "status", word);
    stripe_outcome_set(outcome,
                       notice->subject == NOTICE_DISPUTE ? dispute_result(word)
                                                         : stripe_refund_result(word),
                       "%s %s", object, word);
    strcpy(outcome->reference, notice->reference);
    take_seen(body, &outcome->seen);
}

void
stripe_give_back_outcome(const struct payment *payment, int status, const json_t *body,
                         struct processor_outcome *outcome)
{
    const char *code = stripe_object_text(json_object_get(body, "error"), "code");
    const char *reference = stripe_object_text(body, "id");
    char id[IDENTIFIER_TEXT_SIZE], word[STRIPE_WORD_SIZE];

    identifier_format(IDENTIFIER_PAYMENT, &payment->id, id);
    if (status == 400 && strcmp(code, "charge_already_refunded") == 0) {
        stripe_outcome_set(outcome, PROCESSOR_SUCCEEDED, "it was given back before");
        return;
    }
    if (status != 200) {
        stripe_error_outcome(status, body, &nothing, true, outcome);
        return;
    }
    if (strcmp(stripe_object_text(body, "object"), "refund") != 0 ||
        !stripe_object_has_id(body, "payment_id", id) || !stripe_is_reference(reference)) {
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "an answer of something else");
        return;
    }
    stripe_object_word(body, "status", word);
    stripe_outcome_set(outcome, stripe_refund_result(word), "refund %s", word);
    strcpy(outcome->reference, reference);
}
