/*
 * Lists: what all of them have in common.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/representation.h"

#define ENVELOPE_SIZE 64 /* what stands around the records */

/* What the parameters of every list are taken into. */
struct reading {
    struct exchange *exchange;
    enum identifier_kind kind;
    struct page *page;
    bool has_cursor;
};

static bool
take_limit(const char *value, void *arg)
{
    struct reading *reading = arg;

    return page_take_limit(reading->page, value);
}

/* A list is read in one direction. */
static bool
take_cursor(const char *value, struct reading *reading, struct identifier *id)
{
    if (reading->has_cursor || !identifier_parse(reading->kind, value, id))
        return false;
    reading->has_cursor = true;
    return true;
}

static bool
take_starting_after(const char *value, void *arg)
{
    struct reading *reading = arg;
    struct identifier id;

    if (!take_cursor(value, reading, &id))
        return false;
    page_only_before(reading->page, &id);
    return true;
}

static bool
take_ending_before(const char *value, void *arg)
{
    struct reading *reading = arg;
    struct identifier id;

    if (!take_cursor(value, reading, &id))
        return false;
    page_only_after(reading->page, &id);
    reading->page->backward = true;
    return true;
}

static bool
take_created(const char *value, struct reading *reading, enum page_relation relation)
{
    struct timestamp moment;

    if (!timestamp_parse(value, &moment))
        return false;
    page_only_created(reading->page, relation, &moment);
    return true;
}

static bool
take_created_gte(const char *value, void *arg)
{
    return take_created(value, arg, PAGE_GTE);
}

static bool
take_created_gt(const char *value, void *arg)
{
    return take_created(value, arg, PAGE_GT);
}

static bool
take_created_lte(const char *value, void *arg)
{
    return take_created(value, arg, PAGE_LTE);
}

static bool
take_created_lt(const char *value, void *arg)
{
    return take_created(value, arg, PAGE_LT);
}

static bool
take_view(const char *value, void *arg)
{
    struct reading *reading = arg;

    return exchange_take_view(reading->exchange, value);
}

static const struct listing_parameter common[] = {
    {"limit", take_limit},
    {"starting_after", take_starting_after},
    {"ending_before", take_ending_before},
    {"created[gte]", take_created_gte},
    {"created[gt]", take_created_gt},
    {"created[lte]", take_created_lte},
    {"created[lt]", take_created_lt},
    {"view", take_view},
};

static const struct listing_parameter *
find_parameter(const struct listing_parameter *parameters, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(parameters[i].name, name) == 0)
            return &parameters[i];
    }
    return NULL;
}

static bool
came_before(const struct query *query, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (strcmp(query->parameters[i].name, query->parameters[place].name) == 0)
            return true;
    }
    return false;
}

/*
 * Identifiers are made before their records are kept, and a record may be kept late. A client that
 * asks for what is newer than the last one it knows would never see such a record: so it is shown
 * what is older than the longest request only.
 */
static void
leave_out_unsettled(const struct service *service, struct page *page)
{
    int64_t longest_s = service->config->request_timeout + service->config->database_timeout;

    page_only_made_before(page, clock_wall_ms() - longest_s * 1000);
}

enum api_error
listing_read(const struct service *service, struct exchange *exchange, enum identifier_kind kind,
             struct page *page, const struct listing_parameter *parameters, size_t count,
             void *filter)
{
    struct reading reading = {.exchange = exchange, .kind = kind, .page = page};
    struct query query;

    page_init(page);
    if (!query_parse(exchange->query, &query))
        return API_INVALID_QUERY;
    for (size_t i = 0; i < query.count; i++) {
        const struct query_parameter *given = &query.parameters[i];
        const struct listing_parameter *known =
            find_parameter(common, sizeof common / sizeof common[0], given->name);
        void *into = &reading;

        if (known == NULL) {
            known = find_parameter(parameters, count, given->name);
            into = filter;
        }
        if (known == NULL)
            return API_INVALID_QUERY;
        exchange->parameter = known->name;
        if (came_before(&query, i) || !known->take(given->value, into))
            return API_INVALID_QUERY;
    }
    exchange->parameter = NULL;
    if (page->backward)
        leave_out_unsettled(service, page);
    return API_OK;
}

/* Puts records together that stand one behind the other, each up to its end. */
static void
join(char *text, const char *records, const size_t *ends, size_t count, bool reverse)
{
    for (size_t i = 0; i < count; i++) {
        size_t place = reverse ? count - 1 - i : i;
        size_t start = place > 0 ? ends[place - 1] : 0;

        if (i > 0)
            *text++ = ',';
        memcpy(text, records + start, ends[place] - start);
        text += ends[place] - start;
    }
    *text = '\0';
}

void
listing_answer(struct service *service, struct exchange *exchange, const struct page *page,
               const void *records, size_t count, listing_append *append)
{
    struct response *response = &service->response; /* nobody is being answered now */
    size_t shown = count < (size_t)page->limit ? count : (size_t)page->limit;
    size_t ends[PAGE_LIMIT_MAX];
    size_t length = 0; /* of the records without their commas */
    size_t fit = 0;
    char *text;

    response_init(response);
    while (fit < shown) {
        append(records, fit, response);
        if (response->overflow || response->body_length + fit + ENVELOPE_SIZE >= RESPONSE_BODY_SIZE)
            break;
        length = ends[fit++] = response->body_length;
    }
    text = malloc(length + fit + ENVELOPE_SIZE);
    if (text == NULL || (fit == 0 && shown > 0)) {
        exchange->error = text == NULL ? API_UNAVAILABLE : API_INTERNAL_ERROR;
        free(text);
        return;
    }
    strcpy(text, "{\"data\":[");
    join(text + strlen(text), response_body(response), ends, fit, page->backward);
    strcat(text, count > fit ? "],\"has_more\":true}" : "],\"has_more\":false}");
    represent_by_text(exchange, text);
}
