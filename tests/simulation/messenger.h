/*
 * The messenger: brings the program what the acquirer tells of each change, in any order, late,
 * twice, and again until it is taken.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_MESSENGER_H
#define PAYMENT_API_SIMULATION_MESSENGER_H

#include <stdbool.h>

#define MESSENGER_SECRET "whsec_simulated" /* what its events are signed with */

/* A run begins, in which events come, or none. */
void messenger_start(bool is_at_work);
bool messenger_is_at_work(void);

/* An object has changed; text: as it is now, in JSON. */
void messenger_tell(const char *text);

/* True when all was taken and, as is on record, dealt with. */
bool messenger_is_done(void);

#endif
