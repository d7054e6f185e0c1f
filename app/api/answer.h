/*
 * The one place that answers: an exchange, whatever became of it, as text for the web server.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_ANSWER_H
#define PAYMENT_API_API_ANSWER_H

#include "api/exchange.h"

/* Writes the answer into service->response; the text lives until the next answer is written. */
const char *answer_text(const struct exchange *exchange, struct service *service, size_t *length);

#endif
