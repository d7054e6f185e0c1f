/*
 * A payment: money taken once from a payment source for a merchant.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/payment.h"

#include <string.h>

static const char *const statuses[] = {
    [PAYMENT_PROCESSING] = "processing",
    [PAYMENT_SUCCEEDED] = "succeeded",
    [PAYMENT_FAILED] = "failed",
};

static const char *const declines[] = {
    [DECLINE_NONE] = NULL,
    [DECLINE_CARD_DECLINED] = "card_declined",
    [DECLINE_INSUFFICIENT_FUNDS] = "insufficient_funds",
    [DECLINE_EXPIRED_CARD] = "expired_card",
    [DECLINE_INCORRECT_CVC] = "incorrect_cvc",
    [DECLINE_PROCESSING_ERROR] = "processing_error",
    [DECLINE_AUTHENTICATION_REQUIRED] = "authentication_required",
};

const char *
payment_status_name(enum payment_status status)
{
    return statuses[status];
}

bool
payment_status_parse(const char *name, enum payment_status *status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (strcmp(statuses[i], name) == 0) {
            *status = (enum payment_status)i;
            return true;
        }
    }
    return false;
}

const char *
decline_name(enum decline decline)
{
    return declines[decline];
}

bool
decline_parse(const char *name, enum decline *decline)
{
    for (size_t i = DECLINE_NONE + 1; i < sizeof declines / sizeof declines[0]; i++) {
        if (strcmp(declines[i], name) == 0) {
            *decline = (enum decline)i;
            return true;
        }
    }
    return false;
}

bool
payment_same_request(const struct payment *a, const struct payment *b)
{
    return !a->forgotten && !b->forgotten && a->amount == b->amount && a->currency == b->currency &&
           strcmp(a->source, b->source) == 0 && a->has_description == b->has_description &&
           (!a->has_description || strcmp(a->description, b->description) == 0) &&
           strcmp(a->return_url, b->return_url) == 0 && metadata_equal(&a->metadata, &b->metadata);
}

bool
payment_same_key(const struct payment *a, const struct payment *b)
{
    return a->idempotency_key[0] != '\0' && a->mode == b->mode &&
           strcmp(a->idempotency_key, b->idempotency_key) == 0 &&
           identifier_equal(&a->merchant_id, &b->merchant_id);
}

bool
payment_can_refund(const struct payment *payment, int64_t amount)
{
    return payment->status == PAYMENT_SUCCEEDED && payment->refunded <= payment->amount - amount;
}

size_t
utf8_length(const char *text)
{
    size_t length = 0;

    for (; *text != '\0'; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}
