/*
 * The routes of the API: one row a path.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/routes.h"

#include "api/deliveries.h"
#include "api/documents.h"
#include "api/endpoints.h"
#include "api/events.h"
#include "api/health.h"
#include "api/lists.h"
#include "api/metrics_page.h"
#include "api/notices.h"
#include "api/payments.h"
#include "api/refunds.h"

#define GET(handler) .path.get = true, .get = (handler)
#define DELETE(handler) .path.del = true, .del = (handler)
#define POST(handler) .path.post = true, .post = (handler)

static const struct api_route routes[] = {
    {.path.pattern = "/payments", GET(payments_list), POST(payments_create)},
    {.path.pattern = "/payments/{id}", GET(payments_read)},
    {.path.pattern = "/refunds", GET(refunds_list), POST(refunds_create)},
    {.path.pattern = "/refunds/{id}", GET(refunds_read)},
    {.path.pattern = "/processors/{name}/events", POST(notices_take), .access = ACCESS_SIGNED},
    {.path.pattern = "/events", GET(events_list)},
    {.path.pattern = "/events/{id}", GET(events_read)},
    {.path.pattern = "/events/{id}/attempts", GET(deliveries_attempts)},
    {.path.pattern = "/events/{id}/redeliver", POST(deliveries_of_event)},
    {.path.pattern = "/webhook_endpoints", GET(endpoints_list), POST(endpoints_create)},
    {.path.pattern = "/webhook_endpoints/{id}",
     GET(endpoints_read),
     POST(endpoints_change),
     DELETE(endpoints_delete)},
    {.path.pattern = "/webhook_endpoints/{id}/redeliver", POST(deliveries_of_endpoint)},
    {.path.pattern = "/webhook_endpoints/{id}/rotate", POST(endpoints_rotate)},
    {.path.pattern = "/healthz", GET(health_live), .access = ACCESS_OPEN},
    {.path.pattern = "/readyz", GET(health_ready), .access = ACCESS_OPEN},
    {.path.pattern = "/metrics", GET(metrics_read), .access = ACCESS_OPEN},
    {.path.pattern = "/openapi.json", GET(documents_describe), .access = ACCESS_OPEN},
    {.path.pattern = "/docs", GET(documents_lead), .access = ACCESS_OPEN},
    {.path.pattern = "/docs/", GET(documents_page), .access = ACCESS_OPEN},
    {.path.pattern = "/docs/{file}", GET(documents_file), .access = ACCESS_OPEN},
};

const struct api_route *
api_route_find(const char *path, char argument[ROUTE_ARGUMENT_SIZE])
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (router_path_matches(&routes[i].path, path, argument))
            return &routes[i];
    }
    return NULL;
}

const struct api_route *
api_route_table(size_t *count)
{
    *count = sizeof routes / sizeof routes[0];
    return routes;
}

_Static_assert(sizeof routes / sizeof routes[0] < METRICS_ROUTES, "each route is counted");

size_t
api_route_number(const struct api_route *route)
{
    return route != NULL ? (size_t)(route - routes) + 1 : 0;
}

api_handler *
api_route_handler(const struct api_route *route, enum http_method method)
{
    if (method == METHOD_DELETE)
        return route->del;
    return method == METHOD_POST ? route->post : route->get;
}
