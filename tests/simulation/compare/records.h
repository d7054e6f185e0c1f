/*
 * Records: random ones, those that were kept, and their lines.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_COMPARE_RECORDS_H
#define PAYMENT_API_SIMULATION_COMPARE_RECORDS_H

#include "domain/attempt.h"
#include "domain/page.h"
#include "domain/payment.h"
#include "domain/refund.h"

#define MERCHANTS 2

/* A run begins: none was kept. */
void records_begin(void);

/* The number of a merchant, or one that there is not. */
struct identifier merchant_id(uint64_t number);
struct identifier any_merchant(void);
struct identifier new_id(int64_t now);

/* A new payment or refund. place: no two of a group have the same one, nor the same key. */
void make_payment(int64_t now, size_t place, struct payment *payment);
void make_refund(int64_t now, size_t place, const struct payment *payment, struct refund *refund);
void make_attempts(int64_t now, struct attempt *attempts, size_t count);

/* Those that were kept; NULL where there are none. */
void note_payment(const struct payment *payment);
void note_refund(const struct refund *refund);
const struct payment *any_payment(void);
const struct refund *any_refund(void);
const struct payment *noted_payments(size_t *count);
const struct refund *noted_refunds(size_t *count);

void say_id(const struct identifier *id);
void say_payment(const struct payment *payment);
void say_refund(const struct refund *refund);

#endif
