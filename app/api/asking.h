/*
 * Asking: a read of a payment or refund that stays "processing" asks its processor first, inside
 * the request's own deadline. So a client that waits for an outcome learns it, also where no
 * background process runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_ASKING_H
#define PAYMENT_API_API_ASKING_H

#include "api/exchange.h"

/* Looks at a payment that was found for an exchange: with WORK_ASK its processor is to be asked. A
 * record is asked about once a second at most. */
void asking_of_payment(struct service *service, struct exchange *exchange);

/* The same for the refund that was found; its payment is read. */
void asking_of_refund(struct service *service, struct exchange *exchange);

/* Asks for an exchange with WORK_ASK: then it has WORK_CALL, or is settled as it stands. */
void asking_begin(struct service *service, struct exchange *exchange);

/* The calls of these exchanges (up to TURN_MAX) have ended: they are settled, or have WORK_CALL for
 * another one. */
void asking_conclude(struct service *service, struct exchange *const *exchanges, size_t count);

#endif
