/*
 * UTF-8: bytes from elsewhere as text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/utf8.h"

#include <stdbool.h>
#include <string.h>

static bool
is_between(unsigned char byte, unsigned low, unsigned high)
{
    return byte >= low && byte <= high;
}

/* The length of the character that begins here; 0: there is none. The table is that of RFC 3629,
 * section 4. */
static size_t
character_length(const unsigned char *bytes, size_t length)
{
    size_t wanted = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    unsigned low = 0x80, high = 0xbf;

    if (bytes[0] == 0 || is_between(bytes[0], 0x80, 0xc1) || bytes[0] > 0xf4 || wanted > length)
        return 0;
    if (bytes[0] == 0xe0 || bytes[0] == 0xf0)
        low = bytes[0] == 0xe0 ? 0xa0 : 0x90;
    if (bytes[0] == 0xed || bytes[0] == 0xf4)
        high = bytes[0] == 0xed ? 0x9f : 0x8f;
    for (size_t i = 1; i < wanted; i++) {
        if (!is_between(bytes[i], low, high))
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return wanted;
}

void
utf8_mend(const char *bytes, size_t length, char *text, size_t size)
{
    static const char replacement[] = "\xef\xbf\xbd";
    size_t used = 0;

    for (size_t i = 0; i < length;) {
        size_t good = character_length((const unsigned char *)bytes + i, length - i);
        size_t needed = good > 0 ? good : sizeof replacement - 1;

        if (used + needed >= size)
            break;
        memcpy(text + used, good > 0 ? bytes + i : replacement, needed);
        used += needed;
        i += good > 0 ? good : 1;
    }
    text[used] = '\0';
}
