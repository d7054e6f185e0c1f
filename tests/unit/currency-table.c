/*
 * Prints the currencies in use, or with --retired the others, for the tests that compare them with
 * other sources.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "domain/currency.h"

int
main(int argc, char **argv)
{
    size_t count;
    bool retired = argc > 1 && strcmp(argv[1], "--retired") == 0;
    const struct currency *currencies =
        retired ? currency_retired_table(&count) : currency_table(&count);

    for (size_t i = 0; i < count; i++)
        printf("%s %d\n", currencies[i].code, currencies[i].decimals);
    return 0;
}
