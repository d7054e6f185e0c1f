/*
 * /payments: create a payment, read a payment.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/payments.h"

#include <string.h>

#include "api/context.h"
#include "api/input.h"
#include "api/output.h"
#include "domain/card_number.h"
#include "store/payment_store.h"

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
        card_number_in(source) || !processor->knows_source(source))
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

/* The members in the order in which their errors are told. */
static enum api_error
read_payment(struct context *context, struct payment *payment)
{
    struct json_body body;
    enum api_error error = input_body(context, &body);

    if (error != API_OK)
        return error;
    error = read_amount(&body, payment);
    if (error == API_OK)
        error = read_source(&body, context->processor, payment);
    if (error == API_OK)
        error = read_description(&body, payment);
    if (error == API_OK)
        error = input_idempotency_key(&context->request, payment->idempotency_key);
    json_body_free(&body);
    return error;
}

static void
charge(struct context *context, struct payment *payment)
{
    payment->processor = context->processor->name;
    payment->decline = DECLINE_NONE;
    switch (context->processor->charge(payment, context->deadline, &payment->decline)) {
    case CHARGE_SUCCEEDED:
        payment->status = PAYMENT_SUCCEEDED;
        break;
    case CHARGE_DECLINED:
        payment->status = PAYMENT_FAILED;
        break;
    case CHARGE_UNKNOWN:
        payment->status = PAYMENT_PROCESSING;
        break;
    }
}

/* The answer to a request whose idempotency key has been used before. */
static enum api_error
replay(struct context *context, const struct payment *payment, const struct payment *existing)
{
    if (!payment_same_request(payment, existing))
        return API_IDEMPOTENCY_KEY_REUSED;
    if (existing->status == PAYMENT_PROCESSING)
        return API_REQUEST_IN_PROGRESS;
    context->response.replayed = true;
    output_new_payment(existing, &context->request, &context->response);
    return API_OK;
}

static enum api_error
create(struct context *context)
{
    struct payment payment = {.merchant_id = context->credential.merchant_id};
    struct payment existing = {.refunded = 0};
    enum api_error error = read_payment(context, &payment);
    enum store_result result;

    if (error != API_OK)
        return error;
    payment.created_at = clock_wall_ms();
    if (!identifier_new(payment.created_at, &payment.id))
        return API_INTERNAL_ERROR;
    charge(context, &payment);
    result = payment_store_insert(context->database, context->deadline, &payment, &existing);
    if (result == STORE_EXISTS)
        return replay(context, &payment, &existing);
    if (result == STORE_LOCKED && payment.idempotency_key[0] != '\0')
        return API_REQUEST_IN_PROGRESS;
    if (result != STORE_OK)
        return output_store_error(result, API_INTERNAL_ERROR);
    output_new_payment(&payment, &context->request, &context->response);
    return API_OK;
}

void
payments_create(struct context *context)
{
    enum api_error error = create(context);

    if (error != API_OK)
        response_set_error(&context->response, error);
}

void
payments_read(struct context *context)
{
    enum store_result result = STORE_NOT_FOUND;
    struct identifier id;
    struct payment payment;

    if (identifier_parse(IDENTIFIER_PAYMENT, context->match.argument, &id))
        result = payment_store_find(context->database, context->deadline,
                                    &context->credential.merchant_id, &id, &payment);
    if (result == STORE_OK)
        output_payment(&payment, &context->response);
    else
        response_set_error(&context->response, output_store_error(result, API_PAYMENT_NOT_FOUND));
}
