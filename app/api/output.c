/*
 * Representations: what the API shows of its records, and where it says they are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/output.h"

#include <stdio.h>

#include "domain/money.h"

/* No member needs a JSON escape: identifiers, codes, numbers, words of ours and times. */

void
output_payment(const struct payment *payment, struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE], amount[MONEY_TEXT_SIZE], created_at[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_PAYMENT, &payment->id, id);
    money_format(payment->amount, payment->currency, amount);
    clock_format(payment->created_at, created_at);
    response->status = 200;
    snprintf(response->body, sizeof response->body,
             "{\"id\":\"%s\",\"amount\":%s,\"currency\":\"%s\",\"status\":\"%s\","
             "\"created_at\":\"%s\"}",
             id, amount, payment->currency->code, payment_status_name(payment->status), created_at);
}

static enum api_error
error_of_decline(enum decline decline)
{
    switch (decline) {
    case DECLINE_INSUFFICIENT_FUNDS:
        return API_INSUFFICIENT_FUNDS;
    case DECLINE_EXPIRED_CARD:
        return API_EXPIRED_CARD;
    case DECLINE_INCORRECT_CVC:
        return API_INCORRECT_CVC;
    case DECLINE_PROCESSING_ERROR:
        return API_PROCESSING_ERROR;
    case DECLINE_NONE:
    case DECLINE_CARD_DECLINED:
        break;
    }
    return API_CARD_DECLINED;
}

void
output_new_payment(const struct payment *payment, const struct request *request,
                   struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_PAYMENT, &payment->id, id);
    snprintf(response->location, sizeof response->location, "%s/payments/%s", request->base, id);
    if (payment->status == PAYMENT_FAILED) {
        response_set_error(response, error_of_decline(payment->decline));
        return;
    }
    output_payment(payment, response);
    response->status = 201;
}

void
output_new_refund(const struct refund *refund, const struct request *request,
                  struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE], payment_id[IDENTIFIER_TEXT_SIZE], amount[MONEY_TEXT_SIZE];
    char created_at[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_REFUND, &refund->id, id);
    identifier_format(IDENTIFIER_PAYMENT, &refund->payment_id, payment_id);
    money_format(refund->amount, refund->currency, amount);
    clock_format(refund->created_at, created_at);
    snprintf(response->location, sizeof response->location, "%s/refunds/%s", request->base, id);
    response->status = 201;
    snprintf(response->body, sizeof response->body,
             "{\"id\":\"%s\",\"payment_id\":\"%s\",\"amount\":%s,\"status\":\"%s\","
             "\"created_at\":\"%s\"}",
             id, payment_id, amount, refund_status_name(refund->status), created_at);
}

enum api_error
output_store_error(enum store_result result, enum api_error absent)
{
    switch (result) {
    case STORE_OK:
        return API_OK;
    case STORE_NOT_FOUND:
        return absent;
    case STORE_REFUSED:
        return API_INVALID_REFUND_AMOUNT;
    case STORE_LOCKED:
    case STORE_UNAVAILABLE:
        return API_UNAVAILABLE;
    case STORE_EXISTS:
    case STORE_FAILED:
        break;
    }
    return API_INTERNAL_ERROR;
}
