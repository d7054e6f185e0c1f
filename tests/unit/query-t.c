/*
 * Queries: escapes, brackets, what is in the way, and limits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "http/query.h"

static struct query query;

static void
assert_parameter(size_t place, const char *name, const char *value)
{
    assert_true(place < query.count);
    assert_string_equal(query.parameters[place].name, name);
    assert_string_equal(query.parameters[place].value, value);
}

static void
parameters_come_in_order(void **state)
{
    (void)state;
    assert_true(query_parse("limit=3&created[gte]=5&limit=4&=", &query) == false);
    assert_true(query_parse("limit=3&created[gte]=5&limit=4", &query));
    assert_int_equal(query.count, 3);
    assert_parameter(0, "limit", "3");
    assert_parameter(1, "created[gte]", "5");
    assert_parameter(2, "limit", "4");
}

static void
escapes_are_decoded(void **state)
{
    (void)state;
    assert_true(query_parse("created%5Bgte%5d=2024-06-10T12%3a00:00%2B02:00&a%26b=c%3Dd", &query));
    assert_int_equal(query.count, 2);
    assert_parameter(0, "created[gte]", "2024-06-10T12:00:00+02:00");
    assert_parameter(1, "a&b", "c=d");
    assert_true(query_parse("at=12:00+02:00&%25=%2525", &query));
    assert_parameter(0, "at", "12:00+02:00");
    assert_parameter(1, "%", "%25");
}

static void
values_may_be_empty_and_names_may_not(void **state)
{
    (void)state;
    assert_true(query_parse("", &query));
    assert_int_equal(query.count, 0);
    assert_true(query_parse("&&a&b=&c==&", &query));
    assert_int_equal(query.count, 3);
    assert_parameter(0, "a", "");
    assert_parameter(1, "b", "");
    assert_parameter(2, "c", "=");
    assert_false(query_parse("=1", &query));
    assert_false(query_parse("a=1&=", &query));
}

static void
broken_escapes_are_refused(void **state)
{
    static const char *const texts[] = {"a=%",   "a=%4",    "a=%4g",  "a=%g4", "a%=1",     "%2=1",
                                        "a=%00", "a%00b=1", "a=%%20", "a=1%",  "b&c=%u00", "a=% 1"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(query_parse(texts[i], &query));
}

static void
what_is_too_much_is_refused(void **state)
{
    char text[QUERY_SIZE + 1];
    char many[4 * QUERY_PARAMETERS_MAX + 5] = "";

    (void)state;
    memset(text, 'a', sizeof text);
    text[QUERY_SIZE - 2] = '\0';
    assert_true(query_parse(text, &query));
    text[QUERY_SIZE - 2] = 'a';
    text[QUERY_SIZE - 1] = '\0';
    assert_false(query_parse(text, &query));
    for (size_t i = 0; i < QUERY_PARAMETERS_MAX; i++)
        strcat(many, "&a=1");
    assert_true(query_parse(many, &query));
    assert_int_equal(query.count, QUERY_PARAMETERS_MAX);
    strcat(many, "&a=1");
    assert_false(query_parse(many, &query));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_come_in_order),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(values_may_be_empty_and_names_may_not),
        cmocka_unit_test(broken_escapes_are_refused),
        cmocka_unit_test(what_is_too_much_is_refused),
    };

    return RUN(tests);
}
