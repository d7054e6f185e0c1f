/*
 * Amounts: each text is taken exactly, in each currency, or refused for the right reason.
 *
 * The expected answer is worked out a second time, from the digits and the exponent alone.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "domain/money.h"

#define DIGITS_MAX 15
#define FAR 1000000000 /* an exponent that no amount has, whatever its digits */

/* A number as 0.DIGITS x 10^point, without zeros at either end of the digits. */
struct expected {
    bool valid;
    bool negative;
    size_t count; /* of digits; 0: the number is zero */
    char *digits;
    long long point;
};

/* RFC 8259 section 6, one character after the other. */
static bool
is_number(const char *text)
{
    if (*text == '-')
        text++;
    if (!isdigit((unsigned char)*text))
        return false;
    if (*text == '0' && isdigit((unsigned char)text[1]))
        return false;
    while (isdigit((unsigned char)*text))
        text++;
    if (*text == '.') {
        text++;
        if (!isdigit((unsigned char)*text))
            return false;
        while (isdigit((unsigned char)*text))
            text++;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '+' || *text == '-')
            text++;
        if (!isdigit((unsigned char)*text))
            return false;
        while (isdigit((unsigned char)*text))
            text++;
    }
    return *text == '\0';
}

static long long
exponent_of(const char *text)
{
    bool negative = *text == '-';
    long long value = 0;

    if (*text == '-' || *text == '+')
        text++;
    for (; *text != '\0'; text++)
        value = value < FAR ? value * 10 + (*text - '0') : FAR;
    return negative ? -value : value;
}

/* digits has room for the whole text. */
static void
expect(const char *text, struct expected *expected)
{
    const char *exponent = strpbrk(text, "eE");
    size_t length = exponent != NULL ? (size_t)(exponent - text) : strlen(text);
    bool fraction = false;

    expected->valid = is_number(text);
    if (!expected->valid)
        return;
    expected->negative = text[0] == '-';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.')
            fraction = true;
        if (!isdigit((unsigned char)text[i]))
            continue;
        if (text[i] != '0' || expected->count > 0)
            expected->digits[expected->count++] = text[i];
        if (expected->count > 0 && !fraction)
            expected->point++;
        else if (expected->count == 0 && fraction)
            expected->point--;
    }
    while (expected->count > 0 && expected->digits[expected->count - 1] == '0')
        expected->count--;
    if (exponent != NULL)
        expected->point += exponent_of(exponent + 1);
}

/* True when the number is a whole number of 1 to MONEY_MAX minor units, which *minor receives. */
static bool
fits(const struct expected *expected, int decimals, int64_t *minor)
{
    long long places = expected->point + decimals; /* digits of the number of minor units */

    if (expected->count == 0 || expected->negative || places > DIGITS_MAX ||
        places < (long long)expected->count)
        return false;
    *minor = 0;
    for (long long i = 0; i < places; i++)
        *minor = *minor * 10 + (i < (long long)expected->count ? expected->digits[i] - '0' : 0);
    return true;
}

static void
check_format(int64_t minor, const struct currency *currency)
{
    char text[MONEY_TEXT_SIZE];
    struct decimal again;
    int64_t same = 0;

    money_format(minor, currency, text);
    CHECK(is_number(text));
    CHECK((strchr(text, '.') != NULL) == (currency->decimals > 0));
    CHECK(currency->decimals == 0 || strlen(strchr(text, '.') + 1) == (size_t)currency->decimals);
    CHECK(decimal_parse(text, strlen(text), &again) == MONEY_OK);
    CHECK(money_from_decimal(&again, currency, &same) == MONEY_OK);
    CHECK(same == minor);
}

static void
check_currencies(const struct decimal *decimal, enum money_status status,
                 const struct expected *expected)
{
    size_t count;
    const struct currency *currencies = currency_table(&count);

    for (size_t i = 0; i < count; i++) {
        int64_t wanted = -1, minor = -1;
        bool good = fits(expected, currencies[i].decimals, &wanted);

        if (status != MONEY_OK) {
            CHECK(!good);
            continue;
        }
        CHECK((money_from_decimal(decimal, &currencies[i], &minor) == MONEY_OK) == good);
        CHECK(minor == wanted);
        if (!good)
            continue;
        CHECK(minor >= 1 && minor <= MONEY_MAX);
        check_format(minor, &currencies[i]);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *number = fuzz_copy(data, size);
    char *text = fuzz_text(data, size);
    struct expected expected = {.digits = fuzz_text(data, size)};
    struct decimal decimal = {.coefficient = -1, .decimals = -1};
    enum money_status status = decimal_parse(number, size, &decimal);

    if (memchr(data, '\0', size) != NULL) {
        CHECK(status == MONEY_NOT_A_NUMBER);
    } else {
        expect(text, &expected);
        CHECK((status == MONEY_NOT_A_NUMBER) == !expected.valid);
        if (expected.valid) {
            CHECK((status == MONEY_NOT_POSITIVE) == (expected.negative || expected.count == 0));
            check_currencies(&decimal, status, &expected);
        }
    }
    if (status == MONEY_OK) {
        CHECK(decimal.coefficient >= 1 && decimal.coefficient <= MONEY_MAX);
        CHECK(decimal.decimals >= 0 && decimal.decimals <= CURRENCY_DECIMALS_MAX);
    } else {
        CHECK(decimal.coefficient == -1 && decimal.decimals == -1);
    }
    free(expected.digits);
    free(text);
    free(number);
    return 0;
}
