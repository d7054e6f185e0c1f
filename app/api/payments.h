/*
 * /payments: create a payment, read a payment.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_PAYMENTS_H
#define PAYMENT_API_API_PAYMENTS_H

#include "api/exchange.h"

api_handler payments_create; /* POST /payments */
api_handler payments_read;   /* GET /payments/{id} */

#endif
