/*
 * API keys: bearer secrets of merchants. Only their SHA-256 is ever kept.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/api_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "domain/identifier.h"

#define RANDOM_SIZE 20 /* bytes: 160 bits, 32 base 32 digits */

static const char *const prefixes[] = {
    [MODE_TEST] = "sk_test_",
    [MODE_LIVE] = "sk_live_",
};

bool
api_key_new(enum mode mode, char text[API_KEY_TEXT_SIZE])
{
    unsigned char secret[RANDOM_SIZE];
    size_t length = strlen(prefixes[mode]);

    if (RAND_priv_bytes(secret, sizeof secret) != 1)
        return false;
    memcpy(text, prefixes[mode], length);
    base32_encode(secret, sizeof secret, text + length);
    OPENSSL_cleanse(secret, sizeof secret);
    return true;
}

bool
api_key_hash(const char *text, struct api_key_hash *hash)
{
    return EVP_Digest(text, strlen(text), hash->bytes, NULL, EVP_sha256(), NULL) == 1;
}

void
api_key_prefix(const char text[API_KEY_TEXT_SIZE], char prefix[API_KEY_PREFIX_SIZE])
{
    memcpy(prefix, text, API_KEY_PREFIX_SIZE - 1);
    prefix[API_KEY_PREFIX_SIZE - 1] = '\0';
}

bool
api_key_hash_equal(const struct api_key_hash *a, const struct api_key_hash *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, API_KEY_HASH_SIZE) == 0;
}
