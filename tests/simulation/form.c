/*
 * Forms and queries: what a request to the acquirer says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "form.h"

#include <stdlib.h>
#include <string.h>

static void
decode(const char *text, char *value, size_t size)
{
    size_t used = 0;

    for (; *text != '&' && *text != '\0' && used + 1 < size; text++) {
        if (*text == '%' && text[1] != '\0' && text[2] != '\0') {
            const char code[] = {text[1], text[2], '\0'};

            value[used++] = (char)strtoul(code, NULL, 16);
            text += 2;
        } else {
            value[used++] = *text;
        }
    }
    value[used] = '\0';
}

const char *
form_text(const char *form, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);

    value[0] = '\0';
    while (form != NULL && *form != '\0') {
        if (strncmp(form, name, length) == 0 && form[length] == '=') {
            decode(form + length + 1, value, size);
            return value;
        }
        form = strchr(form, '&');
        form = form != NULL ? form + 1 : NULL;
    }
    return value;
}

int64_t
form_number(const char *form, const char *name)
{
    char text[32];

    return strtoll(form_text(form, name, text, sizeof text), NULL, 10);
}
