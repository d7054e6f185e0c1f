/*
 * Inbound requests: what CONTENT_LENGTH says, and what a body is to it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>

#include "http/inbound.h"

static void
content_length(void **state)
{
    static const struct {
        const char *first, *second; /* parameters; NULL for none */
        long long expected;
    } cases[] = {
        {NULL, NULL, -1},
        {"CONTENT_LENGTH=", NULL, -1},
        {"CONTENT_LENGTH=0", NULL, 0},
        {"CONTENT_LENGTH=65536", NULL, 65536},
        {"CONTENT_LENGTH=007", NULL, 7},
        {"CONTENT_LENGTH=9223372036854775807", NULL, 9223372036854775807},
        {"CONTENT_LENGTH=9223372036854775808", NULL, -2},
        {"CONTENT_LENGTH=-1", NULL, -2},
        {"CONTENT_LENGTH=+1", NULL, -2},
        {"CONTENT_LENGTH= 1", NULL, -2},
        {"CONTENT_LENGTH=1 ", NULL, -2},
        {"CONTENT_LENGTH=1,1", NULL, -2},
        {"CONTENT_LENGTH=0x10", NULL, -2},
        {"CONTENT_LENGTH=1.0", NULL, -2},
        {"CONTENT_LENGTH=ten", NULL, -2},
        {"CONTENT_LENGTH=5", "CONTENT_LENGTH=5", -2},
        {"CONTENT_LENGTH=5", "CONTENT_LENGTH=", -2},
        {"CONTENT_LENGTH=", "CONTENT_LENGTH=5", -2},
        {"CONTENT_LENGTH2=5", "XCONTENT_LENGTH=6", -1},
        {"CONTENT_LENGTH", "content_length=6", -1},
        {"HTTP_CONTENT_LENGTH=5", "CONTENT_LENGTH=6", 6},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char first[64], second[64];
        char *params[] = {cases[i].first != NULL ? first : NULL,
                          cases[i].second != NULL ? second : NULL, NULL};

        snprintf(first, sizeof first, "%s", cases[i].first != NULL ? cases[i].first : "");
        snprintf(second, sizeof second, "%s", cases[i].second != NULL ? cases[i].second : "");
        if (inbound_content_length(params) != cases[i].expected)
            fail_msg("%s, %s: %lld", first, second, inbound_content_length(params));
    }
}

static void
body_status(void **state)
{
    static const struct {
        const char *announced; /* NULL: not at all */
        size_t length;
        bool whole;
        enum body_status expected;
    } cases[] = {
        {"5", 5, true, BODY_OK},          {"0", 0, true, BODY_OK},
        {"", 0, true, BODY_OK},           {NULL, 0, true, BODY_OK},
        {NULL, 10, true, BODY_OK},        {"", 10, true, BODY_OK},
        {"10", 10, true, BODY_OK},        {"5", 4, true, BODY_BROKEN},
        {"5", 6, true, BODY_BROKEN},      {"0", 1, true, BODY_BROKEN},
        {"5", 5, false, BODY_BROKEN},     {NULL, 5, false, BODY_BROKEN},
        {"five", 5, true, BODY_BROKEN},   {"five", 11, true, BODY_BROKEN},
        {NULL, 11, true, BODY_TOO_LARGE}, {"11", 11, true, BODY_TOO_LARGE},
        {"11", 0, true, BODY_TOO_LARGE},  {"11", 3, false, BODY_TOO_LARGE},
        {"5", 11, false, BODY_TOO_LARGE}, {"9223372036854775807", 0, true, BODY_TOO_LARGE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char param[64];
        char *params[] = {cases[i].announced != NULL ? param : NULL, NULL};

        snprintf(param, sizeof param, "CONTENT_LENGTH=%s",
                 cases[i].announced != NULL ? cases[i].announced : "");
        if (inbound_body_status(params, cases[i].length, cases[i].whole, 10) != cases[i].expected)
            fail_msg("%s, %zu bytes: %d", param, cases[i].length,
                     (int)inbound_body_status(params, cases[i].length, cases[i].whole, 10));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_length),
        cmocka_unit_test(body_status),
    };

    return RUN(tests);
}
