/*
 * Forms and queries: what a request to the acquirer says.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_FORM_H
#define PAYMENT_API_SIMULATION_FORM_H

#include <stddef.h>
#include <stdint.h>

/* A parameter of a form or a query (NULL: an empty one), in value; "" when it is not there. name:
 * as it is encoded. Returns value. */
const char *form_text(const char *form, const char *name, char *value, size_t size);

/* The same as a number; 0 when it is not there. */
int64_t form_number(const char *form, const char *name);

#endif
