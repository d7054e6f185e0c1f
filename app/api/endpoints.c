/*
 * /webhook_endpoints: where a merchant wants its events to be sent.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/endpoints.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/input.h"
#include "api/representation.h"
#include "domain/card_number.h"
#include "store/endpoint_store.h"

/* How long the secret before signs, too, once there is a new one. */
#define OVERLAP_MS (INT64_C(24) * 3600 * 1000)

static struct endpoint_owner
owner_of(const struct exchange *exchange)
{
    return (struct endpoint_owner){.merchant_id = exchange->credential.merchant_id,
                                   .mode = exchange->credential.mode};
}

static enum api_error
read_url(const struct json_body *body, struct endpoint_asked *asked, bool required)
{
    const json_t *member = json_body_get(body, "url");
    const char *url = json_string_value(member);

    if (member == NULL && !required)
        return API_OK;
    if (url == NULL || !webhook_url_is(url))
        return API_INVALID_URL;
    strcpy(asked->endpoint.url, url);
    asked->sets_url = true;
    return API_OK;
}

/* A list of words: "*" stands alone. */
static enum api_error
read_events(const struct json_body *body, struct endpoint_asked *asked, bool required)
{
    const json_t *member = json_body_get(body, "events");
    uint32_t events = 0;

    if (member == NULL && !required)
        return API_OK;
    if (!json_is_array(member) || json_array_size(member) == 0)
        return API_INVALID_EVENTS;
    for (size_t i = 0; i < json_array_size(member); i++) {
        const char *word = json_string_value(json_array_get(member, i));
        uint32_t one;

        if (word == NULL || strchr(word, ',') != NULL || !webhook_events_parse(word, &one) ||
            (one == WEBHOOK_ALL_EVENTS && json_array_size(member) > 1))
            return API_INVALID_EVENTS;
        events |= one;
    }
    asked->endpoint.events = events;
    return API_OK;
}

static enum api_error
read_description(const struct json_body *body, struct endpoint_asked *asked)
{
    const json_t *member = json_body_get(body, "description");
    const char *description = json_string_value(member);

    asked->sets_description = member != NULL;
    if (member == NULL || json_is_null(member))
        return API_OK;
    if (description == NULL || utf8_length(description) > WEBHOOK_DESCRIPTION_MAX ||
        card_number_in(description))
        return API_INVALID_DESCRIPTION;
    strcpy(asked->endpoint.description, description);
    asked->endpoint.has_description = true;
    return API_OK;
}

static enum api_error
read_status(const struct json_body *body, struct endpoint_asked *asked)
{
    const json_t *member = json_body_get(body, "status");
    const char *status = json_string_value(member);

    if (member == NULL)
        return API_OK;
    if (status == NULL || (strcmp(status, "enabled") != 0 && strcmp(status, "disabled") != 0))
        return API_INVALID_STATUS;
    asked->sets_disabled = true;
    asked->endpoint.disabled_by =
        strcmp(status, "disabled") == 0 ? WEBHOOK_BY_MERCHANT : WEBHOOK_NOBODY;
    return API_OK;
}

/* The members in the order in which their errors are told. */
static enum api_error
read_members(struct exchange *exchange, bool is_new)
{
    struct endpoint_asked *asked = &exchange->endpoint;
    struct json_body body;
    enum api_error error = input_body(exchange, &body);

    if (error != API_OK)
        return error;
    memset(asked, 0, sizeof *asked);
    error = read_url(&body, asked, is_new);
    if (error == API_OK)
        error = read_events(&body, asked, is_new);
    if (error == API_OK)
        error = read_description(&body, asked);
    if (error == API_OK && !is_new)
        error = read_status(&body, asked);
    json_body_free(&body);
    return error;
}

static void
append_events(uint32_t events, struct response *response)
{
    char words[WEBHOOK_EVENTS_SIZE];

    webhook_events_format(events, words);
    response_append(response, "[\"");
    for (const char *word = words; *word != '\0'; word++) {
        if (*word == ',')
            response_append(response, "\",\"");
        else
            response_append(response, "%c", *word);
    }
    response_append(response, "\"]");
}

/* secret is shown this once; NULL: not shown. */
static void
append_endpoint(const struct webhook_endpoint *endpoint, const struct webhook_secret *secret,
                struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE], created_at[CLOCK_TEXT_SIZE];
    char text[WEBHOOK_SECRET_TEXT_SIZE];
    const char *disabler = webhook_disabler_name(endpoint->disabled_by);

    identifier_format(IDENTIFIER_ENDPOINT, &endpoint->id, id);
    clock_format(endpoint->created_at, created_at);
    response_append(response, "{\"id\":\"%s\",\"url\":\"%s\",\"events\":", id, endpoint->url);
    append_events(endpoint->events, response);
    response_append(response, ",\"description\":");
    response_append_string(response, endpoint->has_description ? endpoint->description : NULL);
    response_append(response, ",\"status\":\"%s\"", disabler == NULL ? "enabled" : "disabled");
    if (disabler != NULL)
        response_append(response, ",\"disabled_by\":\"%s\"", disabler);
    response_append(response, ",\"created_at\":\"%s\"", created_at);
    if (secret != NULL) {
        webhook_secret_format(secret, text);
        response_append(response, ",\"secret\":\"%s\"", text);
        OPENSSL_cleanse(text, sizeof text);
    }
    response_append(response, "}");
}

static void
represent_endpoint(const struct exchange *exchange, struct response *response)
{
    response->status = 200;
    append_endpoint(&exchange->endpoint.endpoint, NULL, response);
}

static void
represent_rotated_endpoint(const struct exchange *exchange, struct response *response)
{
    response->status = 200;
    append_endpoint(&exchange->endpoint.endpoint, &exchange->endpoint.secret, response);
}

static void
represent_new_endpoint(const struct exchange *exchange, struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_ENDPOINT, &exchange->endpoint.endpoint.id, id);
    snprintf(response->location, sizeof response->location, "%s/webhook_endpoints/%s",
             exchange->base, id);
    response->status = 201;
    append_endpoint(&exchange->endpoint.endpoint, &exchange->endpoint.secret, response);
}

static void
represent_deleted_endpoint(const struct exchange *exchange, struct response *response)
{
    char id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_ENDPOINT, &exchange->endpoint.endpoint.id, id);
    response->status = 200;
    response_append(response, "{\"id\":\"%s\",\"deleted\":true}", id);
}

static void
create(struct service *service, struct exchange *exchange)
{
    struct webhook_endpoint *endpoint = &exchange->endpoint.endpoint;
    enum store_result result = STORE_FAILED;

    endpoint->merchant_id = exchange->credential.merchant_id;
    endpoint->mode = exchange->credential.mode;
    endpoint->created_at = clock_wall_ms();
    if (identifier_new(endpoint->created_at, &endpoint->id) &&
        webhook_secret_new(endpoint->created_at, &exchange->endpoint.secret))
        result = endpoint_store_insert(service->database, exchange->deadline, endpoint,
                                       &exchange->endpoint.secret, NULL);
    exchange->error = result == STORE_REFUSED ? API_TOO_MANY_ENDPOINTS
                                              : error_of_store(result, API_INTERNAL_ERROR);
}

enum api_error
endpoints_create(const struct service *service, struct exchange *exchange)
{
    /* Nothing would ever be sent. */
    if (!service->config->webhooks)
        return API_NO_WEBHOOKS;
    exchange->work = WORK_ALONE;
    exchange->alone = create;
    exchange->represent = represent_new_endpoint;
    return read_members(exchange, true);
}

static void
list(struct service *service, struct exchange *exchange)
{
    const struct endpoint_owner owner = owner_of(exchange);
    struct webhook_endpoint *endpoints = malloc(ENDPOINTS_MAX * sizeof *endpoints);
    struct response *response = &service->response; /* nobody is being answered now */
    enum store_result result = STORE_UNAVAILABLE;
    size_t count = 0;
    char *text = NULL;

    if (endpoints != NULL)
        result =
            endpoint_store_list(service->database, exchange->deadline, &owner, endpoints, &count);
    exchange->error = error_of_store(result, API_INTERNAL_ERROR);
    if (exchange->error == API_OK) {
        response_init(response);
        response_append(response, "{\"data\":[");
        for (size_t i = 0; i < count; i++) {
            if (i > 0)
                response_append(response, ",");
            append_endpoint(&endpoints[i], NULL, response);
        }
        response_append(response, "],\"has_more\":false}");
        text = response->overflow ? NULL : strndup(response_body(response), response->body_length);
        if (text != NULL)
            represent_by_text(exchange, text);
        else
            exchange->error = API_INTERNAL_ERROR;
    }
    free(endpoints);
}

enum api_error
endpoints_list(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->work = WORK_ALONE;
    exchange->alone = list;
    return API_OK;
}

/* The id that the path names. */
static enum api_error
read_id(struct exchange *exchange)
{
    return identifier_parse(IDENTIFIER_ENDPOINT, exchange->argument,
                            &exchange->endpoint.endpoint.id)
               ? API_OK
               : API_ENDPOINT_NOT_FOUND;
}

static void
find(struct service *service, struct exchange *exchange)
{
    const struct endpoint_owner owner = owner_of(exchange);
    const struct identifier id = exchange->endpoint.endpoint.id;

    exchange->error = error_of_store(endpoint_store_find(service->database, exchange->deadline,
                                                         &owner, &id, &exchange->endpoint.endpoint),
                                     API_ENDPOINT_NOT_FOUND);
}

enum api_error
endpoints_read(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->work = WORK_ALONE;
    exchange->alone = find;
    exchange->represent = represent_endpoint;
    return read_id(exchange);
}

static void
change(struct service *service, struct exchange *exchange)
{
    const struct endpoint_owner owner = owner_of(exchange);
    const struct endpoint_asked asked = exchange->endpoint; /* the answer takes its place */
    const struct endpoint_change changes = {
        .url = asked.sets_url ? asked.endpoint.url : NULL,
        .events = asked.endpoint.events,
        .sets_description = asked.sets_description,
        .description = asked.endpoint.has_description ? asked.endpoint.description : NULL,
        .sets_disabled = asked.sets_disabled,
        .disabled = asked.endpoint.disabled_by != WEBHOOK_NOBODY,
        .now = clock_wall_ms(),
    };

    exchange->error = error_of_store(endpoint_store_change(service->database, exchange->deadline,
                                                           &owner, &asked.endpoint.id, &changes,
                                                           NULL, &exchange->endpoint.endpoint),
                                     API_ENDPOINT_NOT_FOUND);
}

enum api_error
endpoints_change(const struct service *service, struct exchange *exchange)
{
    enum api_error error = read_members(exchange, false);

    (void)service;
    exchange->work = WORK_ALONE;
    exchange->alone = change;
    exchange->represent = represent_endpoint;
    return error == API_OK ? read_id(exchange) : error;
}

static void
rotate(struct service *service, struct exchange *exchange)
{
    const struct endpoint_owner owner = owner_of(exchange);
    const struct identifier id = exchange->endpoint.endpoint.id;
    int64_t now = clock_wall_ms();
    enum store_result result = STORE_FAILED;

    if (webhook_secret_new(now, &exchange->endpoint.secret))
        result = endpoint_store_rotate(service->database, exchange->deadline, &owner, &id,
                                       &exchange->endpoint.secret, now + OVERLAP_MS, NULL,
                                       &exchange->endpoint.endpoint);
    exchange->error = error_of_store(result, API_ENDPOINT_NOT_FOUND);
}

enum api_error
endpoints_rotate(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->work = WORK_ALONE;
    exchange->alone = rotate;
    exchange->represent = represent_rotated_endpoint;
    return read_id(exchange);
}

static void delete (struct service *service, struct exchange *exchange)
{
    const struct endpoint_owner owner = owner_of(exchange);

    exchange->error = error_of_store(endpoint_store_delete(service->database, exchange->deadline,
                                                           &owner, &exchange->endpoint.endpoint.id,
                                                           clock_wall_ms(), NULL),
                                     API_ENDPOINT_NOT_FOUND);
}

enum api_error
endpoints_delete(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->work = WORK_ALONE;
    exchange->alone = delete;
    exchange->represent = represent_deleted_endpoint;
    return read_id(exchange);
}
