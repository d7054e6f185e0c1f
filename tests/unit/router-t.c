/*
 * The router: paths, methods and what is allowed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "api/routes.h"

static enum route_status
match(enum http_method method, const char *path, struct route_match *found)
{
    size_t count;
    const struct route *routes = api_routes(&count);

    return router_match(routes, count, method, path, found);
}

static void
finds_each_route(void **state)
{
    struct route_match found;

    (void)state;
    assert_int_equal(match(METHOD_POST, "/payments", &found), ROUTE_FOUND);
    assert_int_equal(match(METHOD_GET, "/payments/pay_1", &found), ROUTE_FOUND);
    assert_string_equal(found.argument, "pay_1");
    assert_int_equal(match(METHOD_HEAD, "/payments/pay_1", &found), ROUTE_FOUND);
    assert_int_equal(match(METHOD_POST, "/refunds", &found), ROUTE_FOUND);
    assert_int_equal(match(METHOD_GET, "/healthz", &found), ROUTE_FOUND);
    assert_true(found.route->open);
}

static void
knows_what_is_allowed(void **state)
{
    struct route_match found;

    (void)state;
    assert_int_equal(match(METHOD_GET, "/payments", &found), ROUTE_METHOD_NOT_ALLOWED);
    assert_string_equal(found.allow, "POST, OPTIONS");
    assert_int_equal(match(METHOD_OTHER, "/payments/x", &found), ROUTE_METHOD_NOT_ALLOWED);
    assert_string_equal(found.allow, "GET, HEAD, OPTIONS");
    assert_int_equal(match(METHOD_OPTIONS, "/refunds", &found), ROUTE_OPTIONS);
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
                                        "/refunds/x",
                                        "/Payments"};
    struct route_match found;
    char path[200];

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_int_equal(match(METHOD_GET, paths[i], &found), ROUTE_NOT_FOUND);
    memset(path, 'x', sizeof path);
    memcpy(path, "/payments/", 10);
    path[sizeof path - 1] = '\0';
    assert_int_equal(match(METHOD_GET, path, &found), ROUTE_FOUND);
    assert_string_equal(found.argument, ""); /* too long for anything that exists */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_route),
        cmocka_unit_test(knows_what_is_allowed),
        cmocka_unit_test(has_no_other_path),
    };

    return RUN(tests);
}
