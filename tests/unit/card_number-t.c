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
    assert_true(card_number_in("visa4242424242424242"));
    assert_true(card_number_in("abc 4242-4242-4242-4242 def"));
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
        "4242  4242  4242  4242",               /* two spaces: a table, not a number */
        "42424242-4242-4242-a424-242424242424", /* UUIDs */
        "abcd4242-4242-4242-4242-abcdefabcdef",
        "abcdefab-cdef-4242-4242-42424242abcd",
        "42424242-42424242",                        /* no card has such groups */
        "e3b0c4242424242424242fb92427ae41e4649b93", /* a hash */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(card_number_in(texts[i]));
    assert_false(card_number_is("x4242424242424242"));
    assert_false(card_number_is("4242424242424242 "));
    assert_false(card_number_is(""));
    assert_true(card_number_is("1234567890123452")); /* no brand needed where it stands alone */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_card_numbers),
        cmocka_unit_test(lets_other_digits_pass),
    };

    return RUN(tests);
}
