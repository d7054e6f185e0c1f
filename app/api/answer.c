/*
 * The one place that answers: an exchange, whatever became of it, as text for the web server.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/answer.h"

#include "api/problem.h"
#include "api/routes.h"

static void
answer_error(const struct exchange *exchange, struct response *response)
{
    const struct error_row *row = error_row(exchange->error);

    response->retry_after_seconds = row->retry_after_seconds;
    response->challenge = exchange->challenge;
    response_clear_body(response);
    problem_append(exchange, exchange->error, NULL, NULL, response);
}

const char *
answer_text(const struct exchange *exchange, struct service *service, size_t *length)
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
                  exchange->route != NULL ? exchange->route->path.pattern : "-");
        answer_error(&failed, response);
    }
    return response_text(response, exchange->method, exchange->id, length);
}
