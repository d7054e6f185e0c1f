/*
 * A worker's memory of API keys that it has just looked up.
 *
 * It holds hashes, never keys, and only those that were found to be good. A revocation takes effect
 * when the entry has grown too old.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_KEY_CACHE_H
#define PAYMENT_API_API_KEY_CACHE_H

#include <stdbool.h>

#include "domain/api_key.h"
#include "store/credential_store.h"

#define KEY_CACHE_SLOTS 256 /* a slot is chosen by the hash's first byte */

struct key_cache {
    int64_t lifetime_ms; /* 0: nothing is kept */
    struct {
        struct api_key_hash hash;
        struct credential credential;
        int64_t expires_at; /* monotonic milliseconds; 0: the slot is free */
    } slots[KEY_CACHE_SLOTS];
};

/* Finds a credential that is not too old. */
bool key_cache_find(const struct key_cache *cache, const struct api_key_hash *hash,
                    struct credential *credential);

/* Keeps a credential that was looked up at this moment (monotonic milliseconds). */
void key_cache_keep(struct key_cache *cache, const struct api_key_hash *hash,
                    const struct credential *credential, int64_t looked_up_at);

#endif
