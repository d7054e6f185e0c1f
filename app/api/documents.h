/*
 * What the API says of itself: the OpenAPI document, and the reference page made from it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_DOCUMENTS_H
#define PAYMENT_API_API_DOCUMENTS_H

#include "api/exchange.h"

api_handler documents_describe; /* GET /openapi.json */
api_handler documents_lead;     /* GET /docs: to /docs/ */
api_handler documents_page;     /* GET /docs/ */
api_handler documents_file;     /* GET /docs/{file} */

#endif
