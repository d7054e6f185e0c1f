/*
 * Why Stripe declined, in the words of the contract.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_STRIPE_DECLINE_H
#define PAYMENT_API_PROCESSOR_STRIPE_DECLINE_H

#include "domain/payment.h"

/*
 * A decline of a card, by the decline_code and the code of an error, or by outcome.reason and
 * failure_code of a charge; each may be NULL. A reason that is not in the table is
 * DECLINE_CARD_DECLINED: that it was declined is known by something else.
 */
enum decline stripe_decline(const char *decline_code, const char *code);

#endif
