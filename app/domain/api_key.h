/*
 * API keys: bearer secrets of merchants. Only their SHA-256 is ever kept.
 *
 * A key has 160 random bits, so a plain hash cannot be reversed and needs no salt, and a look-up by
 * hash tells nothing of how near a wrong key was.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_API_KEY_H
#define PAYMENT_API_DOMAIN_API_KEY_H

#include <stdbool.h>

#include "domain/mode.h"

#define API_KEY_HASH_SIZE 32   /* bytes, as kept in BINARY(32) */
#define API_KEY_TEXT_SIZE 41   /* "sk_test_", 32 base 32 digits, NUL */
#define API_KEY_PREFIX_SIZE 13 /* "sk_test_", the first 4 digits, NUL: what lists may show */

struct api_key_hash {
    unsigned char bytes[API_KEY_HASH_SIZE];
};

/* Makes a new key; false when libcrypto has no random bytes to give. The caller wipes the text. */
bool api_key_new(enum mode mode, char text[API_KEY_TEXT_SIZE]) __attribute__((warn_unused_result));

/* The SHA-256 of any text, key or not; false when libcrypto fails. */
bool api_key_hash(const char *text, struct api_key_hash *hash) __attribute__((warn_unused_result));

/* The part of a key that may be shown again. */
void api_key_prefix(const char text[API_KEY_TEXT_SIZE], char prefix[API_KEY_PREFIX_SIZE]);

/* Compares in a time that does not depend on the bytes. */
bool api_key_hash_equal(const struct api_key_hash *a, const struct api_key_hash *b);

#endif
