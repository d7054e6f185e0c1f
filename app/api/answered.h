/*
 * What is told of a request that has its answer: the metrics, and its line in the log.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_ANSWERED_H
#define PAYMENT_API_API_ANSWERED_H

#include "api/exchange.h"

/* Counts an answer that stands in service->response; it took so many microseconds to come there. */
void answered_count(struct service *service, const struct exchange *exchange, int64_t took_us);

/* Its line in the log. together: how many requests were in the turn. */
void answered_log(struct service *service, const struct exchange *exchange, int64_t took_us,
                  size_t together);

#endif
