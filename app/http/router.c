/*
 * The router: finds a request's row in a const route table.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/router.h"

#include <stdio.h>
#include <string.h>

/* True when the path fits the pattern; the segment in the place of "{...}" becomes the argument. */
static bool
path_matches(const char *pattern, const char *path, char argument[ROUTE_ARGUMENT_SIZE])
{
    size_t fixed = strcspn(pattern, "{");
    const char *segment = path + fixed;

    if (strncmp(pattern, path, fixed) != 0)
        return false;
    argument[0] = '\0';
    if (pattern[fixed] == '\0')
        return *segment == '\0';
    if (*segment == '\0' || strchr(segment, '/') != NULL)
        return false;
    if (strlen(segment) < ROUTE_ARGUMENT_SIZE)
        strcpy(argument, segment);
    return true;
}

static void
list_methods(const struct route *route, char allow[RESPONSE_ALLOW_SIZE])
{
    snprintf(allow, RESPONSE_ALLOW_SIZE, "%s%sOPTIONS", route->get != NULL ? "GET, HEAD, " : "",
             route->post != NULL ? "POST, " : "");
}

static route_handler *
handler_of(const struct route *route, enum http_method method)
{
    switch (method) {
    case METHOD_GET:
    case METHOD_HEAD:
        return route->get;
    case METHOD_POST:
        return route->post;
    case METHOD_OPTIONS:
    case METHOD_OTHER:
        break;
    }
    return NULL;
}

enum route_status
router_match(const struct route *routes, size_t count, enum http_method method, const char *path,
             struct route_match *match)
{
    memset(match, 0, sizeof *match);
    for (size_t i = 0; i < count; i++) {
        if (!path_matches(routes[i].pattern, path, match->argument))
            continue;
        match->route = &routes[i];
        list_methods(match->route, match->allow);
        if (method == METHOD_OPTIONS)
            return ROUTE_OPTIONS;
        match->handler = handler_of(match->route, method);
        return match->handler != NULL ? ROUTE_FOUND : ROUTE_METHOD_NOT_ALLOWED;
    }
    return ROUTE_NOT_FOUND;
}
