/*
 * Card numbers sent by mistake: they must be refused before they are stored or logged.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_CARD_NUMBER_H
#define PAYMENT_API_DOMAIN_CARD_NUMBER_H

#include <stdbool.h>

/*
 * A card number is 13 to 19 digits (ISO/IEC 7812-1) whose Luhn check digit is right. The digits are
 * those of ASCII, full-width ones (U+FF10 to U+FF19), and those of other scripts of Unicode's basic
 * plane. Between two of them there may be
 *
 * - nothing, or any number of spaces, tabs, hyphens, dashes and invisible characters;
 * - other punctuation and line ends as well (. _ : / | and their like, not # and $; a comma or
 *   semicolon only where a digit follows at once), if then each group but the last has 4 to 8
 *   digits, and the last one 1 to 8: "4242.4242.4242.4242", but not times, dates or prices.
 *
 * Letters end a number and are none of it: "card4242424242424242x" has one.
 */

/* True when the whole text is a card number. */
bool card_number_is(const char *text);

/*
 * True when a card number stands anywhere in free text (UTF-8), not touching another digit. More
 * digits may stand before or behind it: "4242 4242 4242 4242 12/27". The work is in proportion to
 * the length of the text.
 *
 * So that order numbers pass, its length and first digits must also be those of a card brand (Visa,
 * Mastercard, American Express, Discover, Diners Club, JCB, UnionPay, Maestro). So that random
 * tokens pass, digits do not count within a UUID (8-4-4-4-12 hexadecimal digits), nor within a word
 * of 24 and more hexadecimal digits that has letters in three places or more. Of random words of 16
 * hexadecimal digits one in 7,700 is taken for a card number.
 */
bool card_number_in(const char *text);

#endif
