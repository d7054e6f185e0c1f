/*
 * Identifiers: a prefix that names the kind and a time-ordered 128-bit value.
 *
 * The value has the layout of a UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix time in
 * milliseconds, then 74 random bits. The text is 26 digits of Crockford's base 32 in lower case, so
 * that the texts of one kind sort as the values do.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_IDENTIFIER_H
#define PAYMENT_API_DOMAIN_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDENTIFIER_SIZE 16      /* bytes, as kept in BINARY(16) columns */
#define IDENTIFIER_TEXT_SIZE 40 /* room for the longest prefix, 26 digits and the final NUL */

enum identifier_kind {
    IDENTIFIER_PAYMENT,  /* pay_ */
    IDENTIFIER_REFUND,   /* refund_ */
    IDENTIFIER_MERCHANT, /* mer_ */
    IDENTIFIER_API_KEY,  /* key_ */
    IDENTIFIER_EVENT,    /* evt_ */
    IDENTIFIER_ENDPOINT, /* we_ */
};

struct identifier {
    unsigned char bytes[IDENTIFIER_SIZE];
};

/* Makes a new identifier for this moment (Unix time in milliseconds); false when libcrypto has no
 * random bytes to give. */
bool identifier_new(int64_t unix_ms, struct identifier *id) __attribute__((warn_unused_result));

/* The lowest value that identifier_new() can make in this moment (Unix time in milliseconds), for
 * ranges of time. */
struct identifier identifier_first_of(int64_t unix_ms);

/* The moment that it was made for (Unix time in milliseconds). */
int64_t identifier_made_at(const struct identifier *id);

/* The text of an identifier, NUL-terminated. */
void identifier_format(enum identifier_kind kind, const struct identifier *id,
                       char text[IDENTIFIER_TEXT_SIZE]);

/*
 * Reads a text exactly as identifier_format() writes it: another prefix, upper case, a wrong length
 * or a value over 128 bits is false, and *id is untouched. So one identifier has one text.
 */
bool identifier_parse(enum identifier_kind kind, const char *text, struct identifier *id)
    __attribute__((warn_unused_result));

bool identifier_equal(const struct identifier *a, const struct identifier *b);

/*
 * Writes size bytes as Crockford base 32 digits, most significant first, NUL-terminated; text has
 * room for (8 * size + 4) / 5 + 1 characters. Also the alphabet of API keys.
 */
void base32_encode(const unsigned char *bytes, size_t size, char *text);

#endif
