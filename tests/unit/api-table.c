/*
 * Prints the routes and the errors of the API, for the test that holds the OpenAPI document against
 * them: "route PATTERN METHODS ACCESS", "error STATUS RETRY_AFTER MESSAGE".
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "api/routes.h"

static const char *
access_name(enum access access)
{
    switch (access) {
    case ACCESS_KEY:
        return "key";
    case ACCESS_SIGNED:
        return "signed";
    case ACCESS_OPEN:
        return "open";
    }
    return "?";
}

int
main(void)
{
    size_t count;
    const struct api_route *routes = api_route_table(&count);

    for (size_t i = 0; i < count; i++) {
        char allow[RESPONSE_ALLOW_SIZE];

        router_allow(&routes[i].path, allow);
        printf("route\t%s\t%s\t%s\n", routes[i].path.pattern, allow, access_name(routes[i].access));
    }
    for (int error = API_OK + 1; error < API_ERROR_COUNT; error++) {
        const struct error_row *row = error_row((enum api_error)error);

        printf("error\t%d\t%d\t%s\n", row->status, row->retry_after_seconds, row->message);
    }
    return 0;
}
