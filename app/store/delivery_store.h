/*
 * Deliveries in the database: which event is still to be sent to which webhook endpoint.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_DELIVERY_STORE_H
#define PAYMENT_API_STORE_DELIVERY_STORE_H

#include "domain/delivery.h"
#include "store/database.h"

extern const struct statement_set delivery_statements;

/* Endpoints that one look finds, and deliveries that one claim takes, at most. */
#define RECEIVERS_MAX 64
#define DELIVERY_CLAIM_MAX 8

/* An endpoint with something due. */
struct receiver_row {
    struct identifier id;
    int64_t failing_since; /* Unix time in milliseconds; 0: it is not */
    char url[WEBHOOK_URL_SIZE];
};

/* Finds up to RECEIVERS_MAX of them by their ids, those behind after (NULL: all). */
enum store_result delivery_store_find_due(struct database *database, struct deadline deadline,
                                          const struct identifier *after,
                                          struct receiver_row rows[RECEIVERS_MAX], size_t *count)
    __attribute__((warn_unused_result));

/* Claims up to limit (to DELIVERY_CLAIM_MAX) deliveries of an endpoint that are due, for lease_ms,
 * with their events' texts and the secrets that sign them. */
enum store_result delivery_store_claim(struct database *database, struct deadline deadline,
                                       const struct identifier *endpoint_id, int64_t lease_ms,
                                       size_t limit, struct delivery deliveries[DELIVERY_CLAIM_MAX],
                                       size_t *count, struct delivery_secrets *secrets)
    __attribute__((warn_unused_result));

#endif
