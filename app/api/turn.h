/*
 * A turn: what a worker does with the exchanges that it has in hand, all that stand at the same
 * step together.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_TURN_H
#define PAYMENT_API_API_TURN_H

#include "api/exchange.h"

#define TURN_MAX STORE_GROUP_MAX /* the most exchanges of one turn */

/* Takes a request in hand: all that later steps need of its parameters is copied. */
void turn_begin(struct exchange *exchange, const struct service *service,
                const struct inbound *inbound);

/*
 * Takes fresh exchanges as far as they go without the database's writing: sheds those that waited
 * too long for a worker, finds out whose they are, and reads them. idle: the worker waited for
 * them, and not they for the worker.
 */
void turn_open(struct service *service, struct exchange *const *exchanges, size_t count, bool idle);

/* The next exchange whose call has ended; NULL when there is none. It goes into a turn again. */
struct exchange *turn_next_called(struct service *service);

/*
 * Does what they ask for, in groups. Afterwards exchange_is_settled() tells which have their
 * answer; of the others those with WORK_CALL have their call under way, and the rest (of two with
 * one idempotency key the second) go into the next turn.
 */
void turn_work(struct service *service, struct exchange *const *exchanges, size_t count);

#endif
