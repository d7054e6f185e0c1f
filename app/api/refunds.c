/*
 * /refunds: give money of a payment back, read a refund.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/refunds.h"

#include <string.h>

#include "api/asking.h"
#include "api/full_view.h"
#include "api/input.h"
#include "api/metadata.h"
#include "api/representation.h"
#include "store/refund_store.h"

/* The members in the order in which their errors are told; what only the payment can tell of them
 * comes last. */
static enum api_error
read_members(struct exchange *exchange, const struct json_body *body, struct refunding *refunding)
{
    const char *payment_id = json_body_string(body, "payment_id");
    enum api_error error;

    if (payment_id == NULL)
        return API_INVALID_PAYMENT_ID;
    if (!input_decimal(body, "amount", &refunding->amount))
        return API_INVALID_REFUND_AMOUNT;
    error = metadata_take(exchange, body, &refunding->refund.metadata);
    if (error != API_OK)
        return error;
    error = input_idempotency_key(exchange, refunding->refund.idempotency_key);
    if (error != API_OK)
        return error;
    return identifier_parse(IDENTIFIER_PAYMENT, payment_id, &refunding->refund.payment_id)
               ? API_OK
               : API_PAYMENT_NOT_FOUND;
}

enum api_error
refunds_create(const struct service *service, struct exchange *exchange)
{
    struct refunding *refunding = &exchange->refunding;
    struct json_body body;
    enum api_error error = input_body(exchange, &body);

    (void)service;
    if (error != API_OK)
        return error;
    memset(refunding, 0, offsetof(struct refunding, payment));
    refunding->owner = exchange;
    refunding->deadline = exchange->deadline;
    refunding->wants_events = exchange->credential.wants_events;
    refunding->refund.merchant_id = exchange->credential.merchant_id;
    refunding->refund.mode = exchange->credential.mode;
    error = read_members(exchange, &body, refunding);
    json_body_free(&body);
    exchange->work = WORK_REFUND;
    exchange->represent = represent_new_refund;
    return error;
}

static void
find_refund(struct service *service, struct exchange *exchange)
{
    const struct identifier id = exchange->refund.id;
    enum store_result result =
        refund_store_find(service->database, exchange->deadline, &exchange->credential.merchant_id,
                          exchange->credential.mode, &id, &exchange->refund);

    exchange->error = error_of_store(result, API_REFUND_NOT_FOUND);
    asking_of_refund(service, exchange);
}

enum api_error
refunds_read(const struct service *service, struct exchange *exchange)
{
    enum api_error error = full_view_take(exchange);

    (void)service;
    if (error != API_OK)
        return error;
    if (!identifier_parse(IDENTIFIER_REFUND, exchange->argument, &exchange->refund.id))
        return API_REFUND_NOT_FOUND;
    exchange->work = WORK_ALONE;
    exchange->alone = find_refund;
    exchange->represent = represent_refund;
    exchange->complete = exchange->full ? full_view_of_refund : NULL;
    return API_OK;
}
