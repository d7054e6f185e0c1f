/*
 * A worker's memory of API keys that it has just looked up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/key_cache.h"

#include "clock.h"

bool
key_cache_find(const struct key_cache *cache, const struct api_key_hash *hash,
               struct credential *credential)
{
    size_t slot = hash->bytes[0];

    if (cache->slots[slot].expires_at <= clock_monotonic_ms() ||
        !api_key_hash_equal(&cache->slots[slot].hash, hash))
        return false;
    *credential = cache->slots[slot].credential;
    return true;
}

void
key_cache_keep(struct key_cache *cache, const struct api_key_hash *hash,
               const struct credential *credential, int64_t looked_up_at)
{
    size_t slot = hash->bytes[0];

    if (cache->lifetime_ms == 0)
        return;
    cache->slots[slot].hash = *hash;
    cache->slots[slot].credential = *credential;
    cache->slots[slot].expires_at = looked_up_at + cache->lifetime_ms;
}
