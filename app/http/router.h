/*
 * The router: finds a request's row in a table of routes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_ROUTER_H
#define PAYMENT_API_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"
#include "http/response.h"

#define ROUTE_ARGUMENT_SIZE 64 /* longer segments name nothing that exists */

/* What the router knows of one row: one path. */
struct route_path {
    const char *pattern; /* "/payments/{id}": one segment in braces is the argument */
    bool get;            /* also answers HEAD */
    bool post;
    bool del; /* DELETE */
};

enum route_status {
    ROUTE_FOUND,
    ROUTE_OPTIONS,            /* the path exists and is asked what it allows */
    ROUTE_NOT_FOUND,          /* no such path */
    ROUTE_METHOD_NOT_ALLOWED, /* the path exists, but not with this method */
};

/* True when the path fits the row; its segment in the place of "{...}" becomes the argument (""
 * where there is none, or it was too long). */
bool router_path_matches(const struct route_path *row, const char *path,
                         char argument[ROUTE_ARGUMENT_SIZE]);

/* What a path that fits the row is to a method. */
enum route_status router_status(const struct route_path *row, enum http_method method);

/* The value of Allow. */
void router_allow(const struct route_path *row, char allow[RESPONSE_ALLOW_SIZE]);

#endif
