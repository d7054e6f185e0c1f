/*
 * An inbound request: all of it, as a web server passed it on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/inbound.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

long long
inbound_content_length(char *const *params)
{
    static const char name[] = "CONTENT_LENGTH=";
    const char *value = NULL;
    char *end = NULL;
    long long length;

    for (; *params != NULL; params++) {
        if (strncmp(*params, name, sizeof name - 1) != 0)
            continue;
        if (value != NULL)
            return -2;
        value = *params + sizeof name - 1;
    }
    if (value == NULL || value[0] == '\0')
        return -1;
    if (!isdigit((unsigned char)value[0]))
        return -2;
    errno = 0;
    length = strtoll(value, &end, 10);
    return errno != 0 || *end != '\0' ? -2 : length;
}

enum body_status
inbound_body_status(char *const *params, size_t length, bool whole, size_t limit)
{
    long long announced = inbound_content_length(params);

    if (announced == -2)
        return BODY_BROKEN;
    if (length > limit || (announced > 0 && (unsigned long long)announced > limit))
        return BODY_TOO_LARGE;
    if (!whole || (announced >= 0 && (unsigned long long)announced != length))
        return BODY_BROKEN;
    return BODY_OK;
}
