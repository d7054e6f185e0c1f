/*
 * The service: what the API of one worker works with, for as long as the worker lives.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_SERVICE_H
#define PAYMENT_API_API_SERVICE_H

#include "api/key_cache.h"
#include "config.h"
#include "http/response.h"
#include "log.h"
#include "metrics.h"
#include "operations/operation.h"
#include "store/database.h"

#define ASKED_SLOTS 64

struct service {
    const struct config *config; /* not owned */
    struct log log;
    struct metrics_place metrics;
    struct database *database; /* owned */
    struct processors processors;
    struct {
        struct identifier id;
        int64_t at;        /* monotonic milliseconds */
    } asked[ASKED_SLOTS];  /* about which records the processor was asked last */
    struct caller *caller; /* owned; NULL where no processor has effects */
    struct key_cache key_cache;
    struct {
        struct api_key_hash hashes[STORE_GROUP_MAX]; /* of keys whose use is to be noted */
        size_t count;
        int64_t again_at; /* monotonic milliseconds: not before then, after a failure */
    } used;
    int64_t
        clock_gap_ms; /* by how much the web server's clock is behind, where it tells the time */
    struct response response; /* of the one that is being answered */
};

/* account: the option group of its account at the database. prepare_on_use: no statement is
 * prepared before it is needed, as for an account that may not carry all of them out. NULL without
 * memory. The configuration and the account must outlive it. */
struct service *service_new(const struct config *config, const char *account, bool prepare_on_use,
                            struct metrics_place metrics) __attribute__((warn_unused_result));

/* Takes NULL. */
void service_free(struct service *service);

/* Makes ready for calls to processors, in a loop that must outlive the service; nothing where none
 * has effects. False when that is not possible. */
bool service_open_calls(struct service *service, struct loop *loop)
    __attribute__((warn_unused_result));

/* What operations work with: of this service. */
struct workshop service_workshop(const struct service *service);

/* A database that is only out of reach does not stop the start: requests get 503 until it is there.
 */
void service_connect_early(struct service *service);

/* What is wrong with the database, for a start that should not go on; false and error "" when it is
 * only out of reach, true when it is in order. */
bool service_check_database(const struct config *config, const char *account,
                            char error[CONFIG_ERROR_SIZE]);

#endif
