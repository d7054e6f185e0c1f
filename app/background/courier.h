/*
 * The courier: a process of the pool that sends events to merchants' webhook endpoints, for as long
 * as it lives.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_BACKGROUND_COURIER_H
#define PAYMENT_API_BACKGROUND_COURIER_H

#include "config.h"
#include "heartbeat.h"
#include "listener.h"
#include "worker.h"

/* As worker_run(); it serves no socket. */
enum worker_end courier_run(const struct config *config, const char *account,
                            const struct listener *listener, struct heartbeat *heartbeat,
                            struct metrics_place metrics) __attribute__((warn_unused_result));

/* Sends what is due now, deletes what is old, and ends; what fails is due again later. False when
 * the database cannot be reached; *count receives how many were sent, whether they arrived or not.
 */
bool courier_run_once(const struct config *config, const char *account, size_t *count)
    __attribute__((warn_unused_result));

#endif
