/*
 * GET /payments and GET /refunds: the lists of payments and refunds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/lists.h"

#include <stdlib.h>

#include "api/full_view.h"
#include "api/listing.h"
#include "api/representation.h"

static bool
take_payment_status(const char *value, void *filter)
{
    struct payment_listing *listing = filter;
    enum payment_status status;

    if (!payment_status_parse(value, &status))
        return false;
    listing->status = (int)status;
    return true;
}

static bool
take_currency(const char *value, void *filter)
{
    struct payment_listing *listing = filter;

    listing->currency = currency_of_record(value); /* payments outlive their currency */
    return listing->currency != NULL;
}

static bool
take_refund_status(const char *value, void *filter)
{
    struct refund_listing *listing = filter;
    enum refund_status status;

    if (!refund_status_parse(value, &status))
        return false;
    listing->status = (int)status;
    return true;
}

static bool
take_payment_id(const char *value, void *filter)
{
    struct refund_listing *listing = filter;

    listing->has_payment = true;
    return identifier_parse(IDENTIFIER_PAYMENT, value, &listing->payment_id);
}

static const struct listing_parameter payment_parameters[] = {
    {"status", take_payment_status},
    {"currency", take_currency},
};

static const struct listing_parameter refund_parameters[] = {
    {"status", take_refund_status},
    {"payment_id", take_payment_id},
};

static void
append_payment_at(const void *records, size_t place, struct response *response)
{
    const struct payment *payments = records;

    append_payment(&payments[place], response);
}

static void
append_refund_at(const void *records, size_t place, struct response *response)
{
    const struct refund *refunds = records;

    append_refund(&refunds[place], response);
}

static void
find_payments(struct service *service, struct exchange *exchange)
{
    struct payment *payments = malloc(PAGE_RECORDS_MAX * sizeof *payments);
    enum store_result result = STORE_UNAVAILABLE;
    size_t count = 0;

    if (payments != NULL)
        result = payment_list_find(service->database, exchange->deadline,
                                   &exchange->credential.merchant_id, exchange->credential.mode,
                                   &exchange->payment_listing, payments, &count);
    exchange->error = error_of_store(result, API_INTERNAL_ERROR);
    if (exchange->error == API_OK)
        listing_answer(service, exchange, &exchange->payment_listing.page, payments, count,
                       append_payment_at);
    free(payments);
}

static void
find_refunds(struct service *service, struct exchange *exchange)
{
    struct refund *refunds = malloc(PAGE_RECORDS_MAX * sizeof *refunds);
    enum store_result result = STORE_UNAVAILABLE;
    size_t count = 0;

    if (refunds != NULL)
        result = refund_list_find(service->database, exchange->deadline,
                                  &exchange->credential.merchant_id, exchange->credential.mode,
                                  &exchange->refund_listing, refunds, &count);
    exchange->error = error_of_store(result, API_INTERNAL_ERROR);
    if (exchange->error == API_OK)
        listing_answer(service, exchange, &exchange->refund_listing.page, refunds, count,
                       append_refund_at);
    free(refunds);
}

enum api_error
payments_list(const struct service *service, struct exchange *exchange)
{
    struct payment_listing listing = {.status = -1};
    enum api_error error =
        listing_read(service, exchange, IDENTIFIER_PAYMENT, &listing.page, payment_parameters,
                     sizeof payment_parameters / sizeof payment_parameters[0], &listing);

    exchange->payment_listing = listing; /* it shares its place with the query */
    exchange->work = WORK_ALONE;
    exchange->alone = exchange->full ? full_view_of_payments : find_payments;
    return error;
}

enum api_error
refunds_list(const struct service *service, struct exchange *exchange)
{
    struct refund_listing listing = {.status = -1};
    enum api_error error =
        listing_read(service, exchange, IDENTIFIER_REFUND, &listing.page, refund_parameters,
                     sizeof refund_parameters / sizeof refund_parameters[0], &listing);

    exchange->refund_listing = listing; /* it shares its place with the query */
    exchange->work = WORK_ALONE;
    exchange->alone = exchange->full ? full_view_of_refunds : find_refunds;
    return error;
}
