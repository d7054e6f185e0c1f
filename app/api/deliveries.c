/*
 * Deliveries: events that are sent to webhook endpoints once more, and what was sent.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/deliveries.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/input.h"
#include "api/listing.h"
#include "store/sending_list.h"

#define MOMENT_SIZE 40 /* of the longest text that is a time, and the final NUL */

static struct endpoint_owner
owner_of(const struct exchange *exchange)
{
    return (struct endpoint_owner){.merchant_id = exchange->credential.merchant_id,
                                   .mode = exchange->credential.mode};
}

static void
represent_redelivery(const struct exchange *exchange, struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_EVENT, &exchange->redelivery.event_id, id);
    response->status = 202;
    response_append(response, "{\"id\":\"%s\",\"deliveries\":%zu}", id, exchange->redelivery.count);
}

static enum api_error
error_of_end(enum redelivery_end end)
{
    switch (end) {
    case REDELIVERY_ASKED:
        return API_OK;
    case REDELIVERY_NO_EVENT:
        return API_EVENT_NOT_FOUND;
    case REDELIVERY_NO_ENDPOINT:
        return API_ENDPOINT_NOT_FOUND;
    case REDELIVERY_UNWANTED:
        break;
    }
    return API_EVENT_UNWANTED;
}

static void
redeliver(struct service *service, struct exchange *exchange)
{
    enum store_result result =
        redelivery_store_ask(service->database, exchange->deadline, &exchange->redelivery, NULL);

    exchange->error = result == STORE_OK ? error_of_end(exchange->redelivery.end)
                                         : error_of_store(result, API_INTERNAL_ERROR);
}

/* The endpoint that the body names. There may be no body, or an empty object. */
static enum api_error
read_endpoint(struct exchange *exchange, struct redelivery *redelivery)
{
    struct json_body body;
    const json_t *member;
    enum api_error error;

    if (exchange->body_status == BODY_OK && exchange->body_length == 0)
        return API_OK;
    error = input_body(exchange, &body);
    if (error != API_OK)
        return error;
    member = json_body_get(&body, "endpoint");
    redelivery->has_endpoint = member != NULL;
    if (member != NULL && json_string_value(member) == NULL)
        error = API_INVALID_ENDPOINT;
    else if (member != NULL && !identifier_parse(IDENTIFIER_ENDPOINT, json_string_value(member),
                                                 &redelivery->endpoint_id))
        error = API_ENDPOINT_NOT_FOUND;
    json_body_free(&body);
    return error;
}

enum api_error
deliveries_of_event(const struct service *service, struct exchange *exchange)
{
    struct redelivery redelivery = {.owner = owner_of(exchange)};
    enum api_error error = read_endpoint(exchange, &redelivery);

    (void)service;
    if (error == API_OK &&
        !identifier_parse(IDENTIFIER_EVENT, exchange->argument, &redelivery.event_id))
        error = API_EVENT_NOT_FOUND;
    exchange->redelivery = redelivery;
    exchange->work = WORK_ALONE;
    exchange->alone = redeliver;
    exchange->represent = represent_redelivery;
    return error;
}

/* A time: a text as lists take it, or a number of Unix seconds. */
static bool
read_moment(const struct json_body *body, const char *name, struct timestamp *moment)
{
    const char *text = json_body_string(body, name);
    char digits[MOMENT_SIZE];
    size_t length;

    if (text == NULL) {
        if (!json_body_number(body, name, &text, &length) || length >= sizeof digits)
            return false;
        memcpy(digits, text, length);
        digits[length] = '\0';
        text = digits;
    }
    return timestamp_parse(text, moment);
}

static enum api_error
read_range(struct exchange *exchange, struct range_asked *asked)
{
    struct json_body body;
    struct timestamp since, until = {.seconds = clock_wall_ms() / 1000 + 1};
    enum api_error error = input_body(exchange, &body);

    if (error != API_OK)
        return error;
    if (!read_moment(&body, "since", &since)) {
        error = API_INVALID_SINCE;
    } else if (json_body_get(&body, "until") != NULL && !read_moment(&body, "until", &until)) {
        error = API_INVALID_UNTIL;
    } else {
        page_init(&asked->range);
        page_only_created(&asked->range, PAGE_GTE, &since);
        page_only_created(&asked->range, PAGE_LT, &until);
        asked->since = since.seconds;
        asked->until = until.seconds;
        if (asked->since >= asked->until)
            error = json_body_get(&body, "until") != NULL ? API_INVALID_UNTIL : API_INVALID_SINCE;
    }
    json_body_free(&body);
    return error;
}

static void
represent_range(const struct exchange *exchange, struct response *response)
{
    const struct range_asked *asked = &exchange->range_asked;
    char id[IDENTIFIER_TEXT_SIZE], since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_ENDPOINT, &asked->endpoint_id, id);
    clock_format(asked->since * 1000, since);
    clock_format(asked->until * 1000, until);
    response->status = 202;
    response_append(response, "{\"id\":\"%s\",\"since\":\"%s\",\"until\":\"%s\"}", id, since,
                    until);
}

static void
redeliver_range(struct service *service, struct exchange *exchange)
{
    const struct endpoint_owner owner = owner_of(exchange);
    const struct range_asked *asked = &exchange->range_asked;
    enum store_result result = redelivery_store_ask_range(
        service->database, exchange->deadline, &owner, &asked->endpoint_id, &asked->range.after,
        &asked->range.before, NULL);

    exchange->error = result == STORE_REFUSED ? API_ENDPOINT_DISABLED
                                              : error_of_store(result, API_ENDPOINT_NOT_FOUND);
}

enum api_error
deliveries_of_endpoint(const struct service *service, struct exchange *exchange)
{
    struct range_asked asked;
    enum api_error error = read_range(exchange, &asked);

    (void)service;
    if (error != API_OK)
        return error;
    if (!identifier_parse(IDENTIFIER_ENDPOINT, exchange->argument, &asked.endpoint_id))
        return API_ENDPOINT_NOT_FOUND;
    exchange->range_asked = asked;
    exchange->work = WORK_ALONE;
    exchange->alone = redeliver_range;
    exchange->represent = represent_range;
    return API_OK;
}

static void
append_attempt(const void *records, size_t place, struct response *response)
{
    const struct sending *sending = (const struct sending *)records + place;
    char endpoint[IDENTIFIER_TEXT_SIZE], attempted_at[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_ENDPOINT, &sending->endpoint_id, endpoint);
    clock_format(sending->attempted_at, attempted_at);
    response_append(response, "{\"endpoint\":\"%s\",\"attempted_at\":\"%s\",\"status\":", endpoint,
                    attempted_at);
    if (sending->status != 0)
        response_append(response, "%" PRId64, sending->status);
    else
        response_append(response, "null");
    response_append(response, ",\"milliseconds\":%" PRId64 ",\"answer\":", sending->milliseconds);
    response_append_string(response, sending->answer);
    response_append(response, ",\"state\":");
    response_append_string(response, sending->state[0] != '\0' ? sending->state : NULL);
    response_append(response, "}");
}

/* Attempts that are read: one page of them. */
struct reading {
    struct sending *sendings; /* room for PAGE_RECORDS_MAX */
    size_t count;
};

static void
keep(void *arg, const struct sending *sending)
{
    struct reading *reading = arg;

    if (reading->count < PAGE_RECORDS_MAX)
        reading->sendings[reading->count++] = *sending;
}

static void
find_attempts(struct service *service, struct exchange *exchange)
{
    const struct identifier id = exchange->event_id;
    struct page page;
    struct reading reading = {.sendings = malloc(PAGE_RECORDS_MAX * sizeof(struct sending))};
    struct event_text *event = malloc(sizeof *event);
    enum store_result result = STORE_UNAVAILABLE;

    page_init(&page);
    page.limit = PAGE_LIMIT_MAX;
    if (event != NULL && reading.sendings != NULL)
        result = event_list_find_one(service->database, exchange->deadline,
                                     &exchange->credential.merchant_id, exchange->credential.mode,
                                     &id, event);
    if (result == STORE_OK)
        result = sending_list_show(service->database, exchange->deadline, SENDINGS_OF_EVENT, &id,
                                   PAGE_RECORDS_MAX, keep, &reading);
    exchange->error = error_of_store(result, API_EVENT_NOT_FOUND);
    if (exchange->error == API_OK)
        listing_answer(service, exchange, &page, reading.sendings, reading.count, append_attempt);
    free(event);
    free(reading.sendings);
}

enum api_error
deliveries_attempts(const struct service *service, struct exchange *exchange)
{
    (void)service;
    if (!identifier_parse(IDENTIFIER_EVENT, exchange->argument, &exchange->event_id))
        return API_EVENT_NOT_FOUND;
    exchange->work = WORK_ALONE;
    exchange->alone = find_attempts;
    return API_OK;
}
