/*
 * Money: exact amounts as int64 minor units (cents), from and to the text of a JSON number.
 *
 * No amount passes through a binary fraction: what the number says is taken exactly, or refused.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_MONEY_H
#define PAYMENT_API_DOMAIN_MONEY_H

#include <stddef.h>
#include <stdint.h>

#include "domain/currency.h"

/*
 * The largest amount in minor units. 15 significant digits are what an IEEE 754 double always gives
 * back, so that clients whose JSON numbers are doubles read and send every amount exactly.
 */
#define MONEY_MAX INT64_C(999999999999999)

/* Room for the longest formatted amount, its point, a sign and the final NUL. */
#define MONEY_TEXT_SIZE 24

enum money_status {
    MONEY_OK,
    MONEY_NOT_A_NUMBER, /* not a number as RFC 8259 section 6 writes it */
    MONEY_NOT_POSITIVE, /* zero (also -0 and 0e9) or below */
    MONEY_TOO_PRECISE,  /* more decimals than the currency has; trailing zeros are none */
    MONEY_TOO_LARGE,    /* above MONEY_MAX */
};

/*
 * A positive decimal number: coefficient x 10^-decimals, without trailing zeros after the point.
 * The coefficient is at most MONEY_MAX, decimals 0 to CURRENCY_DECIMALS_MAX.
 */
struct decimal {
    int64_t coefficient;
    int decimals;
};

/*
 * Reads the text of a JSON number (not NUL-terminated; any exponent, however large) into *decimal.
 * Everything that is an amount in no currency at all is refused here already: more decimals than
 * CURRENCY_DECIMALS_MAX, or a value that no currency could hold. *decimal is set on MONEY_OK only.
 */
enum money_status decimal_parse(const char *text, size_t length, struct decimal *decimal)
    __attribute__((warn_unused_result));

/*
 * The decimal as minor units of the currency: 1 <= *minor <= MONEY_MAX on MONEY_OK, else
 * MONEY_TOO_PRECISE or MONEY_TOO_LARGE and *minor untouched.
 */
enum money_status money_from_decimal(const struct decimal *decimal, const struct currency *currency,
                                     int64_t *minor) __attribute__((warn_unused_result));

/*
 * Writes minor units (0 <= minor <= MONEY_MAX) as a JSON number with the currency's own number of
 * decimals: 100.00 USD, 100 JPY, 100.000 KWD.
 */
void money_format(int64_t minor, const struct currency *currency, char text[MONEY_TEXT_SIZE]);

#endif
