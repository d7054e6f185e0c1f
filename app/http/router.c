/*
 * The router: finds a request's row in a table of routes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/router.h"

#include <stdio.h>
#include <string.h>

bool
router_path_matches(const struct route_path *row, const char *path,
                    char argument[ROUTE_ARGUMENT_SIZE])
{
    size_t fixed = strcspn(row->pattern, "{");
    const char *segment = path + fixed;
    const char *rest; /* of the pattern, behind the argument */
    size_t length;

    if (strncmp(row->pattern, path, fixed) != 0)
        return false;
    argument[0] = '\0';
    if (row->pattern[fixed] == '\0')
        return *segment == '\0';
    rest = row->pattern + fixed + strcspn(row->pattern + fixed, "}") + 1;
    length = strcspn(segment, "/");
    if (length == 0 || strcmp(segment + length, rest) != 0)
        return false;
    if (length < ROUTE_ARGUMENT_SIZE) {
        memcpy(argument, segment, length);
        argument[length] = '\0';
    }
    return true;
}

enum route_status
router_status(const struct route_path *row, enum http_method method)
{
    bool allowed = false;

    switch (method) {
    case METHOD_GET:
    case METHOD_HEAD:
        allowed = row->get;
        break;
    case METHOD_POST:
        allowed = row->post;
        break;
    case METHOD_DELETE:
        allowed = row->del;
        break;
    case METHOD_OPTIONS:
        return ROUTE_OPTIONS;
    case METHOD_OTHER:
        break;
    }
    return allowed ? ROUTE_FOUND : ROUTE_METHOD_NOT_ALLOWED;
}

void
router_allow(const struct route_path *row, char allow[RESPONSE_ALLOW_SIZE])
{
    snprintf(allow, RESPONSE_ALLOW_SIZE, "%s%s%sOPTIONS", row->get ? "GET, HEAD, " : "",
             row->post ? "POST, " : "", row->del ? "DELETE, " : "");
}
