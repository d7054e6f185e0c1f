/*
 * Scenes: statements of two clients in an order that is written down, each of which shows what one
 * of them waits for, sees, or loses.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_COMPARE_SCENES_H
#define PAYMENT_API_SIMULATION_COMPARE_SCENES_H

#include "turns.h"

/* Does this seed play scenes, in place of random calls? */
bool scenes_are_played(uint64_t seed);

/* All of them, in an order that the seed says. Two clients are connected. */
void scenes_play(struct client clients[CLIENTS_MAX]);

#endif
