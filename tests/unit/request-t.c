/*
 * Requests: the base of a Location, which the client's URL must not lead elsewhere, and the id.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "http/request.h"

#define SEGMENT_64 "/456789012345678901234567890123456789012345678901234567890123456"

static void
read_base(const char *uri, const char *script_name, struct request *request)
{
    static char path[] = "PATH_INFO=/payments";
    char uri_param[512], script_param[512];
    char *params[4] = {path};
    size_t count = 1;

    snprintf(uri_param, sizeof uri_param, "REQUEST_URI=%s", uri != NULL ? uri : "");
    snprintf(script_param, sizeof script_param, "SCRIPT_NAME=%s",
             script_name != NULL ? script_name : "");
    if (uri != NULL)
        params[count++] = uri_param;
    if (script_name != NULL)
        params[count++] = script_param;
    params[count] = NULL;
    request_init(request, params);
}

static void
base_of_the_url(void **state)
{
    static const struct {
        const char *uri, *script_name, *expected;
    } cases[] = {
        {"/v1/payments", "/v1", "/v1"},
        {"/payments", "/v1", ""},
        {"/v1/payments?limit=1", "/x", "/v1"},
        {"/v1/payments#x", "/x", "/v1"},
        {"/v1/payments?next=//evil/payments", "/x", "/v1"},
        {"/shop/api-1.0/~me/v1/payments", "/x", "/shop/api-1.0/~me/v1"},
        /* A rewrite rule put the program's own name there. */
        {"/v1/payments", "/v1/payment-api.fcgi", "/v1"},
        {"/%41/payments", "/x", "/%41"},
        {"/.../payments", "/x", "/..."},
        {"/.well-known/payments", "/x", "/.well-known"},
        /* No URL, or one that PATH_INFO is no end of. */
        {NULL, "/v1", "/v1"},
        {NULL, NULL, ""},
        {NULL, "", ""},
        {"", "/v1", "/v1"},
        {"/v1/%70ayments", "/v1", "/v1"},
        {"/v1/payments/", "/v1", "/v1"},
        {"/v1", "/v1", "/v1"},
        /* Of another machine. */
        {"//evil/v1/payments", "/v1", "/v1"},
        {"//evil/payments", "/v1", "/v1"},
        {"//payments", "/v1", "/v1"},
        {"/v1//payments", "/v1", "/v1"},
        {"/v1//evil/payments", "/v1", "/v1"},
        {"http://evil/v1/payments", "/v1", "/v1"},
        {"evil/v1/payments", "/v1", "/v1"},
        {"/\\evil/payments", "/v1", "/v1"},
        {"/v1@evil:1/payments", "/v1", "/v1"},
        {"/v1 x/payments", "/v1", "/v1"},
        {"/v1\r\nX: y/payments", "/v1", "/v1"},
        {"/\x80/payments", "/v1", "/v1"},
        /* Of another place. */
        {"/../payments", "/v1", "/v1"},
        {"/./payments", "/v1", "/v1"},
        {"/a/../v1/payments", "/v1", "/v1"},
        {"/a/./v1/payments", "/v1", "/v1"},
        {"/v1/../payments", "/v1", "/v1"},
        {"/%2e%2e/v1/payments", "/v1", "/v1"},
        {"/%2E%2E/v1/payments", "/v1", "/v1"},
        {"/.%2e/v1/payments", "/v1", "/v1"},
        {"/%2e/v1/payments", "/v1", "/v1"},
        {"/a%2e/v1/payments", "/v1", "/v1"},
        /* The same of SCRIPT_NAME. */
        {"//evil/payments", "//evil", ""},
        {NULL, "/../v1", ""},
        {NULL, "/%2e%2e", ""},
        {NULL, "/v1/", ""},
        {NULL, "/v1/..", ""},
        {NULL, "v1", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request;

        read_base(cases[i].uri, cases[i].script_name, &request);
        if (strcmp(request.base, cases[i].expected) != 0)
            fail_msg("%s, %s: %s", cases[i].uri != NULL ? cases[i].uri : "no URL",
                     cases[i].script_name != NULL ? cases[i].script_name : "no name", request.base);
    }
}

static void
a_base_that_is_too_long_is_left_out(void **state)
{
    struct request request;

    (void)state;
    read_base(SEGMENT_64 SEGMENT_64 "/payments", "/v1", &request);
    assert_string_equal(request.base, SEGMENT_64 SEGMENT_64);
    read_base(SEGMENT_64 SEGMENT_64 "5/payments", "/v1", &request);
    assert_string_equal(request.base, "");
    read_base(NULL, SEGMENT_64 SEGMENT_64 "5", &request);
    assert_string_equal(request.base, "");
}

static void
the_id_is_the_web_servers_where_it_is_plain(void **state)
{
    static const struct {
        const char *id;
        bool taken;
    } cases[] = {
        {SEGMENT_64, true}, {"abc-123", true}, {SEGMENT_64 "5", false}, {"", false},
        {"a b", false},     {"a\r\nb", false}, {"\xc3\xa9", false},
    };
    char param[128];
    char *params[] = {param, NULL};
    struct request request;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(param, sizeof param, "REQUEST_ID=%s", cases[i].id);
        request_init(&request, params);
        assert_int_equal(strcmp(request.id, cases[i].id) == 0, cases[i].taken);
        assert_true(cases[i].taken || strlen(request.id) == 26);
    }
}

static void
the_query_is_found_where_the_web_server_puts_it(void **state)
{
    const char *const by_name[] = {"REQUEST_URI=/v1/payments?limit=1", "QUERY_STRING=limit=2",
                                   NULL};
    const char *const empty[] = {"REQUEST_URI=/v1/payments?", "QUERY_STRING=", NULL};
    const char *const by_uri[] = {"REQUEST_URI=/v1/payments?limit=1&a=?", NULL};
    const char *const none[] = {"REQUEST_URI=/v1/payments", NULL};
    struct request request;

    (void)state;
    request_init(&request, (char *const *)(uintptr_t)by_name);
    assert_string_equal(request.query, "limit=2");
    request_init(&request, (char *const *)(uintptr_t)empty);
    assert_string_equal(request.query, "");
    request_init(&request, (char *const *)(uintptr_t)by_uri);
    assert_string_equal(request.query, "limit=1&a=?");
    request_init(&request, (char *const *)(uintptr_t)none);
    assert_string_equal(request.query, "");
}

static void
problem_details_are_asked_for(void **state)
{
    static const struct {
        const char *accept;
        bool expected;
    } cases[] = {
        {"application/problem+json", true},
        {"application/json, application/problem+json", true},
        {"application/problem+json;q=0.5", true},
        {"text/html , Application/Problem+JSON ; charset=utf-8 ; q=0.001", true},
        {"application/json;q=0.5,application/problem+json;q=0.6", true},
        {"application/json;q=0,application/problem+json", true},
        {"application/problem+json;q=1.000,application/json;q=1", true},
        {",,application/problem+json", true},
        {"application/problem+json;q=0", false},
        {"application/problem+json;q=0.000", false},
        {"application/problem+json; x=1;q=0.0", false},
        {"application/json,application/problem+json;q=0.9", false},
        {"application/json;q=0.51,application/problem+json;q=0.509", false},
        {"*/*", false},
        {"application/*", false},
        {"application/json", false},
        {"application/problem+jsonx", false},
        {"application/problem", false},
        {"text/plain;a=application/problem+json", false},
        {"", false},
        {";;;", false},
        {",", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char accept[100];
        char *const params[] = {accept, NULL};
        struct request request;

        snprintf(accept, sizeof accept, "HTTP_ACCEPT=%s", cases[i].accept);
        request_init(&request, params);
        if (request_accepts_problem(&request) != cases[i].expected)
            fail_msg("Accept: %s", cases[i].accept);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_of_the_url),
        cmocka_unit_test(a_base_that_is_too_long_is_left_out),
        cmocka_unit_test(the_id_is_the_web_servers_where_it_is_plain),
        cmocka_unit_test(problem_details_are_asked_for),
        cmocka_unit_test(the_query_is_found_where_the_web_server_puts_it),
    };

    return RUN(tests);
}
