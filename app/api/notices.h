/*
 * POST /processors/{name}/events: what a processor tells.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_NOTICES_H
#define PAYMENT_API_API_NOTICES_H

#include "api/exchange.h"

/* Verifies an event and keeps it; it is answered when it is durable. Whoever is not the processor
 * learns nothing: not even whether there is one with that name. */
api_handler notices_take;

#endif
