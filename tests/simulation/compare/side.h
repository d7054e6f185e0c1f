/*
 * The side that is compared: the simulated database, or a real one. Each program has one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_COMPARE_SIDE_H
#define PAYMENT_API_SIMULATION_COMPARE_SIDE_H

#include "turns.h"

/* Once: the folder of the migrations, or an option file. Ends the program when it cannot be. */
void side_begin(const char *argument);

/* All tables are empty. No client is connected. */
void side_clear(void);

/* Connects; and closes the connection. */
void side_connect(struct client *client);
void side_disconnect(struct client *client);

/* The server's clock shows client->wall for this client. */
void side_set_time(struct client *client);

/* Does one that has not ended its turn wait for another's lock? */
bool side_waits(const struct client *client);

#endif
