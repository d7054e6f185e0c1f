/*
 * API keys: what is compared is a hash, and wherever it differs it is another key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "domain/api_key.h"

static void
any_byte_makes_it_another_key(void **state)
{
    struct api_key_hash hash, other;

    (void)state;
    assert_true(api_key_hash("sk_test_00000000000000000000000000000000", &hash));
    other = hash;
    assert_true(api_key_hash_equal(&hash, &other));
    for (size_t i = 0; i < API_KEY_HASH_SIZE; i++) {
        for (unsigned bit = 1; bit < 256; bit *= 2) {
            other = hash;
            other.bytes[i] = (unsigned char)(other.bytes[i] ^ bit);
            assert_false(api_key_hash_equal(&hash, &other));
        }
    }
}

/* Keys that differ in one character have hashes that share nothing a clock could find. */
static void
near_keys_have_far_hashes(void **state)
{
    char key[] = "sk_test_0123456789abcdefghjkmnpqrstvwxyz";
    struct api_key_hash hash, other;

    (void)state;
    assert_true(api_key_hash(key, &hash));
    for (size_t i = 0; i < strlen(key); i++) {
        size_t same = 0;

        key[i] ^= 1;
        assert_true(api_key_hash(key, &other));
        key[i] ^= 1;
        while (same < API_KEY_HASH_SIZE && hash.bytes[same] == other.bytes[same])
            same++;
        assert_true(same < 4);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_byte_makes_it_another_key),
        cmocka_unit_test(near_keys_have_far_hashes),
    };

    return RUN(tests);
}
