/*
 * Totals: exact, also above what one number of the machine holds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "domain/total.h"

static void
sums_are_exact(void **state)
{
    static const struct {
        const char *added[3];
        const char *code;
        const char *text;
    } examples[] = {
        {{"0", "0", "0"}, "USD", "0.00"},
        {{"1", "0", "0"}, "USD", "0.01"},
        {{"10000", "1999", "1"}, "USD", "120.00"},
        {{"10000", "1999", "1"}, "JPY", "12000"},
        {{"10000", "1999", "1"}, "KWD", "12.000"},
        {{"999999999999999", "1", "0"}, "USD", "10000000000000.00"},
        {{"999999999999999", "999999999999999", "999999999999999"}, "JPY", "2999999999999997"},
        {{"999999999999999", "999999999999999", "999999999999999"}, "KWD", "2999999999999.997"},
        {{"100000000000000001", "0", "2"}, "JPY", "100000000000000003"},
        {{"20000000000000000005", "0", "2"}, "USD", "200000000000000000.07"},
        {{"999999999999999999999999999999999", "1", "0"},
         "JPY",
         "1000000000000000000000000000000000"},
    };
    char text[TOTAL_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct total total = {0};

        for (size_t k = 0; k < 3; k++)
            assert_true(total_add_text(&total, examples[i].added[k]));
        total_format(&total, currency_find(examples[i].code), text);
        assert_string_equal(text, examples[i].text);
    }
}

static void
what_is_no_amount_adds_nothing(void **state)
{
    static const char *const wrong[] = {
        "",
        "-1",
        "1.5",
        "1e3",
        " 1",
        "x",
        "1000000000000000x",
        "1000000000000000000000000000000000",
    };
    struct total total = {0};

    (void)state;
    assert_true(total_add_text(&total, "7"));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(total_add_text(&total, wrong[i]));
    assert_int_equal(total.low, 7);
    assert_int_equal(total.high, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(what_is_no_amount_adds_nothing),
    };

    return RUN(tests);
}
