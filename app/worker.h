/*
 * The worker: one loop that has many requests in hand and answers them in groups.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_WORKER_H
#define PAYMENT_API_WORKER_H

#include <stdbool.h>

#include "config.h"
#include "heartbeat.h"
#include "listener.h"
#include "metrics.h"

/* The option group of the workers' account in the configuration file. */
#define WORKER_ACCOUNT "database"

enum worker_end {
    WORKER_STOPPED, /* SIGTERM, SIGINT or SIGUSR1: all that was in hand has been answered */
    WORKER_RELOAD,  /* SIGHUP: start again with new configuration */
    WORKER_FAILED,  /* it could not start or go on; logged */
};

/*
 * Serves a listening socket with FastCGI until a signal ends it. account is the option group of its
 * account at the database. It beats at every turn of its
 * loop, so at least every HEARTBEAT_INTERVAL_MS. With NULL there is no parent to look at that, nor
 * at the path of the socket: then it ends when another process has taken the path over, and removes
 * it before it ends. It counts what it does in metrics.
 */
enum worker_end worker_run(const struct config *config, const char *account,
                           const struct listener *listener, struct heartbeat *heartbeat,
                           struct metrics_place metrics) __attribute__((warn_unused_result));

/* Answers the one request of this process, which a web server started as a CGI program. */
enum worker_end worker_run_once(const struct config *config) __attribute__((warn_unused_result));

/* What is wrong with the database, for a start that should not go on; false and error "" when it is
 * only out of reach, true when it is in order. */
bool worker_check_database(const struct config *config, char error[CONFIG_ERROR_SIZE]);

#endif
