/*
 * Representations: what the API shows of its records, and where it says they are.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_REPRESENTATION_H
#define PAYMENT_API_API_REPRESENTATION_H

#include "api/exchange.h"

represent represent_health;
represent represent_received;    /* an event that is kept, or needs not be */
represent represent_payment;     /* GET: five members, whatever its status */
represent represent_new_payment; /* POST: 201, or 402 when it was declined, each with Location */
represent represent_refund;      /* GET */
represent represent_new_refund;  /* POST: 201 with Location */

/* The answer is a body that was made beforehand; the text was allocated, and becomes the
 * exchange's. */
void represent_by_text(struct exchange *exchange, char *text);

/* The records themselves, as answers and lists have them. */
void append_payment(const struct payment *payment, struct response *response);
void append_refund(const struct refund *refund, struct response *response);

#endif
