/*
 * The router: finds a request's row in a const route table.
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

struct context; /* of the worker; see api/context.h */

typedef void route_handler(struct context *context);

/* One row is one path. A NULL handler is a method that is not allowed there. */
struct route {
    const char *pattern; /* "/payments/{id}": a last segment in braces is the argument */
    route_handler *get;  /* also answers HEAD */
    route_handler *post;
    bool open; /* needs no API key */
};

enum route_status {
    ROUTE_FOUND,
    ROUTE_OPTIONS,            /* the path exists and is asked what it allows */
    ROUTE_NOT_FOUND,          /* no such path */
    ROUTE_METHOD_NOT_ALLOWED, /* the path exists, but not with this method */
};

struct route_match {
    const struct route *route;          /* NULL on ROUTE_NOT_FOUND */
    route_handler *handler;             /* NULL unless ROUTE_FOUND */
    char argument[ROUTE_ARGUMENT_SIZE]; /* "" where the pattern has none, or it was too long */
    char allow[RESPONSE_ALLOW_SIZE];    /* the value of Allow, "" on ROUTE_NOT_FOUND */
};

enum route_status router_match(const struct route *routes, size_t count, enum http_method method,
                               const char *path, struct route_match *match)
    __attribute__((warn_unused_result));

#endif
