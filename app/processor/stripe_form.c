/*
 * Forms: application/x-www-form-urlencoded, as the bodies and queries of Stripe's API are written.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/stripe_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
stripe_form_begin(struct stripe_form *form, char *text, size_t size)
{
    *form = (struct stripe_form){.text = text, .size = size};
    text[0] = '\0';
}

static void
put(struct stripe_form *form, char c)
{
    if (form->length + 1 >= form->size) {
        form->is_cut = true;
        return;
    }
    form->text[form->length++] = c;
    form->text[form->length] = '\0';
}

/* Not isalnum(3), which asks the locale. */
static bool
is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

static void
put_escaped(struct stripe_form *form, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        if (is_plain(*text)) {
            put(form, *text);
            continue;
        }
        put(form, '%');
        put(form, digits[(unsigned char)*text >> 4]);
        put(form, digits[(unsigned char)*text & 15]);
    }
}

void
stripe_form_add(struct stripe_form *form, const char *name, const char *value)
{
    if (value == NULL)
        return;
    if (form->length > 0)
        put(form, '&');
    put_escaped(form, name);
    put(form, '=');
    put_escaped(form, value);
}

void
stripe_form_add_number(struct stripe_form *form, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    stripe_form_add(form, name, text);
}
