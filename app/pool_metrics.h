/*
 * Pool metrics: what the parent of the pool tells of its children, for whoever reads the metrics.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_POOL_METRICS_H
#define PAYMENT_API_POOL_METRICS_H

#include "children.h"
#include "config.h"
#include "metrics.h"

/* Under which names processors are counted: to be called before a child is started that knows them.
 */
void pool_metrics_note_processors(struct metrics *metrics, const struct config *config);

/* How many children there are of a role, and how many there should be. */
void pool_metrics_show(struct metrics *metrics, const struct child *children, size_t count,
                       const struct target *target);

#endif
