/*
 * /refunds: give money of a payment back.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_REFUNDS_H
#define PAYMENT_API_API_REFUNDS_H

#include "http/router.h"

route_handler refunds_create; /* POST /refunds */

#endif
