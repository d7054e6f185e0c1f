/*
 * /refunds: give money of a payment back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/refunds.h"

#include "api/context.h"
#include "api/input.h"
#include "api/output.h"
#include "store/payment_store.h"
#include "store/refund_store.h"

/* The body's members and the key; the payment's id is malformed when *known_form is false. */
static enum api_error
read_refund(struct context *context, struct refund *refund, struct decimal *amount,
            bool *known_form)
{
    struct json_body body;
    const char *payment_id;
    enum api_error error = input_body(context, &body);

    if (error != API_OK)
        return error;
    payment_id = json_body_string(&body, "payment_id");
    if (payment_id == NULL)
        error = API_INVALID_PAYMENT_ID;
    else if (!input_decimal(&body, "amount", amount))
        error = API_INVALID_REFUND_AMOUNT;
    else
        error = input_idempotency_key(&context->request, refund->idempotency_key);
    *known_form =
        payment_id != NULL && identifier_parse(IDENTIFIER_PAYMENT, payment_id, &refund->payment_id);
    json_body_free(&body);
    return error;
}

/* Sets what the payment decides: the currency and, by its decimals, the amount. */
static enum api_error
fit_to_payment(struct context *context, struct refund *refund, const struct decimal *amount)
{
    struct payment payment;
    enum store_result result = payment_store_find(
        context->database, context->deadline, &refund->merchant_id, &refund->payment_id, &payment);

    if (result != STORE_OK)
        return output_store_error(result, API_PAYMENT_NOT_FOUND);
    refund->currency = payment.currency;
    if (money_from_decimal(amount, payment.currency, &refund->amount) != MONEY_OK)
        return API_INVALID_REFUND_AMOUNT;
    return API_OK;
}

/* The answer to a request whose idempotency key has been used before. */
static enum api_error
replay(struct context *context, const struct refund *refund, struct refund *existing)
{
    if (!refund_same_request(refund, existing))
        return API_IDEMPOTENCY_KEY_REUSED;
    if (existing->status == REFUND_PROCESSING)
        return API_REQUEST_IN_PROGRESS;
    existing->currency = refund->currency;
    context->response.replayed = true;
    output_new_refund(existing, &context->request, &context->response);
    return API_OK;
}

static enum api_error
create(struct context *context)
{
    struct refund refund = {.merchant_id = context->credential.merchant_id};
    struct refund existing = {.amount = 0};
    struct decimal amount;
    bool known_form = false;
    enum api_error error = read_refund(context, &refund, &amount, &known_form);
    enum store_result result;

    if (error == API_OK && !known_form)
        error = API_PAYMENT_NOT_FOUND;
    if (error == API_OK)
        error = fit_to_payment(context, &refund, &amount);
    if (error != API_OK)
        return error;
    refund.created_at = clock_wall_ms();
    if (!identifier_new(refund.created_at, &refund.id))
        return API_INTERNAL_ERROR;
    switch (context->processor->refund(&refund, context->deadline)) {
    case REFUND_OUTCOME_SUCCEEDED:
        refund.status = REFUND_SUCCEEDED;
        break;
    case REFUND_OUTCOME_UNKNOWN:
        refund.status = REFUND_PROCESSING;
        break;
    }
    result = refund_store_insert(context->database, context->deadline, &refund, &existing);
    if (result == STORE_EXISTS)
        return replay(context, &refund, &existing);
    if (result == STORE_LOCKED && refund.idempotency_key[0] != '\0')
        return API_REQUEST_IN_PROGRESS;
    if (result != STORE_OK)
        return output_store_error(result, API_PAYMENT_NOT_FOUND);
    output_new_refund(&refund, &context->request, &context->response);
    return API_OK;
}

void
refunds_create(struct context *context)
{
    enum api_error error = create(context);

    if (error != API_OK)
        response_set_error(&context->response, error);
}
