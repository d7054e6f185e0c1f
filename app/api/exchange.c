/*
 * An exchange: one request that a worker has in hand, and what becomes of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/exchange.h"

#include <string.h>

#include "api/authentication.h"
#include "api/routes.h"

static void
take_route(struct exchange *exchange, const struct request *request)
{
    enum route_status status;

    exchange->route = api_route_find(request->path, exchange->argument);
    if (exchange->route == NULL) {
        exchange->error = API_NOT_FOUND;
        return;
    }
    status = router_status(&exchange->route->path, request->method);
    if (status == ROUTE_METHOD_NOT_ALLOWED)
        exchange->error = API_METHOD_NOT_ALLOWED;
}

static void
take_idempotency_key(struct exchange *exchange, const struct header *header)
{
    exchange->has_idempotency_key = header->value != NULL;
    exchange->good_idempotency_key =
        header->value != NULL && !header->repeated &&
        idempotency_key_parse(header->value, exchange->idempotency_key);
}

void
exchange_begin(struct exchange *exchange, const struct service *service,
               const struct inbound *inbound)
{
    struct request request;

    memset(exchange, 0, offsetof(struct exchange, charge));
    request_init(&request, inbound->params);
    exchange->connection = inbound->connection;
    memcpy(exchange->id, request.id, sizeof exchange->id);
    memcpy(exchange->base, request.base, sizeof exchange->base);
    exchange->method = request.method;
    exchange->is_json = request_is_json(&request);
    exchange->body_status = inbound->body_status;
    exchange->body = inbound->body;
    exchange->body_length = inbound->body_length;
    exchange->waited_ms = request.waited_ms;
    exchange->started_at = clock_monotonic_ms();
    exchange->deadline = (struct deadline){.at = inbound->arrived_at +
                                                 (int64_t)service->config->request_timeout * 1000};
    take_idempotency_key(exchange, &request.idempotency_key);
    take_route(exchange, &request);
    if (exchange->error == API_OK)
        authentication_take(exchange, &request.authorization);
}

bool
exchange_is_settled(const struct exchange *exchange)
{
    return exchange->error != API_OK || exchange->work == WORK_NONE;
}

static void
answer_error(const struct exchange *exchange, struct response *response)
{
    const struct error_row *row = error_row(exchange->error);

    response->status = row->status;
    response->retry_after_seconds = row->retry_after_seconds;
    response->challenge = exchange->challenge;
    response_clear_body(response);
    response_append(response, "{\"error\":\"%s\"}", row->message);
}

const char *
exchange_answer(const struct exchange *exchange, struct service *service, size_t *length)
{
    struct response *response = &service->response;

    response_init(response);
    if (exchange->route != NULL &&
        (exchange->method == METHOD_OPTIONS || exchange->error == API_METHOD_NOT_ALLOWED))
        router_allow(&exchange->route->path, response->allow);
    if (exchange->error != API_OK)
        answer_error(exchange, response);
    else if (exchange->represent != NULL)
        exchange->represent(exchange, response);
    else
        response->status = 204; /* OPTIONS */
    if (response->overflow) {
        struct exchange failed = {.error = API_INTERNAL_ERROR};

        log_write(&service->log, LOG_LEVEL_ERROR, "%s: an answer that does not fit",
                  exchange->route->path.pattern);
        answer_error(&failed, response);
    }
    return response_text(response, exchange->method, exchange->id, length);
}
