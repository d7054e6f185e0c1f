/*
 * Deliveries: events that are sent once more, and what was sent.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_DELIVERIES_H
#define PAYMENT_API_API_DELIVERIES_H

#include "api/exchange.h"

api_handler deliveries_of_event;    /* POST /events/{id}/redeliver */
api_handler deliveries_of_endpoint; /* POST /webhook_endpoints/{id}/redeliver */
api_handler deliveries_attempts;    /* GET /events/{id}/attempts */

#endif
