/*
 * Stripe: its objects by time.
 *
 * Source: https://docs.stripe.com/api/pagination. There is a list of charges, one of payment
 * intents and one of refunds, each the newest first. A charge tells of its payment intent, too: of
 * the intents, only those without one are of interest, which a customer may still pay.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/stripe_list.h"

#include <stdio.h>
#include <string.h>

#include "processor/stripe_amount.h"
#include "processor/stripe_form.h"

static const struct part {
    const char *path;
    const char *object;
    const char *expanded; /* a member that comes whole */
} parts[] = {
    {"/v1/charges", "charge", NULL},
    {"/v1/payment_intents", "payment_intent", NULL},
    {"/v1/refunds", "refund", "data.charge"},
};

#define PART_COUNT (sizeof parts / sizeof parts[0])

_Static_assert(PROCESSOR_PAGE_MAX <= 100, "Stripe gives no more on a page");

bool
stripe_list_path(const struct processor_listing *listing, char *path, size_t size)
{
    const struct part *part = &parts[listing->part < PART_COUNT ? listing->part : 0];
    size_t length = (size_t)snprintf(path, size, "%s?", part->path);
    struct stripe_form form;

    stripe_form_begin(&form, path + length, size - length);
    stripe_form_add_number(&form, "created[gte]", listing->since / 1000);
    stripe_form_add_number(&form, "created[lte]", listing->until / 1000);
    stripe_form_add_number(&form, "limit", PROCESSOR_PAGE_MAX);
    stripe_form_add(&form, "starting_after", listing->cursor[0] != '\0' ? listing->cursor : NULL);
    stripe_form_add(&form, "expand[]", part->expanded);
    return !form.is_cut;
}

static void
take_amount(const json_t *object, struct processor_listed *listed)
{
    const char *text = stripe_object_text(object, "currency");
    const json_t *amount = json_object_get(object, "amount");
    const json_t *refunded = json_object_get(object, "amount_refunded");
    char code[4] = "";

    for (size_t i = 0; i < 3 && text[i] >= 'a' && text[i] <= 'z'; i++)
        code[i] = (char)(text[i] & ~0x20);
    listed->currency = currency_of_record(code);
    listed->is_all_back = json_is_integer(refunded) && json_is_integer(amount) &&
                          json_integer_value(refunded) == json_integer_value(amount);
    if (listed->currency != NULL &&
        (!json_is_integer(amount) ||
         stripe_amount_to_minor(listed->currency, json_integer_value(amount), &listed->amount) !=
             STRIPE_AMOUNT_OK))
        listed->currency = NULL;
}

static void
take_payment(const json_t *object, struct processor_listed *listed)
{
    const char *intent = stripe_object_text(object, "payment_intent");
    const char *status = stripe_object_text(object, "status");

    listed->subject = NOTICE_PAYMENT;
    listed->has_record = identifier_parse(
        IDENTIFIER_PAYMENT, stripe_object_text(json_object_get(object, "metadata"), "payment_id"),
        &listed->record_id);
    if (strcmp(status, "succeeded") == 0)
        listed->says = NOTICE_SAYS_SUCCEEDED;
    else if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)
        listed->says = NOTICE_SAYS_FAILED;
    /* As payments are kept. */
    if (stripe_is_reference(intent))
        strcpy(listed->reference, intent);
}

static void
take_refund(const json_t *object, struct processor_listed *listed)
{
    const json_t *charge = json_object_get(object, "charge");
    const json_t *of_charge = json_object_get(charge, "metadata");

    listed->subject = NOTICE_REFUND;
    listed->has_record = identifier_parse(
        IDENTIFIER_REFUND, stripe_object_text(json_object_get(object, "metadata"), "refund_id"),
        &listed->record_id);
    listed->has_payment = identifier_parse(
        IDENTIFIER_PAYMENT, stripe_object_text(of_charge, "payment_id"), &listed->payment_id);
    switch (stripe_refund_result(stripe_object_text(object, "status"))) {
    case PROCESSOR_SUCCEEDED:
        listed->says = NOTICE_SAYS_SUCCEEDED;
        break;
    case PROCESSOR_DECLINED:
        listed->says = NOTICE_SAYS_FAILED;
        break;
    case PROCESSOR_REFUSED:
    case PROCESSOR_NOT_SENT:
    case PROCESSOR_PENDING:
    case PROCESSOR_UNKNOWN:
    case PROCESSOR_NOT_FOUND:
    case PROCESSOR_CLOSED:
    case PROCESSOR_KEY_USED:
    case PROCESSOR_TOO_LATE:
        break;
    }
}

/* An intent that has a charge is told of by that; what a fence made moves nothing. */
static bool
is_told_elsewhere(const json_t *object)
{
    return strcmp(stripe_object_text(object, "object"), "payment_intent") == 0 &&
           (stripe_object_text(object, "latest_charge")[0] != '\0' ||
            stripe_object_text(json_object_get(object, "metadata"), "closed")[0] != '\0');
}

/* False when it is no object of this list. */
static bool
take_object(struct processor_listing *listing, const json_t *object)
{
    struct processor_listed *listed = &listing->objects[listing->count];
    const char *id = stripe_object_text(object, "id");
    const json_t *created = json_object_get(object, "created");

    if (strcmp(stripe_object_text(object, "object"), parts[listing->part].object) != 0 ||
        !stripe_is_reference(id) || !json_is_integer(created))
        return false;
    if (is_told_elsewhere(object))
        return true;
    *listed = (struct processor_listed){.created_at = json_integer_value(created) * 1000,
                                        .says = NOTICE_SAYS_OTHER};
    strcpy(listed->reference, id);
    take_amount(object, listed);
    if (strcmp(parts[listing->part].object, "refund") == 0)
        take_refund(object, listed);
    else
        take_payment(object, listed);
    listing->count++;
    return true;
}

/* Where the next page is; false when the list does not go on as it should. */
static bool
go_on(struct processor_listing *listing, bool has_more, const char *last)
{
    if (!has_more) {
        listing->cursor[0] = '\0';
        listing->part++;
        listing->has_ended = listing->part == PART_COUNT;
        return true;
    }
    if (!stripe_is_reference(last) || strcmp(last, listing->cursor) == 0)
        return false;
    strcpy(listing->cursor, last);
    return true;
}

static bool
take_page(struct processor_listing *listing, const json_t *body)
{
    const json_t *data = json_object_get(body, "data");
    const json_t *has_more = json_object_get(body, "has_more");
    size_t count = json_array_size(data);

    if (strcmp(stripe_object_text(body, "object"), "list") != 0 || !json_is_array(data) ||
        !json_is_boolean(has_more) || count > PROCESSOR_PAGE_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!take_object(listing, json_array_get(data, i)))
            return false;
    }
    return go_on(listing, json_is_true(has_more),
                 stripe_object_text(json_array_get(data, count > 0 ? count - 1 : 0), "id"));
}

void
stripe_list_outcome(struct processor_listing *listing, int status, const json_t *body,
                    struct processor_outcome *outcome)
{
    static const struct stripe_expected nothing = {.object = "", .id_name = ""};

    listing->count = 0;
    if (listing->part >= PART_COUNT)
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "a list that had ended");
    else if (status != 200)
        stripe_error_outcome(status, body, &nothing, true, outcome);
    else if (take_page(listing, body))
        stripe_outcome_set(outcome, PROCESSOR_SUCCEEDED, "%zu objects", listing->count);
    else
        stripe_outcome_set(outcome, PROCESSOR_UNKNOWN, "an answer that is no list");
}
