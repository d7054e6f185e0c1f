/*
 * Representations: what the API shows of its records, and where it says they are.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_OUTPUT_H
#define PAYMENT_API_API_OUTPUT_H

#include "api/context.h"
#include "domain/payment.h"
#include "domain/refund.h"

/* The payment as GET shows it: the same five members, whatever its status. */
void output_payment(const struct payment *payment, struct response *response);

/* The answer to POST /payments: 201 with the payment, 402 when it was declined, each with Location;
 * the same for the first request and for a replay. */
void output_new_payment(const struct payment *payment, const struct request *request,
                        struct response *response);

/* The answer to POST /refunds: 201 with Location. */
void output_new_refund(const struct refund *refund, const struct request *request,
                       struct response *response);

/* The error for a store's function that came to nothing; absent is the one for STORE_NOT_FOUND. */
enum api_error output_store_error(enum store_result result, enum api_error absent);

#endif
