/*
 * Web addresses that a customer's browser is sent to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/web_address.h"

#include <stddef.h>
#include <string.h>

#define HEX "0123456789ABCDEFabcdef"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* RFC 3986 section 2: unreserved, reserved, and '%' with two hexadecimal digits. */
static bool
has_good_characters(const char *text)
{
    static const char characters[] = LETTERS "0123456789-._~:/?#[]@!$&'()*+,;=%";

    if (text[strspn(text, characters)] != '\0')
        return false;
    for (const char *c = strchr(text, '%'); c != NULL; c = strchr(c + 1, '%')) {
        if (strspn(c + 1, HEX) < 2)
            return false;
    }
    return true;
}

/* Takes "HOST" or "HOST:PORT"; false when it is neither. */
static bool
take_host(const char *authority, size_t length, size_t *host_length)
{
    size_t host = 0;
    size_t digits;

    if (length > 0 && authority[0] == '[') {
        host = strspn(authority + 1, HEX ":.") + 1;
        if (host < 3 || authority[host] != ']')
            return false;
        host++;
    } else {
        host = strspn(authority, LETTERS "0123456789-._");
        if (host > 0 && authority[0] == '.')
            return false;
    }
    *host_length = host;
    if (host == 0 || host == length)
        return host != 0;
    if (authority[host] != ':')
        return false;
    digits = strspn(authority + host + 1, "0123456789");
    return digits >= 1 && digits <= 5 && host + 1 + digits == length;
}

static bool
is_this_machine(const char *host, size_t length)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == length && strncmp(names[i], host, length) == 0)
            return true;
    }
    return false;
}

bool
web_address_is(const char *text)
{
    bool is_plain = strncmp(text, "http://", strlen("http://")) == 0;
    const char *authority;
    size_t host_length = 0;

    if (!is_plain && strncmp(text, "https://", strlen("https://")) != 0)
        return false;
    authority = text + (is_plain ? strlen("http://") : strlen("https://"));
    return has_good_characters(text) &&
           take_host(authority, strcspn(authority, "/?#"), &host_length) &&
           (!is_plain || is_this_machine(authority, host_length));
}
