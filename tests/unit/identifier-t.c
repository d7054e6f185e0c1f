/*
 * Identifiers: layout, text, order and strictness.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "domain/identifier.h"

static void
has_the_layout_of_uuid_version_7(void **state)
{
    struct identifier id;

    (void)state;
    assert_true(identifier_new(INT64_C(0x0123456789ab), &id));
    assert_memory_equal(id.bytes, "\x01\x23\x45\x67\x89\xab", 6);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
}

static void
has_one_text(void **state)
{
    static const struct identifier ones = {
        .bytes = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
    char text[IDENTIFIER_TEXT_SIZE];
    struct identifier back;

    (void)state;
    identifier_format(IDENTIFIER_PAYMENT, &ones, text);
    assert_string_equal(text, "pay_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    assert_true(identifier_parse(IDENTIFIER_PAYMENT, text, &back));
    assert_true(identifier_equal(&ones, &back));
}

static void
comes_back_from_its_text_and_sorts_by_time(void **state)
{
    static const enum identifier_kind kinds[] = {IDENTIFIER_PAYMENT, IDENTIFIER_REFUND,
                                                 IDENTIFIER_MERCHANT, IDENTIFIER_API_KEY};
    char text[IDENTIFIER_TEXT_SIZE], before[IDENTIFIER_TEXT_SIZE];

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        before[0] = '\0';
        for (int64_t ms = 1; ms < INT64_C(281474976710656); ms *= 3) {
            struct identifier id, back;

            assert_true(identifier_new(ms, &id));
            identifier_format(kinds[k], &id, text);
            assert_true(identifier_parse(kinds[k], text, &back));
            assert_true(identifier_equal(&id, &back));
            assert_true(strcmp(before, text) < 0);
            strcpy(before, text);
        }
    }
}

static void
refuses_every_other_text(void **state)
{
    static const char *const texts[] = {
        "",
        "pay_",
        "pay_0000000000000000000000000",
        "pay_000000000000000000000000000",
        "pay_80000000000000000000000000",
        "pay_0000000000000000000000000A",
        "pay_0000000000000000000000000i",
        "pay_0000000000000000000000000l",
        "pay_0000000000000000000000000o",
        "pay_0000000000000000000000000u",
        "pay_0000000000000000000000000 ",
        "PAY_00000000000000000000000000",
        "refund_00000000000000000000000000",
        " pay_00000000000000000000000000",
    };
    struct identifier id = {.bytes = {42}};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(identifier_parse(IDENTIFIER_PAYMENT, texts[i], &id));
    assert_int_equal(id.bytes[0], 42);
}

static void
is_not_made_twice(void **state)
{
    struct identifier a, b;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        assert_true(identifier_new(1, &a));
        assert_true(identifier_new(1, &b));
        assert_false(identifier_equal(&a, &b));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_layout_of_uuid_version_7),
        cmocka_unit_test(has_one_text),
        cmocka_unit_test(comes_back_from_its_text_and_sorts_by_time),
        cmocka_unit_test(refuses_every_other_text),
        cmocka_unit_test(is_not_made_twice),
    };

    return RUN(tests);
}
