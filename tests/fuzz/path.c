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
check_argument(const struct route_match *match, const char *path)
{
    size_t fixed = strcspn(match->route->pattern, "{");
    const char *segment = path + fixed;

    CHECK(strncmp(path, match->route->pattern, fixed) == 0);
    if (match->route->pattern[fixed] == '\0') {
        CHECK(*segment == '\0' && match->argument[0] == '\0');
        return;
    }
    CHECK(*segment != '\0' && strchr(segment, '/') == NULL);
    CHECK(strcmp(match->argument, strlen(segment) < ROUTE_ARGUMENT_SIZE ? segment : "") == 0);
    check_text(match->argument);
}

static void
check_route(const char *path)
{
    size_t count;
    const struct route *routes = api_routes(&count);
    struct route_match match, other;
    enum route_status status = router_match(routes, count, METHOD_OPTIONS, path, &match);

    CHECK(status == ROUTE_OPTIONS || status == ROUTE_NOT_FOUND);
    CHECK((match.route != NULL) == (status == ROUTE_OPTIONS));
    CHECK((match.allow[0] != '\0') == (status == ROUTE_OPTIONS));
    for (int method = METHOD_GET; method <= METHOD_OTHER; method++) {
        enum route_status found =
            router_match(routes, count, (enum http_method)method, path, &other);

        CHECK(other.route == match.route);
        CHECK((found == ROUTE_FOUND) == (other.handler != NULL));
        CHECK((found == ROUTE_NOT_FOUND) == (match.route == NULL));
        if (other.route != NULL)
            check_argument(&other, path);
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
