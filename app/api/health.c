/*
 * /healthz and /readyz: for load balancers and monitors.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/health.h"

#include <stdio.h>

#include "api/context.h"
#include "api/output.h"
#include "store/payment_store.h"

static void
answer_ok(struct response *response)
{
    response->status = 200;
    snprintf(response->body, sizeof response->body, "{\"status\":\"ok\"}");
}

void
health_live(struct context *context)
{
    answer_ok(&context->response);
}

void
health_ready(struct context *context)
{
    static const struct identifier nobody = {.bytes = {0}};
    struct payment payment;
    enum store_result result;

    /* A node outside the primary component still connects and answers SELECT 1: read a table. */
    result = payment_store_find(context->database, context->deadline, &nobody, &nobody, &payment);
    if (result == STORE_OK || result == STORE_NOT_FOUND)
        answer_ok(&context->response);
    else
        response_set_error(&context->response, output_store_error(result, API_INTERNAL_ERROR));
}
