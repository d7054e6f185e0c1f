/*
 * The routes of the API: one row a path.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_ROUTES_H
#define PAYMENT_API_API_ROUTES_H

#include "api/exchange.h"

/* Who may call. */
enum access {
    ACCESS_KEY,    /* whoever has an API key */
    ACCESS_SIGNED, /* a processor, which signs what it sends */
    ACCESS_OPEN,   /* anybody whom the web server lets through */
};

/* One row is one path. A NULL handler is a method that is not allowed there. */
struct api_route {
    struct route_path path;
    enum access access;
    api_handler *get; /* also answers HEAD */
    api_handler *post;
    api_handler *del;
};

/* The row of a path, and its argument; NULL when there is no such path. */
const struct api_route *api_route_find(const char *path, char argument[ROUTE_ARGUMENT_SIZE]);

/* All rows; static. */
const struct api_route *api_route_table(size_t *count);

/* Under which number a route is counted: its place in the table and one more, or 0 for NULL. */
size_t api_route_number(const struct api_route *route);

/* The handler for a method that the row allows. */
api_handler *api_route_handler(const struct api_route *route, enum http_method method);

#endif
