/*
 * /events: what happened to a merchant's payments and refunds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_EVENTS_H
#define PAYMENT_API_API_EVENTS_H

#include "api/exchange.h"

api_handler events_list; /* GET /events */
api_handler events_read; /* GET /events/{id} */

#endif
