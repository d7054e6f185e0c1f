/*
 * Webhook endpoints as rows: reading them, in one place. Of the store's own files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_ENDPOINT_ROW_H
#define PAYMENT_API_STORE_ENDPOINT_ROW_H

#include "store/binding.h"
#include "store/endpoint_store.h"

#define ENDPOINT_COLUMNS                                                                    \
    "merchant_id, mode, id, url, events, description, created_at, IF(disabled_at IS NULL, " \
    "NULL, IFNULL(disabled_by, 'merchant')), failing_since"
#define ENDPOINT_COLUMN_COUNT 9

/* Called for each row that was found. */
typedef void endpoint_found(void *arg, const struct webhook_endpoint *found);

/* Executes a SELECT of ENDPOINT_COLUMNS. */
enum database_result endpoint_row_execute(struct database *database,
                                          const struct statement *statement, MYSQL_BIND *parameters,
                                          endpoint_found *found, void *arg)
    __attribute__((warn_unused_result));

enum endpoint_look_up {
    ENDPOINTS_OF_OWNER, /* all, the oldest first */
    ENDPOINT_BY_ID,
    ENDPOINT_LOCKED, /* by id, until the transaction ends */
};

/* Looks for endpoints of an owner that are not deleted. id: not for ENDPOINTS_OF_OWNER. */
enum database_result endpoint_row_look_up(struct database *database, enum endpoint_look_up look_up,
                                          const struct endpoint_owner *owner,
                                          const struct identifier *id, endpoint_found *found,
                                          void *arg) __attribute__((warn_unused_result));

extern const struct statement_set endpoint_row_statements;

#endif
