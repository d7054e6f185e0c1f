/*
 * The router: paths, methods and what is allowed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "api/routes.h"

static enum route_status
match(enum http_method method, const char *path, char argument[ROUTE_ARGUMENT_SIZE])
{
    const struct api_route *route = api_route_find(path, argument);

    return route != NULL ? router_status(&route->path, method) : ROUTE_NOT_FOUND;
}

static void
finds_each_route(void **state)
{
    char argument[ROUTE_ARGUMENT_SIZE];

    (void)state;
    assert_int_equal(match(METHOD_POST, "/payments", argument), ROUTE_FOUND);
    assert_int_equal(match(METHOD_GET, "/payments/pay_1", argument), ROUTE_FOUND);
    assert_string_equal(argument, "pay_1");
    assert_int_equal(match(METHOD_HEAD, "/payments/pay_1", argument), ROUTE_FOUND);
    assert_int_equal(match(METHOD_POST, "/refunds", argument), ROUTE_FOUND);
    assert_int_equal(match(METHOD_GET, "/refunds/refund_1", argument), ROUTE_FOUND);
    assert_string_equal(argument, "refund_1");
    assert_int_equal(match(METHOD_GET, "/healthz", argument), ROUTE_FOUND);
    assert_int_equal(api_route_find("/healthz", argument)->access, ACCESS_OPEN);
    assert_int_equal(api_route_find("/payments", argument)->access, ACCESS_KEY);
}

/* A row says twice which methods it has: once for the router, once by its handlers. */
static void
methods_have_handlers(void **state)
{
    static const char *const paths[] = {"/payments",  "/payments/x", "/refunds",
                                        "/refunds/x", "/healthz",    "/readyz"};
    char argument[ROUTE_ARGUMENT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        const struct api_route *route = api_route_find(paths[i], argument);

        assert_non_null(route);
        assert_int_equal(route->path.get, route->get != NULL);
        assert_int_equal(route->path.post, route->post != NULL);
        assert_int_equal(route->path.del, route->del != NULL);
    }
}

static void
assert_allows(const char *path, const char *expected)
{
    char argument[ROUTE_ARGUMENT_SIZE], allow[RESPONSE_ALLOW_SIZE];

    router_allow(&api_route_find(path, argument)->path, allow);
    assert_string_equal(allow, expected);
}

static void
knows_what_is_allowed(void **state)
{
    char argument[ROUTE_ARGUMENT_SIZE];

    (void)state;
    assert_int_equal(match(METHOD_POST, "/payments/x", argument), ROUTE_METHOD_NOT_ALLOWED);
    assert_int_equal(match(METHOD_OTHER, "/payments/x", argument), ROUTE_METHOD_NOT_ALLOWED);
    assert_int_equal(match(METHOD_OPTIONS, "/refunds", argument), ROUTE_OPTIONS);
    assert_allows("/payments", "GET, HEAD, POST, OPTIONS");
    assert_allows("/payments/x", "GET, HEAD, OPTIONS");
}

static void
has_no_other_path(void **state)
{
    static const char *const paths[] = {"",
                                        "/",
                                        "/payment",
                                        "/payments/",
                                        "/payments/a/b",
                                        "payments",
                                        "/payments/a/",
                                        "//payments",
                                        "/refunds/",
                                        "/Payments"};
    char argument[ROUTE_ARGUMENT_SIZE];
    char path[200];

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_int_equal(match(METHOD_GET, paths[i], argument), ROUTE_NOT_FOUND);
    memset(path, 'x', sizeof path);
    memcpy(path, "/payments/", 10);
    path[sizeof path - 1] = '\0';
    assert_int_equal(match(METHOD_GET, path, argument), ROUTE_FOUND);
    assert_string_equal(argument, ""); /* too long for anything that exists */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_route),
        cmocka_unit_test(methods_have_handlers),
        cmocka_unit_test(knows_what_is_allowed),
        cmocka_unit_test(has_no_other_path),
    };

    return RUN(tests);
}
