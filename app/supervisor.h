/*
 * The supervisor: the parent of the processes that do the work, and how many there are of each.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SUPERVISOR_H
#define PAYMENT_API_SUPERVISOR_H

#include <stdbool.h>

#include "config.h"
#include "listener.h"
#include "reload.h"

/* True when the configuration asks for more processes than this one. */
bool supervisor_is_needed(const struct config *config);

/*
 * Runs until SIGTERM, SIGINT or SIGUSR1, or until another process has taken over the path of the
 * listening socket: it removes that path, the workers answer what they have in hand and what waits
 * in the socket, then it returns true. A child that dies is replaced, with growing pauses when it
 * dies young; one that gives no sign of life is killed. SIGHUP reads the configuration again and
 * replaces the children one by one; a configuration that is no good is logged, and nothing changes.
 * false: it could not start.
 */
bool supervisor_run(struct config *config, const struct listener *listener,
                    const struct reload_source *source) __attribute__((warn_unused_result));

#endif
