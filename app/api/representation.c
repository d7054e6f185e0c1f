/*
 * Representations: what the API shows of its records, and where it says they are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/representation.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/problem.h"
#include "domain/money.h"

/* No member needs a JSON escape: identifiers, codes, numbers, words of ours, times and addresses
 * (domain/web_address.h). */

/* All but the end of the object. */
static void
begin_payment(const struct payment *payment, struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE], amount[MONEY_TEXT_SIZE], created_at[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_PAYMENT, &payment->id, id);
    money_format(payment->amount, payment->currency, amount);
    clock_format(payment->created_at, created_at);
    response_append(response,
                    "{\"id\":\"%s\",\"amount\":%s,\"currency\":\"%s\",\"status\":\"%s\","
                    "\"created_at\":\"%s\"",
                    id, amount, payment->currency->code, payment_status_name(payment->status),
                    created_at);
}

void
append_payment(const struct payment *payment, struct response *response)
{
    begin_payment(payment, response);
    response_append(response, "}");
}

/* A sixth member while the customer has to go somewhere. */
static void
append_new_payment(const struct payment *payment, struct response *response)
{
    begin_payment(payment, response);
    if (payment->status == PAYMENT_PROCESSING && payment->action_url[0] != '\0')
        response_append(response, ",\"action_url\":\"%s\"", payment->action_url);
    response_append(response, "}");
}

void
append_refund(const struct refund *refund, struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE], payment_id[IDENTIFIER_TEXT_SIZE], amount[MONEY_TEXT_SIZE];
    char created_at[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_REFUND, &refund->id, id);
    identifier_format(IDENTIFIER_PAYMENT, &refund->payment_id, payment_id);
    money_format(refund->amount, refund->currency, amount);
    clock_format(refund->created_at, created_at);
    response_append(response,
                    "{\"id\":\"%s\",\"payment_id\":\"%s\",\"amount\":%s,\"status\":\"%s\","
                    "\"created_at\":\"%s\"}",
                    id, payment_id, amount, refund_status_name(refund->status), created_at);
}

void
represent_health(const struct exchange *exchange, struct response *response)
{
    (void)exchange;
    response->status = 200;
    response_append(response, "{\"status\":\"ok\"}");
}

void
represent_received(const struct exchange *exchange, struct response *response)
{
    (void)exchange;
    response->status = 200;
    response_append(response, "{\"received\":true}");
}

void
represent_payment(const struct exchange *exchange, struct response *response)
{
    response->status = 200;
    append_payment(&exchange->payment, response);
}

void
represent_refund(const struct exchange *exchange, struct response *response)
{
    response->status = 200;
    append_refund(&exchange->refund, response);
}

static void
represent_text(const struct exchange *exchange, struct response *response)
{
    response->status = 200;
    response_append(response, "%s", exchange->text);
}

void
represent_by_text(struct exchange *exchange, char *text)
{
    free(exchange->text);
    exchange->text = text;
    exchange->represent = represent_text;
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
    case DECLINE_AUTHENTICATION_REQUIRED:
        break;
    }
    return API_CARD_DECLINED;
}

void
represent_new_payment(const struct exchange *exchange, struct response *response)
{
    const struct payment *payment = &exchange->charge.payment;
    char id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_PAYMENT, &payment->id, id);
    snprintf(response->location, sizeof response->location, "%s/payments/%s", exchange->base, id);
    response->replayed = exchange->charge.outcome == OPERATION_REPLAYED;
    if (payment->status == PAYMENT_FAILED) {
        /* A final answer, with the address of its record. */
        problem_append(exchange, error_of_decline(payment->decline), &payment->id, NULL, response);
        return;
    }
    response->status = 201;
    append_new_payment(payment, response);
}

void
represent_new_refund(const struct exchange *exchange, struct response *response)
{
    const struct refund *refund = &exchange->refunding.refund;
    char id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_REFUND, &refund->id, id);
    snprintf(response->location, sizeof response->location, "%s/refunds/%s", exchange->base, id);
    response->replayed = exchange->refunding.outcome == OPERATION_REPLAYED;
    if (refund->status == REFUND_FAILED) {
        problem_append(exchange, API_PROCESSING_ERROR, &refund->payment_id, &refund->id, response);
        return;
    }
    response->status = 201;
    append_refund(refund, response);
}
