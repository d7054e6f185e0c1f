/*
 * A query: the parameters behind the "?" of a URL, decoded.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/query.h"

#include <string.h>

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes the text in place; false for an escape that is none, or a NUL. */
static bool
decode(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++, to++) {
        int high, low;

        *to = *text;
        if (*text != '%')
            continue;
        high = hex_value(text[1]);
        low = high >= 0 ? hex_value(text[2]) : -1;
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *to = (char)(high << 4 | low);
        text += 2;
    }
    *to = '\0';
    return true;
}

/* Takes one parameter, whose text it may change. */
static bool
take(struct query *query, char *text)
{
    struct query_parameter *parameter = &query->parameters[query->count];
    char *equals = strchr(text, '=');

    if (query->count == QUERY_PARAMETERS_MAX)
        return false;
    parameter->name = text;
    parameter->value = "";
    if (equals != NULL) {
        *equals = '\0';
        parameter->value = equals + 1;
        if (!decode(equals + 1))
            return false;
    }
    if (*text == '\0' || !decode(text))
        return false;
    query->count++;
    return true;
}

bool
query_parse(const char *text, struct query *query)
{
    size_t length = strlen(text);
    char *rest;

    query->count = 0;
    if (length >= sizeof query->text - 1)
        return false;
    memcpy(query->text, text, length + 1);
    rest = query->text;
    while (rest != NULL) {
        char *one = strsep(&rest, "&");

        if (*one != '\0' && !take(query, one))
            return false;
    }
    return true;
}
