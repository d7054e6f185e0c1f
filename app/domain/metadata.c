/*
 * Metadata: what a merchant's program notes about a payment or refund, in words of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/metadata.h"

#include <openssl/evp.h>
#include <string.h>

bool
metadata_set(struct metadata *metadata, const char *text)
{
    metadata->text = text;
    return EVP_Digest(text, strlen(text), metadata->digest, NULL, EVP_sha256(), NULL) == 1;
}

bool
metadata_is_there(const struct metadata *metadata)
{
    static const struct metadata none = {.text = NULL};

    return !metadata_equal(metadata, &none);
}

bool
metadata_equal(const struct metadata *a, const struct metadata *b)
{
    return memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}
