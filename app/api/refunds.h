/*
 * /refunds: give money of a payment back, read a refund.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_REFUNDS_H
#define PAYMENT_API_API_REFUNDS_H

#include "api/exchange.h"

api_handler refunds_create; /* POST /refunds */
api_handler refunds_read;   /* GET /refunds/{id} */

#endif
