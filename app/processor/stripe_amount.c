/*
 * Amounts as Stripe counts them: its own minor units, its limits, the currencies that it takes.
 *
 * Source: https://docs.stripe.com/currencies, its sections "Supported presentment currencies",
 * "Zero-decimal currencies", "Three-decimal currencies", "Special cases" and "Minimum and maximum
 * charge amounts". The least amount depends on the currency that the account is paid out in, so
 * Stripe alone knows it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/stripe_amount.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "domain/money.h"

struct row {
    char code[4];
    int decimals; /* of Stripe's amounts; ISO 4217 has others for ISK, MGA and UGX */
    int multiple; /* an amount is a multiple of it: 10 with three decimals, 100 for ISK and UGX */
    int digits;   /* the most that an amount has; more than 8 for cards in COP, HUF, IDR, INR, JPY
                     and LBP (IDR: 9 with American Express, which a token does not tell) */
};

/*
 * Sorted by code, for bsearch(3). What is not here is not taken, of our own table: BTN, CUP, ERN,
 * GHS, IQD, IRR, KPW, LYD, MRU, SDG, SSP, STN, SVC, SYP, TMT, VED, VES, ZWG.
 * ANG and BGN are retired; what was paid in them can still be refunded.
 */
static const struct row rows[] = {
    {"AED", 2, 1, 8},  {"AFN", 2, 1, 8},   {"ALL", 2, 1, 8},  {"AMD", 2, 1, 8},  {"ANG", 2, 1, 8},
    {"AOA", 2, 1, 8},  {"ARS", 2, 1, 8},   {"AUD", 2, 1, 8},  {"AWG", 2, 1, 8},  {"AZN", 2, 1, 8},
    {"BAM", 2, 1, 8},  {"BBD", 2, 1, 8},   {"BDT", 2, 1, 8},  {"BGN", 2, 1, 8},  {"BHD", 3, 10, 8},
    {"BIF", 0, 1, 8},  {"BMD", 2, 1, 8},   {"BND", 2, 1, 8},  {"BOB", 2, 1, 8},  {"BRL", 2, 1, 8},
    {"BSD", 2, 1, 8},  {"BWP", 2, 1, 8},   {"BYN", 2, 1, 8},  {"BZD", 2, 1, 8},  {"CAD", 2, 1, 8},
    {"CDF", 2, 1, 8},  {"CHF", 2, 1, 8},   {"CLP", 0, 1, 8},  {"CNY", 2, 1, 8},  {"COP", 2, 1, 10},
    {"CRC", 2, 1, 8},  {"CVE", 2, 1, 8},   {"CZK", 2, 1, 8},  {"DJF", 0, 1, 8},  {"DKK", 2, 1, 8},
    {"DOP", 2, 1, 8},  {"DZD", 2, 1, 8},   {"EGP", 2, 1, 8},  {"ETB", 2, 1, 8},  {"EUR", 2, 1, 8},
    {"FJD", 2, 1, 8},  {"FKP", 2, 1, 8},   {"GBP", 2, 1, 8},  {"GEL", 2, 1, 8},  {"GIP", 2, 1, 8},
    {"GMD", 2, 1, 8},  {"GNF", 0, 1, 8},   {"GTQ", 2, 1, 8},  {"GYD", 2, 1, 8},  {"HKD", 2, 1, 8},
    {"HNL", 2, 1, 8},  {"HTG", 2, 1, 8},   {"HUF", 2, 1, 10}, {"IDR", 2, 1, 12}, {"ILS", 2, 1, 8},
    {"INR", 2, 1, 9},  {"ISK", 2, 100, 8}, {"JMD", 2, 1, 8},  {"JOD", 3, 10, 8}, {"JPY", 0, 1, 10},
    {"KES", 2, 1, 8},  {"KGS", 2, 1, 8},   {"KHR", 2, 1, 8},  {"KMF", 0, 1, 8},  {"KRW", 0, 1, 8},
    {"KWD", 3, 10, 8}, {"KYD", 2, 1, 8},   {"KZT", 2, 1, 8},  {"LAK", 2, 1, 8},  {"LBP", 2, 1, 11},
    {"LKR", 2, 1, 8},  {"LRD", 2, 1, 8},   {"LSL", 2, 1, 8},  {"MAD", 2, 1, 8},  {"MDL", 2, 1, 8},
    {"MGA", 0, 1, 8},  {"MKD", 2, 1, 8},   {"MMK", 2, 1, 8},  {"MNT", 2, 1, 8},  {"MOP", 2, 1, 8},
    {"MUR", 2, 1, 8},  {"MVR", 2, 1, 8},   {"MWK", 2, 1, 8},  {"MXN", 2, 1, 8},  {"MYR", 2, 1, 8},
    {"MZN", 2, 1, 8},  {"NAD", 2, 1, 8},   {"NGN", 2, 1, 8},  {"NIO", 2, 1, 8},  {"NOK", 2, 1, 8},
    {"NPR", 2, 1, 8},  {"NZD", 2, 1, 8},   {"OMR", 3, 10, 8}, {"PAB", 2, 1, 8},  {"PEN", 2, 1, 8},
    {"PGK", 2, 1, 8},  {"PHP", 2, 1, 8},   {"PKR", 2, 1, 8},  {"PLN", 2, 1, 8},  {"PYG", 0, 1, 8},
    {"QAR", 2, 1, 8},  {"RON", 2, 1, 8},   {"RSD", 2, 1, 8},  {"RUB", 2, 1, 8},  {"RWF", 0, 1, 8},
    {"SAR", 2, 1, 8},  {"SBD", 2, 1, 8},   {"SCR", 2, 1, 8},  {"SEK", 2, 1, 8},  {"SGD", 2, 1, 8},
    {"SHP", 2, 1, 8},  {"SLE", 2, 1, 8},   {"SOS", 2, 1, 8},  {"SRD", 2, 1, 8},  {"SZL", 2, 1, 8},
    {"THB", 2, 1, 8},  {"TJS", 2, 1, 8},   {"TND", 3, 10, 8}, {"TOP", 2, 1, 8},  {"TRY", 2, 1, 8},
    {"TTD", 2, 1, 8},  {"TWD", 2, 1, 8},   {"TZS", 2, 1, 8},  {"UAH", 2, 1, 8},  {"UGX", 2, 100, 8},
    {"USD", 2, 1, 8},  {"UYU", 2, 1, 8},   {"UZS", 2, 1, 8},  {"VND", 0, 1, 8},  {"VUV", 0, 1, 8},
    {"WST", 2, 1, 8},  {"XAF", 0, 1, 8},   {"XCD", 2, 1, 8},  {"XCG", 2, 1, 8},  {"XOF", 0, 1, 8},
    {"XPF", 0, 1, 8},  {"YER", 2, 1, 8},   {"ZAR", 2, 1, 8},  {"ZMW", 2, 1, 8},
};

static int
compare_code(const void *code, const void *row)
{
    return strcmp(code, ((const struct row *)row)->code);
}

static const struct row *
find_row(const struct currency *currency)
{
    return bsearch(currency->code, rows, sizeof rows / sizeof rows[0], sizeof rows[0],
                   compare_code);
}

/* 10^exponent, 0 to 12. */
static int64_t
power_of_ten(int exponent)
{
    int64_t power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* From one number of decimals to another; false when that loses a digit or is above MONEY_MAX. */
static bool
convert(int64_t value, int from, int to, int64_t *result)
{
    int64_t factor = power_of_ten(from < to ? to - from : from - to);

    if (value < 0)
        return false;
    if (from <= to) {
        if (value > MONEY_MAX / factor)
            return false;
        *result = value * factor;
        return true;
    }
    *result = value / factor;
    return value % factor == 0;
}

enum stripe_amount_status
stripe_amount_from_minor(const struct currency *currency, int64_t minor, int64_t *amount)
{
    const struct row *row = find_row(currency);
    int64_t converted = 0;

    if (row == NULL)
        return STRIPE_CURRENCY_REFUSED;
    if (minor < 1 || !convert(minor, currency->decimals, row->decimals, &converted) ||
        converted % row->multiple != 0 || converted >= power_of_ten(row->digits))
        return STRIPE_AMOUNT_REFUSED;
    *amount = converted;
    return STRIPE_AMOUNT_OK;
}

enum stripe_amount_status
stripe_amount_to_minor(const struct currency *currency, int64_t amount, int64_t *minor)
{
    const struct row *row = find_row(currency);
    int64_t converted = 0;

    if (row == NULL)
        return STRIPE_CURRENCY_REFUSED;
    if (!convert(amount, row->decimals, currency->decimals, &converted) || converted > MONEY_MAX)
        return STRIPE_AMOUNT_REFUSED;
    *minor = converted;
    return STRIPE_AMOUNT_OK;
}
