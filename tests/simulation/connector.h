/*
 * Connector/C, in place of the real one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_CONNECTOR_H
#define PAYMENT_API_SIMULATION_CONNECTOR_H

#include <stdint.h>

/* A run begins. */
void connector_clear(void);

/* The server is killed: what was not committed is lost, nobody can connect for so long. */
void connector_outage(int64_t ms);

#endif
