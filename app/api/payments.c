/*
 * /payments: create a payment, read a payment.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/payments.h"

#include <string.h>

#include "api/full_view.h"
#include "api/input.h"
#include "api/metadata.h"
#include "api/representation.h"
#include "domain/card_number.h"
#include "domain/web_address.h"

static enum api_error
read_amount(const struct json_body *body, struct payment *payment)
{
    const char *code = json_body_string(body, "currency");
    struct decimal decimal;

    if (!input_decimal(body, "amount", &decimal))
        return API_INVALID_AMOUNT;
    payment->currency = code != NULL ? currency_find(code) : NULL;
    if (payment->currency == NULL)
        return API_INVALID_CURRENCY;
    if (money_from_decimal(&decimal, payment->currency, &payment->amount) != MONEY_OK)
        return API_INVALID_AMOUNT;
    return API_OK;
}

static enum api_error
read_source(const struct json_body *body, const struct processor *processor,
            struct payment *payment)
{
    const char *source = json_body_string(body, "source");

    if (source == NULL || strlen(source) >= sizeof payment->source || card_number_is(source) ||
        card_number_in(source) || !processor->type->knows_source(processor, source))
        return API_INVALID_SOURCE;
    strcpy(payment->source, source);
    return API_OK;
}

static enum api_error
read_description(const struct json_body *body, struct payment *payment)
{
    const json_t *member = json_body_get(body, "description");
    const char *description = json_string_value(member);

    if (member == NULL || json_is_null(member))
        return API_OK;
    if (description == NULL || utf8_length(description) > PAYMENT_DESCRIPTION_MAX ||
        card_number_in(description))
        return API_INVALID_DESCRIPTION;
    strcpy(payment->description, description);
    payment->has_description = true;
    return API_OK;
}

/* It is for processors that have a page for customers; the others leave it alone. */
static enum api_error
read_return_url(const struct json_body *body, struct payment *payment)
{
    const json_t *member = json_body_get(body, "return_url");
    const char *url = json_string_value(member);

    if (member == NULL || json_is_null(member))
        return API_OK;
    if (url == NULL || strlen(url) >= sizeof payment->return_url || !web_address_is(url) ||
        card_number_in(url))
        return API_INVALID_RETURN_URL;
    strcpy(payment->return_url, url);
    return API_OK;
}

/* A processor with effects has limits of its own. */
static enum api_error
check_amount(const struct processor *processor, const struct payment *payment)
{
    bool is_amount = true;

    if (!processor->type->has_effects ||
        processor->type->takes_amount(processor, payment->currency, payment->amount, &is_amount))
        return API_OK;
    return is_amount ? API_INVALID_AMOUNT : API_INVALID_CURRENCY;
}

/* The members in the order in which their errors are told. */
static enum api_error
read_members(struct exchange *exchange, const struct json_body *body, struct payment *payment)
{
    enum api_error error = read_amount(body, payment);

    if (error == API_OK)
        error = check_amount(exchange->processor, payment);
    if (error == API_OK)
        error = read_source(body, exchange->processor, payment);
    if (error == API_OK)
        error = read_description(body, payment);
    if (error == API_OK)
        error = read_return_url(body, payment);
    if (error == API_OK)
        error = metadata_take(exchange, body, &payment->metadata);
    if (error == API_OK)
        error = input_idempotency_key(exchange, payment->idempotency_key);
    return error;
}

enum api_error
payments_create(const struct service *service, struct exchange *exchange)
{
    struct charge *charge = &exchange->charge;
    struct json_body body;
    enum api_error error = input_body(exchange, &body);

    (void)service;
    if (error != API_OK)
        return error;
    if (exchange->processor == NULL) {
        json_body_free(&body);
        return API_UNAVAILABLE;
    }
    memset(charge, 0, offsetof(struct charge, call));
    charge->owner = exchange;
    charge->processor = exchange->processor;
    charge->deadline = exchange->deadline;
    charge->wants_events = exchange->credential.wants_events;
    charge->payment.merchant_id = exchange->credential.merchant_id;
    charge->payment.mode = exchange->credential.mode;
    error = read_members(exchange, &body, &charge->payment);
    json_body_free(&body);
    exchange->work = WORK_CHARGE;
    exchange->represent = represent_new_payment;
    return error;
}

enum api_error
payments_read(const struct service *service, struct exchange *exchange)
{
    enum api_error error = full_view_take(exchange);

    (void)service;
    if (error != API_OK)
        return error;
    if (!identifier_parse(IDENTIFIER_PAYMENT, exchange->argument, &exchange->payment.id))
        return API_PAYMENT_NOT_FOUND;
    exchange->work = WORK_FIND_PAYMENT;
    exchange->represent = represent_payment;
    exchange->complete = exchange->full ? full_view_of_payment : NULL;
    return API_OK;
}
