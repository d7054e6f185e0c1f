/*
 * A query: the parameters behind the "?" of a URL, decoded.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_QUERY_H
#define PAYMENT_API_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#define QUERY_SIZE 1024         /* one of more than 1022 bytes is too long */
#define QUERY_PARAMETERS_MAX 24 /* more than any path has */

/* One parameter; "created[gte]=1" and "created%5Bgte%5D=1" are the same. */
struct query_parameter {
    const char *name;  /* never "" */
    const char *value; /* "" where there is no "=", too */
};

struct query {
    char text[QUERY_SIZE];                                   /* what the parameters point to */
    struct query_parameter parameters[QUERY_PARAMETERS_MAX]; /* in the order they were sent in */
    size_t count;
};

/*
 * Takes a query string apart: "name=value" with "&" between, escapes (RFC 3986 section 2.1)
 * decoded. A "+" stands for itself, not for a space, so that a time zone needs no escape. False:
 * too long, too many parameters, one without a name, a broken escape, or an escaped NUL; the
 * parameters before it are there.
 */
bool query_parse(const char *text, struct query *query);

#endif
