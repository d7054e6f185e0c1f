/*
 * /events: what happened to a merchant's payments and refunds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/events.h"

#include <stdlib.h>
#include <string.h>

#include "api/listing.h"
#include "api/representation.h"

static bool
take_type(const char *value, void *filter)
{
    struct event_listing *listing = filter;
    enum event_type type;

    if (!event_type_parse(value, &type))
        return false;
    listing->type = (int)type;
    return true;
}

static bool
take_object_id(const char *value, void *filter)
{
    struct event_listing *listing = filter;

    listing->has_object = true;
    return identifier_parse(IDENTIFIER_PAYMENT, value, &listing->object_id) ||
           identifier_parse(IDENTIFIER_REFUND, value, &listing->object_id);
}

static const struct listing_parameter parameters[] = {
    {"type", take_type},
    {"object_id", take_object_id},
};

static void
append_event_at(const void *records, size_t place, struct response *response)
{
    const struct event_text *texts = records;

    response_append(response, "%s", texts[place].body);
}

static void
find_events(struct service *service, struct exchange *exchange)
{
    struct event_text *texts = malloc(PAGE_RECORDS_MAX * sizeof *texts);
    enum store_result result = STORE_UNAVAILABLE;
    size_t count = 0;

    if (texts != NULL)
        result = event_list_find(service->database, exchange->deadline,
                                 &exchange->credential.merchant_id, exchange->credential.mode,
                                 &exchange->event_listing, texts, &count);
    exchange->error = error_of_store(result, API_INTERNAL_ERROR);
    if (exchange->error == API_OK)
        listing_answer(service, exchange, &exchange->event_listing.page, texts, count,
                       append_event_at);
    free(texts);
}

enum api_error
events_list(const struct service *service, struct exchange *exchange)
{
    struct event_listing listing = {.type = -1};
    enum api_error error =
        listing_read(service, exchange, IDENTIFIER_EVENT, &listing.page, parameters,
                     sizeof parameters / sizeof parameters[0], &listing);

    if (error == API_OK && exchange->full) { /* there is one view of an event */
        exchange->parameter = "view";
        error = API_INVALID_QUERY;
    }
    exchange->event_listing = listing; /* it shares its place with the query */
    exchange->work = WORK_ALONE;
    exchange->alone = find_events;
    return error;
}

static void
find_event(struct service *service, struct exchange *exchange)
{
    const struct identifier id = exchange->event_id;
    struct event_text found;
    enum store_result result = event_list_find_one(service->database, exchange->deadline,
                                                   &exchange->credential.merchant_id,
                                                   exchange->credential.mode, &id, &found);
    char *text;

    exchange->error = error_of_store(result, API_EVENT_NOT_FOUND);
    if (exchange->error != API_OK)
        return;
    text = strdup(found.body);
    if (text != NULL)
        represent_by_text(exchange, text);
    else
        exchange->error = API_UNAVAILABLE;
}

enum api_error
events_read(const struct service *service, struct exchange *exchange)
{
    (void)service;
    if (!identifier_parse(IDENTIFIER_EVENT, exchange->argument, &exchange->event_id))
        return API_EVENT_NOT_FOUND;
    exchange->work = WORK_ALONE;
    exchange->alone = find_event;
    return API_OK;
}
