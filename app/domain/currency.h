/*
 * Currencies: the ISO 4217 codes that money may be in, with their number of decimals.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_CURRENCY_H
#define PAYMENT_API_DOMAIN_CURRENCY_H

#include <stddef.h>

/* The most decimals that a currency of the table has (BHD, IQD, JOD, KWD, LYD, OMR, TND). */
#define CURRENCY_DECIMALS_MAX 3

/*
 * One row of ISO 4217. Amounts are kept in minor units beside the code: a row that was released
 * once stays for ever, in use or retired, and so do its decimals, whatever ISO does. Otherwise
 * payments could not be read any more, or would change their amounts. tests/unit/currency-t.c has
 * the list of what was released.
 */
struct currency {
    char code[4]; /* the alphabetic code, upper case */
    int decimals; /* "minor unit" of the standard: the decimals of an amount, 0 to 3 */
};

/*
 * The currency of new money with this code, or NULL where no country uses such a currency (any
 * more). The code is compared as it is: "usd" is no currency. Metals, funds, bond units, test and
 * no-currency codes are left out. The row is static: it is never freed.
 */
const struct currency *currency_find(const char *code);

/* The same for money that is recorded: retired currencies, too. */
const struct currency *currency_of_record(const char *code);

/* All currencies in use in the order of their codes; *count receives how many. */
const struct currency *currency_table(size_t *count);

/* The retired ones likewise. */
const struct currency *currency_retired_table(size_t *count);

#endif
