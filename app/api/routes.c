/*
 * The routes of the API: one row a path.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/routes.h"

#include "api/health.h"
#include "api/payments.h"
#include "api/refunds.h"

static const struct route routes[] = {
    {.pattern = "/payments", .post = payments_create},
    {.pattern = "/payments/{id}", .get = payments_read},
    {.pattern = "/refunds", .post = refunds_create},
    {.pattern = "/healthz", .get = health_live, .open = true},
    {.pattern = "/readyz", .get = health_ready, .open = true},
};

const struct route *
api_routes(size_t *count)
{
    *count = sizeof routes / sizeof routes[0];
    return routes;
}
