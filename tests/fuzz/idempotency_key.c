/*
 * Idempotency keys: the quoted and the bare form of a key are the same key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <stdbool.h>

#include "domain/card_number.h"
#include "domain/idempotency_key.h"

/* The RFC 8941 string of a text; the caller frees it. */
static char *
quote(const char *text)
{
    char *quoted = malloc(2 * strlen(text) + 3);
    size_t length = 0;

    CHECK(quoted != NULL);
    quoted[length++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            quoted[length++] = '\\';
        quoted[length++] = *text;
    }
    quoted[length++] = '"';
    quoted[length] = '\0';
    return quoted;
}

static void
check_key(const char *key)
{
    size_t length = strlen(key);

    CHECK(length >= 1 && length < IDEMPOTENCY_KEY_SIZE);
    for (size_t i = 0; i < length; i++)
        CHECK(key[i] >= ' ' && key[i] <= '~');
    CHECK(!card_number_in(key));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *value = fuzz_text(data, size);
    char *quoted = quote(value);
    char key[IDEMPOTENCY_KEY_SIZE], same[IDEMPOTENCY_KEY_SIZE];
    bool good = idempotency_key_parse(value, key);
    bool quoted_good = idempotency_key_parse(quoted, same);

    if (value[0] != '"') { /* the bare form */
        CHECK(good == quoted_good);
        CHECK(!good || strcmp(key, value) == 0);
    }
    if (quoted_good)
        CHECK(strcmp(same, value) == 0);
    if (good) {
        char *again = quote(key);

        check_key(key);
        CHECK(idempotency_key_parse(again, same));
        CHECK(strcmp(same, key) == 0);
        if (key[0] != '"')
            CHECK(idempotency_key_parse(key, same) && strcmp(same, key) == 0);
        free(again);
    }
    free(quoted);
    free(value);
    return 0;
}
