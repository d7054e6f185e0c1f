/*
 * Identifiers: a prefix that names the kind and a time-ordered 128-bit value.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/identifier.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define DIGITS 26 /* of 128 bits in base 32: the first one holds three of them */

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static const char *const prefixes[] = {
    [IDENTIFIER_PAYMENT] = "pay_", [IDENTIFIER_REFUND] = "refund_", [IDENTIFIER_MERCHANT] = "mer_",
    [IDENTIFIER_API_KEY] = "key_", [IDENTIFIER_EVENT] = "evt_",     [IDENTIFIER_ENDPOINT] = "we_",
};

bool
identifier_new(int64_t unix_ms, struct identifier *id)
{
    unsigned char *bytes = id->bytes;

    if (RAND_bytes(bytes + 6, IDENTIFIER_SIZE - 6) != 1)
        return false;
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(unix_ms >> (40 - 8 * i));
    bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f)); /* version 7 */
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f)); /* variant 10 */
    return true;
}

struct identifier
identifier_first_of(int64_t unix_ms)
{
    struct identifier id = {{0}};

    for (int i = 0; i < 6; i++)
        id.bytes[i] = (unsigned char)(unix_ms >> (40 - 8 * i));
    return id;
}

int64_t
identifier_made_at(const struct identifier *id)
{
    int64_t unix_ms = 0;

    for (int i = 0; i < 6; i++)
        unix_ms = unix_ms << 8 | id->bytes[i];
    return unix_ms;
}

void
base32_encode(const unsigned char *bytes, size_t size, char *text)
{
    size_t digits = (8 * size + 4) / 5;
    size_t bits = 5 * digits - 8 * size; /* zeros in front, to fill the first digit */
    unsigned value = 0;

    for (size_t i = 0; i < size; i++) {
        value = (value << 8 | bytes[i]) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            *text++ = alphabet[(value >> (bits - 5)) & 0x1f];
    }
    *text = '\0';
}

void
identifier_format(enum identifier_kind kind, const struct identifier *id,
                  char text[IDENTIFIER_TEXT_SIZE])
{
    size_t length = strlen(prefixes[kind]);

    memcpy(text, prefixes[kind], length);
    base32_encode(id->bytes, IDENTIFIER_SIZE, text + length);
}

bool
identifier_parse(enum identifier_kind kind, const char *text, struct identifier *id)
{
    size_t length = strlen(prefixes[kind]);
    struct identifier parsed;
    unsigned value = 0;
    int bits = -2; /* the first digit's two upper bits are beyond 128 */
    size_t out = 0;

    if (strncmp(text, prefixes[kind], length) != 0)
        return false;
    text += length;
    if (strlen(text) != DIGITS || text[0] > '7')
        return false;
    for (; *text != '\0'; text++) {
        const char *digit = strchr(alphabet, *text);

        if (digit == NULL)
            return false;
        value = (value << 5 | (unsigned)(digit - alphabet)) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            parsed.bytes[out++] = (unsigned char)(value >> bits);
        }
    }
    *id = parsed;
    return true;
}

bool
identifier_equal(const struct identifier *a, const struct identifier *b)
{
    return memcmp(a->bytes, b->bytes, IDENTIFIER_SIZE) == 0;
}
