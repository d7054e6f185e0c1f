/*
 * The context: everything that a request needs. A worker has one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_CONTEXT_H
#define PAYMENT_API_API_CONTEXT_H

#include "api/key_cache.h"
#include "clock.h"
#include "config.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "log.h"
#include "processor/processor.h"
#include "store/credential_store.h"
#include "store/database.h"

struct context {
    /* The worker's, for as long as it lives. */
    const struct config *config; /* not owned */
    struct log log;
    struct database *database; /* owned */
    struct key_cache key_cache;
    char *body; /* owned: config->max_body bytes */

    /* The request's. */
    struct request request;
    struct route_match match;
    struct deadline deadline;          /* of the whole request */
    struct credential credential;      /* set by authentication */
    const struct processor *processor; /* of the credential's mode, not owned */
    struct response response;
};

#endif
