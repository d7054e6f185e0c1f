/*
 * Card numbers: found where they are, and nowhere else.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "domain/card_number.h"

/* The test numbers that the brands and processors publish. */
static const char *const numbers[] = {
    "4242424242424242", "4000056655665556", "4222222222222",       "5555555555554444",
    "2223003122003222", "5105105105105100", "378282246310005",     "371449635398431",
    "6011111111111117", "6011000990139424", "30569309025904",      "36227206271667",
    "3566002020360505", "6200000000000005", "4242 4242 4242 4242", "3782-822463-10005",
};

static void
finds_card_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        assert_true(card_number_is(numbers[i]));
        assert_true(card_number_in(numbers[i]));
    }
    assert_true(card_number_in("paid with 4242424242424242."));
    assert_true(card_number_in("a1 (5555-5555-5555-4444) b2"));
    assert_true(card_number_in("1, 378282246310005"));
    assert_true(card_number_in("card4242424242424242x"));
}

static void
finds_them_beside_other_digits(void **state)
{
    static const char *const texts[] = {
        "4242 4242 4242 4242 12/27",     "4242424242424242 123",
        "5 4242 4242 4242 4242",         "2024-06-10 4242-4242-4242-4242 12",
        "order 12345 378282246310005 1", "4242424242424241 4242424242424242",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_true(card_number_in(texts[i]));
        assert_false(card_number_is(texts[i]));
    }
}

static void
lets_random_tokens_pass(void **state)
{
    static const char *const texts[] = {
        "b3a9e842-4242-4424-8242-42424241c0de", /* without the exemption: 4242-4424-8242-... */
        "order 69fd33a0-ee16-4242-8424-242424242424",
        "12345678-4000-4000-8000-000000000002",
        "abcd4242424242424242",
        "4242424242424242f",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(card_number_in(texts[i]));
    assert_true(card_number_in("69fd33a0-ee16-4242-8424-24242424242 4242424242424242"));
}

static void
lets_other_digits_pass(void **state)
{
    static const char *const texts[] = {
        "",
        "tok_visa",
        "Payment for order #12345",
        "4242424242424241",     /* wrong check digit */
        "42424242424242424242", /* 20 digits */
        "424242424242",         /* 12 digits */
        "1234567890123452",     /* right check digit, but no brand begins with 12 */
        "20240610120001234",    /* a time */
        "424242 tickets of 4242424242",
        "4242  4242  4242  4242", /* two spaces: a table, not a number */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(card_number_in(texts[i]));
    assert_false(card_number_is("x4242424242424242"));
    assert_false(card_number_is("4242424242424242 "));
    assert_false(card_number_is(" 4242424242424242"));
    assert_false(card_number_is(""));
    assert_true(card_number_is("1234567890123452")); /* no brand needed where it stands alone */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_card_numbers),
        cmocka_unit_test(finds_them_beside_other_digits),
        cmocka_unit_test(lets_random_tokens_pass),
        cmocka_unit_test(lets_other_digits_pass),
    };

    return RUN(tests);
}
