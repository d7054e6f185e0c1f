/*
 * Idempotency keys: the two forms, and what is no key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "domain/idempotency_key.h"

static void
takes_both_forms(void **state)
{
    static const char *const examples[][2] = {
        {"abc", "abc"},   {"\"abc\"", "abc"}, {"a b", "a b"}, {"\"a\\\"b\\\\\"", "a\"b\\"},
        {"a\"b", "a\"b"}, {"\" \"", " "},     {"~!", "~!"},   {"8e03978e-40d5", "8e03978e-40d5"},
    };
    char key[IDEMPOTENCY_KEY_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        assert_true(idempotency_key_parse(examples[i][0], key));
        assert_string_equal(key, examples[i][1]);
    }
}

static void
refuses_the_rest(void **state)
{
    static const char *const values[] = {
        "",         "\"\"", "\"",   "\"abc", "\"a\"b",      "\"a\\\"",
        "\"a\\x\"", "\"\\", "a\tb", "a\x7f", "caf\xc3\xa9", "4242424242424242",
    };
    char key[IDEMPOTENCY_KEY_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        assert_false(idempotency_key_parse(values[i], key));
}

static void
has_255_bytes_at_most(void **state)
{
    char value[300], key[IDEMPOTENCY_KEY_SIZE];

    (void)state;
    memset(value, 'x', sizeof value);
    value[255] = '\0';
    assert_true(idempotency_key_parse(value, key));
    value[255] = 'x';
    value[256] = '\0';
    assert_false(idempotency_key_parse(value, key));
    value[0] = '"';
    value[256] = '"';
    value[257] = '\0';
    assert_true(idempotency_key_parse(value, key));
    assert_int_equal(strlen(key), 255);
    value[257] = '"';
    value[256] = 'x';
    value[258] = '\0';
    assert_false(idempotency_key_parse(value, key));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_both_forms),
        cmocka_unit_test(refuses_the_rest),
        cmocka_unit_test(has_255_bytes_at_most),
    };

    return RUN(tests);
}
