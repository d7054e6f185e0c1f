/*
 * Events that are sent to webhook endpoints once more, because somebody asks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_REDELIVERY_STORE_H
#define PAYMENT_API_STORE_REDELIVERY_STORE_H

#include "store/endpoint_store.h"

extern const struct statement_set redelivery_statements;

/* What an event's being asked for came to. */
enum redelivery_end {
    REDELIVERY_ASKED,       /* count deliveries are due now, whatever became of them before */
    REDELIVERY_NO_EVENT,    /* the owner has none with this id */
    REDELIVERY_NO_ENDPOINT, /* the owner has none with the endpoint's id */
    REDELIVERY_UNWANTED,    /* it is disabled or does not want the type; or all are and do not */
};

struct redelivery {
    struct endpoint_owner owner;
    struct identifier event_id;
    bool has_endpoint;
    struct identifier endpoint_id; /* with has_endpoint: only to this one */
    /* Out. */
    enum redelivery_end end;
    size_t count;
};

/* Makes the deliveries of an event due, as one transaction; entry as in endpoint_store.h. STORE_OK
 * with the end, whichever it is. */
enum store_result redelivery_store_ask(struct database *database, struct deadline deadline,
                                       struct redelivery *redelivery,
                                       const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* Lets all events between the two identifiers (after < id <= until) that an endpoint wants be sent
 * to it, by the courier, in steps. A range that is under way already is widened to hold both.
 * STORE_NOT_FOUND; STORE_REFUSED: the endpoint is disabled. */
enum store_result redelivery_store_ask_range(struct database *database, struct deadline deadline,
                                             const struct endpoint_owner *owner,
                                             const struct identifier *endpoint_id,
                                             const struct identifier *after,
                                             const struct identifier *until,
                                             const struct audit_entry *entry)
    __attribute__((warn_unused_result));

#endif
