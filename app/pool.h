/*
 * The pool: a parent that keeps a number of workers on one listening socket.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_POOL_H
#define PAYMENT_API_POOL_H

#include <stdbool.h>

#include "config.h"
#include "listener.h"

/* Reads the configuration again; false and a message in error when it is no good. */
typedef bool pool_load(struct config *config, void *arg, char error[CONFIG_ERROR_SIZE]);

/*
 * Runs until SIGTERM or SIGINT: the workers answer what they have in hand, then it returns true.
 * A worker that dies is replaced, with growing pauses when it dies young. SIGHUP reads the
 * configuration again and replaces the workers one by one; a configuration that is no good is
 * logged, and nothing changes. false: it could not start.
 */
bool pool_run(struct config *config, const struct listener *listener, pool_load *load, void *arg)
    __attribute__((warn_unused_result));

#endif
