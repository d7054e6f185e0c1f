/*
 * The value of the Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header).
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/idempotency_key.h"

#include <stddef.h>
#include <string.h>

#include "domain/card_number.h"

static bool
is_printable_ascii(char c)
{
    return c >= ' ' && c <= '~';
}

/* Takes the RFC 8941 string behind an opening quote apart; false when it is none. */
static bool
unquote(const char *value, char *key, size_t size)
{
    size_t length = 0;

    for (; *value != '"'; value++) {
        if (*value == '\\' && (value[1] == '"' || value[1] == '\\'))
            value++;
        else if (*value == '\\')
            return false;
        if (*value == '\0' || length + 1 >= size)
            return false;
        key[length++] = *value;
    }
    key[length] = '\0';
    return value[1] == '\0';
}

bool
idempotency_key_parse(const char *value, char key[IDEMPOTENCY_KEY_SIZE])
{
    if (value[0] == '"') {
        if (!unquote(value + 1, key, IDEMPOTENCY_KEY_SIZE))
            return false;
    } else {
        if (strlen(value) >= IDEMPOTENCY_KEY_SIZE)
            return false;
        strcpy(key, value);
    }
    for (const char *c = key; *c != '\0'; c++) {
        if (!is_printable_ascii(*c))
            return false;
    }
    return key[0] != '\0' && !card_number_in(key);
}
