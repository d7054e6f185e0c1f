/*
 * Reading the configuration again while the program runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_RELOAD_H
#define PAYMENT_API_RELOAD_H

#include <stdbool.h>

#include "config.h"

/* Where a configuration comes from. */
struct reload_source {
    /* Reads and checks it; false and a message in error when it is no good. */
    bool (*load)(struct config *config, const void *arg, char error[CONFIG_ERROR_SIZE]);
    const void *arg; /* of load() */
};

/*
 * Puts a new configuration in the place of *config, and a log that follows it in the place of *log.
 * false when it is no good, or the database refuses its account: then nothing changes. The log
 * tells either.
 */
bool reload(struct config *config, struct log *log, const struct reload_source *source);

#endif
