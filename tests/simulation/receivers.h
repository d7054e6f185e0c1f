/*
 * Receivers: the webhook endpoints of the merchants, what arrives there, and what they answer.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_RECEIVERS_H
#define PAYMENT_API_SIMULATION_RECEIVERS_H

#include <stdbool.h>

/* A run begins; with their rows, where events are sent. Behind clients_clear(). */
void receivers_clear(bool are_there);

/* A delivery arrives: the status of the answer; 0: none comes. */
int receivers_take(const char *url, const char *event, const char *body);

/* True when nothing waits to be sent any more. */
bool receivers_are_done(void);

/* Each event has arrived at each endpoint that wants it; violations are told by violation(). */
void receivers_compare(void);

#endif
