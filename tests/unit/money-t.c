/*
 * Money: exact, both ways, in every notation, over the whole range.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/money.h"

#define ROUNDS 200000

static const char *const by_decimals[] = {"JPY", NULL, "USD", "KWD"};

/* Parses a text as an amount of the currency; the status of the step that refused it. */
static enum money_status
parse(const char *text, const char *code, int64_t *minor)
{
    struct decimal decimal;
    enum money_status status = decimal_parse(text, strlen(text), &decimal);

    return status == MONEY_OK ? money_from_decimal(&decimal, currency_find(code), minor) : status;
}

static void
accepts_each_notation_of_a_value(void **state)
{
    static const struct {
        const char *text;
        const char *code;
        int64_t minor;
    } examples[] = {
        {"100", "USD", 10000},
        {"100.00", "USD", 10000},
        {"100.000", "USD", 10000},
        {"1e2", "USD", 10000},
        {"1E+2", "USD", 10000},
        {"10000e-2", "USD", 10000},
        {"1E-2", "USD", 1},
        {"0.01", "USD", 1},
        {"19.99", "USD", 1999},
        {"0.29", "USD", 29},
        {"9999999999999.99", "USD", MONEY_MAX},
        {"999999999999999", "JPY", MONEY_MAX},
        {"999999999999.999", "KWD", MONEY_MAX},
        {"1e14", "JPY", INT64_C(100000000000000)},
        {"0.0000000000000000000000000001e28", "JPY", 1},
        {"1000000000000000000000000000000e-30", "JPY", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        int64_t minor = -1;

        assert_int_equal(parse(examples[i].text, examples[i].code, &minor), MONEY_OK);
        assert_int_equal(minor, examples[i].minor);
    }
}

static void
refuses_what_is_no_amount(void **state)
{
    static const struct {
        const char *text;
        const char *code;
        enum money_status status;
    } examples[] = {
        {"", "USD", MONEY_NOT_A_NUMBER},
        {"-", "USD", MONEY_NOT_A_NUMBER},
        {"+1", "USD", MONEY_NOT_A_NUMBER},
        {"01", "USD", MONEY_NOT_A_NUMBER},
        {"1.", "USD", MONEY_NOT_A_NUMBER},
        {".5", "USD", MONEY_NOT_A_NUMBER},
        {"1e", "USD", MONEY_NOT_A_NUMBER},
        {"1e+", "USD", MONEY_NOT_A_NUMBER},
        {"1 ", "USD", MONEY_NOT_A_NUMBER},
        {"1,5", "USD", MONEY_NOT_A_NUMBER},
        {"0x1", "USD", MONEY_NOT_A_NUMBER},
        {"NaN", "USD", MONEY_NOT_A_NUMBER},
        {"0", "USD", MONEY_NOT_POSITIVE},
        {"-0", "USD", MONEY_NOT_POSITIVE},
        {"0.000", "USD", MONEY_NOT_POSITIVE},
        {"0e999999999999999999999", "USD", MONEY_NOT_POSITIVE},
        {"-1", "USD", MONEY_NOT_POSITIVE},
        {"-1e400", "USD", MONEY_NOT_POSITIVE},
        {"100.001", "USD", MONEY_TOO_PRECISE},
        {"100.000000000000000000001", "USD", MONEY_TOO_PRECISE},
        {"0.5", "JPY", MONEY_TOO_PRECISE},
        {"1e-1", "JPY", MONEY_TOO_PRECISE},
        {"0.0001", "KWD", MONEY_TOO_PRECISE},
        {"1e-99999999999999999999", "KWD", MONEY_TOO_PRECISE},
        {"1e15", "JPY", MONEY_TOO_LARGE},
        {"1e13", "USD", MONEY_TOO_LARGE},
        {"1e99999999999999999999", "USD", MONEY_TOO_LARGE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        int64_t minor = -1;

        assert_int_equal(parse(examples[i].text, examples[i].code, &minor), examples[i].status);
        assert_int_equal(minor, -1);
    }
}

static void
formats_with_the_currencys_decimals(void **state)
{
    char text[MONEY_TEXT_SIZE];

    (void)state;
    money_format(10000, currency_find("USD"), text);
    assert_string_equal(text, "100.00");
    money_format(5, currency_find("USD"), text);
    assert_string_equal(text, "0.05");
    money_format(100, currency_find("JPY"), text);
    assert_string_equal(text, "100");
    money_format(100000, currency_find("KWD"), text);
    assert_string_equal(text, "100.000");
    money_format(MONEY_MAX, currency_find("USD"), text);
    assert_string_equal(text, "9999999999999.99");
}

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* An amount with any number of digits, 1 to MONEY_MAX. */
static int64_t
random_minor(uint64_t *random)
{
    uint64_t limit = 10;
    uint64_t digits = next_random(random) % 15;

    while (digits-- > 0)
        limit *= 10;
    return (int64_t)(next_random(random) % (limit - 1)) + 1;
}

static uint64_t
seed(void)
{
    const char *text = getenv("PAYMENT_API_SEED");
    uint64_t value = text != NULL ? strtoull(text, NULL, 10) : 20260101;

    printf("# PAYMENT_API_SEED=%" PRIu64 "\n", value);
    return value != 0 ? value : 1;
}

/* Also through a double with 15 digits, as clients have it: what MONEY_MAX is for. */
static void
gives_back_every_amount(void **state)
{
    uint64_t random = seed();

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const char *code = by_decimals[i % 3 == 0 ? 0 : i % 3 + 1];
        int64_t minor = random_minor(&random), back = -1;
        char text[MONEY_TEXT_SIZE], again[64];

        money_format(minor, currency_find(code), text);
        assert_int_equal(parse(text, code, &back), MONEY_OK);
        assert_int_equal(back, minor);
        snprintf(again, sizeof again, "%.15g", strtod(text, NULL));
        assert_int_equal(parse(again, code, &back), MONEY_OK);
        assert_int_equal(back, minor);
        /* One digit more is one too many. */
        snprintf(again, sizeof again, "%s%s1", text, strchr(text, '.') == NULL ? "." : "");
        assert_int_not_equal(parse(again, code, &back), MONEY_OK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_each_notation_of_a_value),
        cmocka_unit_test(refuses_what_is_no_amount),
        cmocka_unit_test(formats_with_the_currencys_decimals),
        cmocka_unit_test(gives_back_every_amount),
    };

    return RUN(tests);
}
