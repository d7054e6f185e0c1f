/*
 * Paths and identifiers: a path finds its one route, and an identifier has one text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <stdbool.h>

#include "api/routes.h"
#include "domain/identifier.h"
#include "http/router.h"

static const enum identifier_kind kinds[] = {
    IDENTIFIER_PAYMENT,
    IDENTIFIER_REFUND,
    IDENTIFIER_MERCHANT,
    IDENTIFIER_API_KEY,
};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

/* At most one kind takes the text, and writes it back as it was. */
static void
check_text(const char *text)
{
    int taken = 0;

    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct identifier id;
        char again[IDENTIFIER_TEXT_SIZE];

        if (!identifier_parse(kinds[i], text, &id))
            continue;
        taken++;
        identifier_format(kinds[i], &id, again);
        CHECK(strcmp(again, text) == 0);
    }
    CHECK(taken <= 1);
}

/* Any 16 bytes are an identifier. */
static void
check_bytes(const uint8_t *data)
{
    struct identifier id, again;
    char text[IDENTIFIER_TEXT_SIZE];

    memcpy(id.bytes, data, IDENTIFIER_SIZE);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        identifier_format(kinds[i], &id, text);
        CHECK(identifier_parse(kinds[i], text, &again));
        CHECK(identifier_equal(&id, &again));
    }
}

static void
check_argument(const struct route_path *row, const char *argument, const char *path)
{
    size_t fixed = strcspn(row->pattern, "{");
    const char *segment = path + fixed;

    CHECK(strncmp(path, row->pattern, fixed) == 0);
    if (row->pattern[fixed] == '\0') {
        CHECK(*segment == '\0' && argument[0] == '\0');
        return;
    }
    CHECK(*segment != '\0' && strchr(segment, '/') == NULL);
    CHECK(strcmp(argument, strlen(segment) < ROUTE_ARGUMENT_SIZE ? segment : "") == 0);
    check_text(argument);
}

static void
check_route(const char *path)
{
    char argument[ROUTE_ARGUMENT_SIZE], allow[RESPONSE_ALLOW_SIZE];
    const struct api_route *route = api_route_find(path, argument);

    if (route == NULL)
        return;
    check_argument(&route->path, argument, path);
    router_allow(&route->path, allow);
    CHECK(strlen(allow) < sizeof allow);
    CHECK(router_status(&route->path, METHOD_OPTIONS) == ROUTE_OPTIONS);
    for (int method = METHOD_GET; method <= METHOD_OTHER; method++) {
        if (router_status(&route->path, (enum http_method)method) == ROUTE_FOUND)
            CHECK(api_route_handler(route, (enum http_method)method) != NULL);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    check_route(text);
    check_text(text);
    if (size >= IDENTIFIER_SIZE)
        check_bytes(data);
    free(text);
    return 0;
}
