/*
 * Totals: exact sums of amounts, as large as they get.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_TOTAL_H
#define PAYMENT_API_DOMAIN_TOTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/currency.h"

/* Room for the longest total, its point and the final NUL. */
#define TOTAL_TEXT_SIZE 48

/* high * 10^15 + low minor units. Made by {0}. */
struct total {
    uint64_t high;
    uint64_t low; /* below 10^15 */
};

/* Adds the minor units of a text of decimal digits. False, and nothing is added, for anything else
 * and for what is too large (10^33 and above). */
bool total_add_text(struct total *total, const char *digits) __attribute__((warn_unused_result));

void total_add(struct total *total, const struct total *other);

/* Writes it as a JSON number with the currency's own number of decimals. */
void total_format(const struct total *total, const struct currency *currency,
                  char text[TOTAL_TEXT_SIZE]);

#endif
