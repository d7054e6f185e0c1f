/*
 * GET /payments and GET /refunds: the lists of payments and refunds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_LISTS_H
#define PAYMENT_API_API_LISTS_H

#include "api/exchange.h"

api_handler payments_list; /* GET /payments */
api_handler refunds_list;  /* GET /refunds */

#endif
