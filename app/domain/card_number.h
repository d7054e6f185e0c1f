/*
 * Card numbers sent by mistake: they must be refused before they are stored or logged.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_CARD_NUMBER_H
#define PAYMENT_API_DOMAIN_CARD_NUMBER_H

#include <stdbool.h>

#define CARD_NUMBER_SIZE 20 /* the most digits that one has, and the final NUL */

/*
 * True when the whole text is a card number: 13 to 19 digits (ISO/IEC 7812-1), single spaces or
 * hyphens between them allowed, whose Luhn check digit is right.
 */
bool card_number_is(const char *text);

/*
 * True when a card number stands anywhere in free text, not touching another digit. More digits may
 * stand before or behind it, a space or hyphen between: "4242 4242 4242 4242 12/27".
 *
 * So that order numbers pass, its length and first digits must also be those of a card brand (Visa,
 * Mastercard, American Express, Discover, Diners Club, JCB, UnionPay, Maestro). So that random
 * tokens pass, digits do not count within a UUID or within a word of hexadecimal digits and
 * letters.
 */
bool card_number_in(const char *text);

#endif
