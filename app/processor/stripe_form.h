/*
 * Forms: application/x-www-form-urlencoded, as the bodies and queries of Stripe's API are written.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_STRIPE_FORM_H
#define PAYMENT_API_PROCESSOR_STRIPE_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A form that is being written into a text of the caller's, which is NUL-terminated always. */
struct stripe_form {
    char *text; /* not owned */
    size_t size;
    size_t length;
    bool is_cut; /* it did not fit: the text is of no use */
};

void stripe_form_begin(struct stripe_form *form, char *text, size_t size);

/* Adds "name=value" with what must be escaped escaped; nothing for a value of NULL. */
void stripe_form_add(struct stripe_form *form, const char *name, const char *value);
void stripe_form_add_number(struct stripe_form *form, const char *name, int64_t value);

#endif
