/*
 * JSON bodies: numbers keep their text, and what is no JSON object is refused.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/json_body.h"

static void
numbers_keep_their_text(void **state)
{
    static const char *const numbers[] = {
        "1", "0", "-0", "100.00", "1e400", "-1E-400", "123456789012345678901234567890", "0.10e+007",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        char text[128];
        struct json_body body;
        const char *number;
        size_t length;

        snprintf(text, sizeof text, "{\"x\":[-7,{\"a\":8}],\"s\":\"9 \\\" 8\", \"a\" : %s}",
                 numbers[i]);
        assert_int_equal(json_body_parse(text, strlen(text), &body), JSON_BODY_OK);
        assert_true(json_body_number(&body, "a", &number, &length));
        assert_int_equal(length, strlen(numbers[i]));
        assert_memory_equal(number, numbers[i], length);
        assert_string_equal(json_body_string(&body, "s"), "9 \" 8");
        assert_null(json_body_string(&body, "a"));
        assert_null(json_body_get(&body, "none"));
        assert_false(json_body_number(&body, "s", &number, &length));
        assert_false(json_body_number(&body, "none", &number, &length));
        json_body_free(&body);
    }
}

static void
a_member_can_be_spelled_with_escapes(void **state)
{
    static const char text[] = "{\"am\\u006funt\":1.50}";
    struct json_body body;
    const char *number;
    size_t length;

    (void)state;
    assert_int_equal(json_body_parse(text, strlen(text), &body), JSON_BODY_OK);
    assert_true(json_body_number(&body, "amount", &number, &length));
    assert_memory_equal(number, "1.50", 4);
    json_body_free(&body);
}

static void
refuses_the_rest(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "null",
        "[]",
        "1",
        "\"x\"",
        "{",
        "}",
        "{\"a\":1",
        "{\"a\":1}}",
        "{\"a\":1} 1",
        "{\"a\":1,}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.1}",
        "{\"a\":+1}",
        "{\"a\":1-1}",
        "{\"a\":1.2.3}",
        "{\"a\":1 1}",
        "{\"a\":--1}",
        "{\"a\":1e}",
        "{\"a\":1e1e1}",
        "{\"a\":-}",
        "{\"a\":1\"b\":2}",
        "{\"a\":1true}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\xff\"}",
        "{a:1}",
        "{\"a\"1:1}",
        "{1:1}",
        "{\"a\":\"x}",
        "{\"a\":\"x\\",
        "{\"a\":0x1}",
        "{\"a\":Infinity}",
        "\xef\xbb\xbf{}",
    };
    struct json_body body;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(json_body_parse(texts[i], strlen(texts[i]), &body), JSON_BODY_INVALID);
    assert_int_equal(json_body_parse("{\"a\":1}\0", 8, &body), JSON_BODY_INVALID);
    assert_int_equal(json_body_parse("{\"a\":true\0}", 11, &body), JSON_BODY_INVALID);
    assert_int_equal(json_body_parse("{\"a\":1\0}", 8, &body), JSON_BODY_INVALID);
}

static void
deep_and_dense_bodies_do_no_harm(void **state)
{
    static const char head[] = {'{', '"', 'a', '"', ':'};
    size_t size = 65536;
    char *text = malloc(size);
    struct json_body body;

    (void)state;
    assert_non_null(text);
    memset(text, '[', size);
    memcpy(text, head, sizeof head);
    assert_int_equal(json_body_parse(text, size, &body), JSON_BODY_INVALID);
    for (size_t i = 6; i < size; i++)
        text[i] = i % 2 == 0 ? '1' : ',';
    text[5] = '[';
    text[size - 3] = '1';
    text[size - 2] = ']';
    text[size - 1] = '}';
    text[size - 4] = ',';
    text[size - 5] = '1';
    text[size - 6] = ',';
    assert_int_not_equal(json_body_parse(text, size, &body), JSON_BODY_NO_MEMORY);
    json_body_free(&body);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_their_text),
        cmocka_unit_test(a_member_can_be_spelled_with_escapes),
        cmocka_unit_test(refuses_the_rest),
        cmocka_unit_test(deep_and_dense_bodies_do_no_harm),
    };

    return RUN(tests);
}
