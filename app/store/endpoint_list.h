/*
 * Webhook endpoints as operators see them: of all merchants, and whose one is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_ENDPOINT_LIST_H
#define PAYMENT_API_STORE_ENDPOINT_LIST_H

#include "store/endpoint_store.h"

typedef void endpoint_seen(void *arg, const struct webhook_endpoint *endpoint);

/* Shows those of a merchant, or of all (NULL), the oldest first. */
enum store_result endpoint_list_show(struct database *database, struct deadline deadline,
                                     const struct identifier *merchant_id, endpoint_seen *seen,
                                     void *arg) __attribute__((warn_unused_result));

/* Finds whose one is. STORE_NOT_FOUND. */
enum store_result endpoint_list_owner(struct database *database, struct deadline deadline,
                                      const struct identifier *id, struct endpoint_owner *owner)
    __attribute__((warn_unused_result));

/* Finds whose event one is. STORE_NOT_FOUND. */
enum store_result endpoint_list_event_owner(struct database *database, struct deadline deadline,
                                            const struct identifier *id,
                                            struct endpoint_owner *owner)
    __attribute__((warn_unused_result));

#endif
