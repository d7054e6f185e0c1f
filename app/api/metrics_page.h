/*
 * /metrics: what all processes of the pool have counted, in the text format of Prometheus
 * (https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_METRICS_PAGE_H
#define PAYMENT_API_API_METRICS_PAGE_H

#include "api/exchange.h"

/* GET /metrics. A process without a pool has only its own numbers, which say nothing: Not found. */
api_handler metrics_read;

#endif
