/*
 * Prints the currency table, for the tests that compare it with other sources.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "domain/currency.h"

int
main(void)
{
    size_t count;
    const struct currency *currencies = currency_table(&count);

    for (size_t i = 0; i < count; i++)
        printf("%s %d\n", currencies[i].code, currencies[i].decimals);
    return 0;
}
