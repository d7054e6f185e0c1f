/*
 * The routes of the API: one row a path.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_ROUTES_H
#define PAYMENT_API_API_ROUTES_H

#include <stddef.h>

#include "http/router.h"

const struct route *api_routes(size_t *count);

#endif
