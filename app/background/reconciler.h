/*
 * The reconciler: a process of the pool that asks processors about payments and refunds that stay
 * "processing", for as long as it lives.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_BACKGROUND_RECONCILER_H
#define PAYMENT_API_BACKGROUND_RECONCILER_H

#include "config.h"
#include "heartbeat.h"
#include "listener.h"
#include "worker.h"

/* As worker_run(); it serves no socket. */
enum worker_end reconciler_run(const struct config *config, const char *account,
                               const struct listener *listener, struct heartbeat *heartbeat,
                               struct metrics_place metrics) __attribute__((warn_unused_result));

/* Reconciles what is due now, and ends. False when the database cannot be reached; *count receives
 * how many records were looked at. */
bool reconciler_run_once(const struct config *config, const char *account, size_t *count)
    __attribute__((warn_unused_result));

#endif
