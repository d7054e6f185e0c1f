/*
 * Calls of the store, at random, and what they answer.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_COMPARE_CALLS_H
#define PAYMENT_API_SIMULATION_COMPARE_CALLS_H

#include "turns.h"

/* A run begins; several: there are other clients at the same time. */
void calls_begin(bool several);

/* One call of the store, at the client's turn, and a line for each of its results. */
void calls_make(struct client *client);

/* Of calls_more.c: one that reads, or what people do. */
void calls_look(struct client *client);
void calls_administer(struct client *client);

/* Of calls_end.c: what is on record in the end. */
void calls_show_all(struct client *client);

/* Makes the merchants and their API keys. */
void calls_prepare(struct client *client);

/* A deadline that does not come. */
struct deadline no_deadline(void);

#endif
