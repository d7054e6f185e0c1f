/*
 * Clients: what they ask for, and what they are told.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_CLIENTS_H
#define PAYMENT_API_SIMULATION_CLIENTS_H

#include "told.h"

#define OPERATIONS_MAX 64
#define CLIENT_KEYS 4 /* API keys: two merchants, each with both modes */

/* A run begins; rows of the merchants are made. */
void clients_clear(void);
/* The clients of a run: each does so many operations. */
void clients_start(size_t count);
/* They begin nothing new. */
void clients_stop(void);
bool clients_have_stopped(void);
/* Asks once more about all: set once nothing goes wrong any more. */
void clients_audit(void);
bool clients_audit_is_done(void);

const struct operation *clients_operations(size_t *count);

#endif
