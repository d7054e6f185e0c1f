/*
 * /healthz and /readyz: for load balancers and monitors.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_HEALTH_H
#define PAYMENT_API_API_HEALTH_H

#include "api/exchange.h"

api_handler health_live;  /* GET /healthz: a worker answers */
api_handler health_ready; /* GET /readyz: and the database gives it a row of a real table */

#endif
