/*
 * The full view: what a read with ?view=full shows beside the members that every read shows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/full_view.h"

#include <stdlib.h>
#include <string.h>

#include "api/listing.h"
#include "api/representation.h"
#include "domain/money.h"
#include "store/full_store.h"

enum api_error
full_view_take(struct exchange *exchange)
{
    struct query query;

    (void)query_parse(exchange->query, &query); /* what it cannot read is no view */
    for (size_t i = 0; i < query.count; i++) {
        if (strcmp(query.parameters[i].name, "view") != 0)
            continue;
        if (exchange->full || !exchange_take_view(exchange, query.parameters[i].value)) {
            exchange->parameter = "view";
            return API_INVALID_QUERY;
        }
    }
    return API_OK;
}

/* What both have; the record's own object is open. */
static void
append_end(const char *failure_code, enum mode mode, const char *metadata,
           struct response *response)
{
    if (failure_code != NULL)
        response_append(response, ",\"failure_code\":\"%s\"", failure_code);
    else
        response_append(response, ",\"failure_code\":null");
    response_append(response, ",\"mode\":\"%s\",\"metadata\":%s", mode_name(mode),
                    metadata != NULL ? metadata : "{}");
}

static void
append_full_payment(const struct full_payment *full, struct response *response)
{
    const struct payment *payment = &full->payment;
    char refunded[MONEY_TEXT_SIZE];
    bool more = full->refund_count > FULL_REFUNDS_MAX;

    money_format(payment->refunded, payment->currency, refunded);
    append_payment(payment, response);
    response_reopen(response);
    response_append(response, ",\"description\":");
    response_append_string(response, payment->has_description ? payment->description : NULL);
    response_append(response, ",\"source\":");
    response_append_string(response, payment->source);
    response_append(response, ",\"refunded_amount\":%s,\"disputed\":%s", refunded,
                    payment->is_disputed ? "true" : "false");
    append_end(decline_name(payment->decline), payment->mode, full->metadata, response);
    response_append(response, ",\"refunds\":{\"data\":[");
    for (size_t i = 0; i < full->refund_count && i < FULL_REFUNDS_MAX; i++) {
        if (i > 0)
            response_append(response, ",");
        append_refund(&full->refunds[i], response);
    }
    response_append(response, "],\"has_more\":%s}}", more ? "true" : "false");
}

static void
append_returned_at(int64_t returned_at, struct response *response)
{
    char text[CLOCK_TEXT_SIZE];

    if (returned_at == 0) {
        response_append(response, ",\"returned_at\":null");
        return;
    }
    clock_format(returned_at, text);
    response_append(response, ",\"returned_at\":\"%s\"", text);
}

static void
append_full_refund(const struct full_refund *full, struct response *response)
{
    const struct refund *refund = &full->refund;

    append_refund(refund, response);
    response_reopen(response);
    response_append(response, ",\"currency\":\"%s\",\"origin\":\"%s\"", refund->currency->code,
                    refund_origin_name(refund->origin));
    append_returned_at(refund->returned_at, response);
    append_end(refund->status == REFUND_FAILED ? decline_name(DECLINE_PROCESSING_ERROR) : NULL,
               refund->mode, full->metadata, response);
    response_append(response, "}");
}

static void
append_payment_at(const void *records, size_t place, struct response *response)
{
    const struct full_payment *payments = records;

    append_full_payment(&payments[place], response);
}

static void
append_refund_at(const void *records, size_t place, struct response *response)
{
    const struct full_refund *refunds = records;

    append_full_refund(&refunds[place], response);
}

/* The answer of one record: it stands in the response, which nobody else needs now. */
static void
keep_text(struct exchange *exchange, const struct response *response)
{
    char *text = strndup(response_body(response), response->body_length);

    if (response->overflow || text == NULL) {
        free(text);
        exchange->error = response->overflow ? API_INTERNAL_ERROR : API_UNAVAILABLE;
        return;
    }
    represent_by_text(exchange, text);
}

void
full_view_of_payment(struct service *service, struct exchange *exchange)
{
    struct full_payment *full = calloc(1, sizeof *full);
    const struct identifier id = exchange->payment.id;
    enum store_result result;

    if (full == NULL) {
        exchange->error = API_UNAVAILABLE;
        return;
    }
    result =
        full_store_payment(service->database, exchange->deadline, &exchange->credential.merchant_id,
                           exchange->credential.mode, &id, full);
    exchange->error = error_of_store(result, API_PAYMENT_NOT_FOUND);
    if (exchange->error == API_OK) {
        response_init(&service->response);
        append_full_payment(full, &service->response);
        keep_text(exchange, &service->response);
    }
    full_payments_free(full, 1);
}

void
full_view_of_refund(struct service *service, struct exchange *exchange)
{
    struct full_refund *full = calloc(1, sizeof *full);
    const struct identifier id = exchange->refund.id;
    enum store_result result;

    if (full == NULL) {
        exchange->error = API_UNAVAILABLE;
        return;
    }
    result =
        full_store_refund(service->database, exchange->deadline, &exchange->credential.merchant_id,
                          exchange->credential.mode, &id, full);
    exchange->error = error_of_store(result, API_REFUND_NOT_FOUND);
    if (exchange->error == API_OK) {
        response_init(&service->response);
        append_full_refund(full, &service->response);
        keep_text(exchange, &service->response);
    }
    full_refunds_free(full, 1);
}

void
full_view_of_payments(struct service *service, struct exchange *exchange)
{
    struct full_payment *payments = calloc(PAGE_RECORDS_MAX, sizeof *payments);
    enum store_result result = STORE_UNAVAILABLE;
    size_t count = 0;

    if (payments != NULL)
        result = full_store_payments(service->database, exchange->deadline,
                                     &exchange->credential.merchant_id, exchange->credential.mode,
                                     &exchange->payment_listing, payments, &count);
    exchange->error = error_of_store(result, API_INTERNAL_ERROR);
    if (exchange->error == API_OK)
        listing_answer(service, exchange, &exchange->payment_listing.page, payments, count,
                       append_payment_at);
    full_payments_free(payments, PAGE_RECORDS_MAX);
}

void
full_view_of_refunds(struct service *service, struct exchange *exchange)
{
    struct full_refund *refunds = calloc(PAGE_RECORDS_MAX, sizeof *refunds);
    enum store_result result = STORE_UNAVAILABLE;
    size_t count = 0;

    if (refunds != NULL)
        result = full_store_refunds(service->database, exchange->deadline,
                                    &exchange->credential.merchant_id, exchange->credential.mode,
                                    &exchange->refund_listing, refunds, &count);
    exchange->error = error_of_store(result, API_INTERNAL_ERROR);
    if (exchange->error == API_OK)
        listing_answer(service, exchange, &exchange->refund_listing.page, refunds, count,
                       append_refund_at);
    full_refunds_free(refunds, PAGE_RECORDS_MAX);
}
