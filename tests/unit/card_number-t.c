/*
 * Card numbers: found where they are, and nowhere else.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>

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
finds_them_touching_letters(void **state)
{
    static const char *const texts[] = {
        "cc4242424242424242",
        "4242424242424242cd",
        "abcd4242424242424242",
        "4242424242424242f",
        "e371449635398431",
        "deadbeef4242424242424242",
        "4242424242424242deadbeefdeadbeef",
        "visa4242 4242 4242 4242exp",
        "\u00e94242424242424242\u00e9",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_true(card_number_in(texts[i]));
        assert_false(card_number_is(texts[i]));
    }
}

static void
finds_them_with_any_separator(void **state)
{
    static const char *const texts[] = {
        "4242  4242  4242  4242",
        "4242\t4242\t4242\t4242",
        "4242.4242.4242.4242",
        "4242_4242_4242_4242",
        "4242:4242:4242:4242",
        "4242/4242/4242/4242",
        "4242|4242|4242|4242",
        "4242 | 4242 | 4242 | 4242",
        "4242,4242,4242,4242",
        "4242+4242+4242+4242",
        "4242\\4242\\4242\\4242",
        "4242[4242]4242[4242",
        "4242\r\n4242\r\n4242\r\n4242",
        "4242 - 4242 - 4242 - 4242",
        "4242-4242 4242-4242",
        "4242.4242-4242 4242",
        "42424242.42424242",
        "3782.822463.10005",
        "4222:2222:2222:2",
        "42 42 42 42 42 42 42 42",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "4242\u20134242\u20134242\u20134242",       /* en dash */
        "4242 \u2014 4242 \u2014 4242 \u2014 4242", /* em dash */
        "4242\u00a04242\u00a04242\u00a04242",       /* no-break space */
        "4242\u200b4242\u200b4242\u200b4242",       /* zero width space */
        "4242\u20114242\u20114242\u20114242",       /* no-break hyphen */
        "4242\u00b74242\u00b74242\u00b74242",       /* middle dot */
        "4242\u22124242\u22124242\u22124242",       /* minus sign */
        "4242\u30fc4242\u30fc4242\u30fc4242",       /* as typed in Japan */
        "\uff14\uff12\uff12\uff12\uff12\uff12\uff12\uff12\uff12\uff12\uff12\uff12\uff12", /* full
                                                                                             width
                                                                                           */
        "\uff14\uff12\uff14\uff12\uff0d4242\uff0e4242\u30004242",
        "\u0664\u0662\u0664\u0662 4242 4242 4242", /* Arabic */
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (!card_number_in(texts[i]) || !card_number_is(texts[i]))
            fail_msg("not found: %s", texts[i]);
        snprintf(text, sizeof text, "12/27 %s 123", texts[i]);
        if (!card_number_in(text))
            fail_msg("not found: %s", text);
    }
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
        "order 69fd33a0-ee16-4242-8424-242424242424", "12345678-4000-4000-8000-000000000002",
        "9f86d0a4242424242424242b20a4e0c1",           "cafe1b4242424242424242c1",
        "4 12345678-4004-4000-8000-000000000009", /* nor with the digits before it */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (card_number_in(texts[i]))
            fail_msg("found: %s", texts[i]);
    }
    assert_true(card_number_in("k9f86d0a4242424242424242b20a4e0c1")); /* k is no such digit */
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
        "4242 4242 4242 x4242",
        "4242x4242x4242x4242",
        "0004242424242424242424",  /* 22 digits */
        "\uff144242424242424242",  /* touches another digit */
        "4242, 4242, 4242, 4242",  /* a list */
        "4242; 4242; 4242; 4242",  /* a list */
        "#4242 #4242 #4242 #4242", /* order numbers */
        "$4242 $4242 $4242 $4242", /* amounts */
        "42.42 42.42 42.42 42.42", /* prices */
        "30:12:15:16:00:18:39",    /* times */
        "30.06.2024 12:00:02",     /* a time */
        "4500012345/00018",        /* an order number and its item */
        "42.42.42.42.42.42.42.42", /* groups of two */
        "4242\xe2\x80",            /* no UTF-8 */
        "4242\377 4242 4242 4242", /* no UTF-8 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (card_number_in(texts[i]))
            fail_msg("found: %s", texts[i]);
    }
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
        cmocka_unit_test(finds_them_touching_letters),
        cmocka_unit_test(finds_them_with_any_separator),
        cmocka_unit_test(finds_them_beside_other_digits),
        cmocka_unit_test(lets_random_tokens_pass),
        cmocka_unit_test(lets_other_digits_pass),
    };

    return RUN(tests);
}
