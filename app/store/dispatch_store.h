/*
 * From events to deliveries: which webhook endpoints an event is to be sent to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_DISPATCH_STORE_H
#define PAYMENT_API_STORE_DISPATCH_STORE_H

#include "domain/webhook.h"
#include "store/database.h"

extern const struct statement_set dispatch_statements;

/*
 * Takes up to STORE_GROUP_MAX events that no courier has looked at, and makes a delivery, due at
 * once, for each endpoint of the event's merchant and mode that stands, wants its type, and was
 * there when it happened. *count receives how many events it took: with STORE_GROUP_MAX there may
 * be more. Two couriers that take the same events make the same rows.
 */
enum store_result dispatch_store_take(struct database *database, struct deadline deadline,
                                      size_t *count) __attribute__((warn_unused_result));

/* Makes deliveries of a part of the events that endpoints are to be sent once more. *count receives
 * 0 when nothing of the kind is left to do. */
enum store_result dispatch_store_resend(struct database *database, struct deadline deadline,
                                        size_t *count) __attribute__((warn_unused_result));

#endif
