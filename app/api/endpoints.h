/*
 * /webhook_endpoints: where a merchant wants its events to be sent.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_ENDPOINTS_H
#define PAYMENT_API_API_ENDPOINTS_H

#include "api/exchange.h"

api_handler endpoints_create; /* POST /webhook_endpoints */
api_handler endpoints_list;   /* GET /webhook_endpoints */
api_handler endpoints_read;   /* GET /webhook_endpoints/{id} */
api_handler endpoints_change; /* POST /webhook_endpoints/{id} */
api_handler endpoints_delete; /* DELETE /webhook_endpoints/{id} */
api_handler endpoints_rotate; /* POST /webhook_endpoints/{id}/rotate */

#endif
