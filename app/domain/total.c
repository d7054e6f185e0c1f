/*
 * Totals: exact sums of amounts, as large as they get.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/total.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BASE UINT64_C(1000000000000000) /* 10^15 */
#define BASE_DIGITS 15
#define DIGITS_MAX 33 /* 18 of them high: a uint64_t holds eighteen sums of that size */

static bool
parse_digits(const char *digits, size_t count, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        *value = *value * 10 + (uint64_t)(digits[i] - '0');
    }
    return true;
}

bool
total_add_text(struct total *total, const char *digits)
{
    size_t count = strlen(digits);
    size_t high = count > BASE_DIGITS ? count - BASE_DIGITS : 0;
    struct total added;

    if (count == 0 || count > DIGITS_MAX || !parse_digits(digits, high, &added.high) ||
        !parse_digits(digits + high, count - high, &added.low))
        return false;
    total_add(total, &added);
    return true;
}

void
total_add(struct total *total, const struct total *other)
{
    total->low += other->low;
    total->high += other->high + total->low / BASE;
    total->low %= BASE;
}

void
total_format(const struct total *total, const struct currency *currency, char text[TOTAL_TEXT_SIZE])
{
    char digits[TOTAL_TEXT_SIZE];
    int decimals = currency->decimals;
    int count = snprintf(digits, sizeof digits, "%020" PRIu64 "%015" PRIu64, total->high,
                         total->low % BASE);
    int start = 0;

    while (start < count - decimals - 1 && digits[start] == '0')
        start++;
    snprintf(text, TOTAL_TEXT_SIZE, "%.*s%s%s", count - decimals - start, digits + start,
             decimals > 0 ? "." : "", digits + count - decimals);
}
