/*
 * Money: exact amounts as int64 minor units (cents), from and to the text of a JSON number.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/money.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SIGNIFICANT_MAX 15       /* digits of MONEY_MAX */
#define EXPONENT_LIMIT 100000000 /* larger ones change nothing: no text has so many zeros */

/* A JSON number taken apart: digits x 10^exponent. */
struct number {
    bool negative;
    char digits[SIGNIFICANT_MAX + 1]; /* without leading and trailing zeros */
    int count;                        /* of digits; 0: the number is zero */
    bool overlong;                    /* it has more significant digits than fit */
    int64_t exponent;
};

/* Reads the digits of the integer and the fraction part, and keeps the significant ones. */
struct scan {
    const char *at;
    const char *end;
};

static bool
at_digit(const struct scan *scan)
{
    return scan->at < scan->end && isdigit((unsigned char)*scan->at);
}

static bool
take(struct scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

/* Adds one digit behind the others; zeros wait until a digit follows them. */
static void
add_digit(struct number *number, int64_t *zeros, char digit)
{
    if (digit == '0') {
        *zeros += number->count > 0;
        return;
    }
    if (number->count + *zeros >= SIGNIFICANT_MAX) {
        number->overlong = true;
        return;
    }
    for (; *zeros > 0; --*zeros)
        number->digits[number->count++] = '0';
    number->digits[number->count++] = digit;
}

/* Reads "e-2" and the like; false when digits are missing. A long exponent is cut to the limit. */
static bool
scan_exponent(struct scan *scan, int64_t *exponent)
{
    bool negative = take(scan, '-');
    int64_t value = 0;

    if (!negative)
        (void)take(scan, '+');
    if (!at_digit(scan))
        return false;
    for (; at_digit(scan); scan->at++) {
        if (value < EXPONENT_LIMIT)
            value = value * 10 + (*scan->at - '0');
    }
    *exponent = negative ? -value : value;
    return true;
}

static bool
scan_number(const char *text, size_t length, struct number *number)
{
    struct scan scan = {.at = text, .end = text + length};
    int64_t zeros = 0, fraction = 0, exponent = 0;

    memset(number, 0, sizeof *number);
    number->negative = take(&scan, '-');
    if (!at_digit(&scan))
        return false;
    if (take(&scan, '0')) {
        if (at_digit(&scan))
            return false;
    }
    for (; at_digit(&scan); scan.at++)
        add_digit(number, &zeros, *scan.at);
    if (take(&scan, '.')) {
        if (!at_digit(&scan))
            return false;
        for (; at_digit(&scan); scan.at++, fraction++)
            add_digit(number, &zeros, *scan.at);
    }
    if ((take(&scan, 'e') || take(&scan, 'E')) && !scan_exponent(&scan, &exponent))
        return false;
    if (scan.at != scan.end)
        return false;
    number->exponent = exponent - fraction + zeros;
    return true;
}

enum money_status
decimal_parse(const char *text, size_t length, struct decimal *decimal)
{
    struct number number;
    int64_t coefficient = 0;
    int64_t exponent;

    if (!scan_number(text, length, &number))
        return MONEY_NOT_A_NUMBER;
    if (number.negative || (number.count == 0 && !number.overlong))
        return MONEY_NOT_POSITIVE;
    /* More significant digits than any amount has: too many before the point or behind it. */
    if (number.overlong)
        return MONEY_TOO_PRECISE;
    exponent = number.exponent;
    if (exponent < -CURRENCY_DECIMALS_MAX)
        return MONEY_TOO_PRECISE;
    if (exponent + number.count > SIGNIFICANT_MAX)
        return MONEY_TOO_LARGE;
    for (int i = 0; i < number.count; i++)
        coefficient = coefficient * 10 + (number.digits[i] - '0');
    for (; exponent > 0; exponent--)
        coefficient *= 10;
    decimal->coefficient = coefficient;
    decimal->decimals = (int)-exponent;
    return MONEY_OK;
}

enum money_status
money_from_decimal(const struct decimal *decimal, const struct currency *currency, int64_t *minor)
{
    int64_t value = decimal->coefficient;

    if (decimal->decimals > currency->decimals)
        return MONEY_TOO_PRECISE;
    for (int i = decimal->decimals; i < currency->decimals; i++) {
        if (value > MONEY_MAX / 10)
            return MONEY_TOO_LARGE;
        value *= 10;
    }
    *minor = value;
    return MONEY_OK;
}

void
money_format(int64_t minor, const struct currency *currency, char text[MONEY_TEXT_SIZE])
{
    int64_t unit = 1;

    for (int i = 0; i < currency->decimals; i++)
        unit *= 10;
    if (currency->decimals == 0)
        snprintf(text, MONEY_TEXT_SIZE, "%" PRId64, minor);
    else
        snprintf(text, MONEY_TEXT_SIZE, "%" PRId64 ".%0*" PRId64, minor / unit, currency->decimals,
                 minor % unit);
}
