/*
 * Webhook endpoints in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_ENDPOINT_STORE_H
#define PAYMENT_API_STORE_ENDPOINT_STORE_H

#include "domain/webhook.h"
#include "store/audit_store.h"
#include "store/database.h"

extern const struct statement_set endpoint_statements;

#define ENDPOINTS_MAX 16 /* of a merchant and mode */

/* Whose endpoints they are. */
struct endpoint_owner {
    struct identifier merchant_id;
    enum mode mode;
};

/* Those that write take the row of the audit for it where an administrator does; NULL: the merchant
 * does. */

/* Keeps one with its secret, and lets changes of the merchant's records in its mode be told by
 * events from now on. STORE_REFUSED: the merchant has ENDPOINTS_MAX. */
enum store_result endpoint_store_insert(struct database *database, struct deadline deadline,
                                        const struct webhook_endpoint *endpoint,
                                        const struct webhook_secret *secret,
                                        const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* Finds all of a merchant and mode, the oldest first; endpoints has room for ENDPOINTS_MAX. */
enum store_result endpoint_store_list(struct database *database, struct deadline deadline,
                                      const struct endpoint_owner *owner,
                                      struct webhook_endpoint *endpoints, size_t *count)
    __attribute__((warn_unused_result));

enum store_result endpoint_store_find(struct database *database, struct deadline deadline,
                                      const struct endpoint_owner *owner,
                                      const struct identifier *id,
                                      struct webhook_endpoint *endpoint)
    __attribute__((warn_unused_result));

/* What is changed of one; the others stay. Who enables one says that it works again. */
struct endpoint_change {
    const char *url; /* NULL: stays; not owned */
    uint32_t events; /* 0: stay */
    bool sets_description;
    const char *description; /* with sets_description; NULL: none; not owned */
    bool sets_disabled;
    bool disabled;
    int64_t now; /* Unix time in milliseconds */
};

/* STORE_OK with what stands afterwards; STORE_NOT_FOUND. */
enum store_result endpoint_store_change(struct database *database, struct deadline deadline,
                                        const struct endpoint_owner *owner,
                                        const struct identifier *id,
                                        const struct endpoint_change *change,
                                        const struct audit_entry *entry,
                                        struct webhook_endpoint *endpoint)
    __attribute__((warn_unused_result));

/* A new secret; those before it sign until old_until (Unix time in milliseconds), too. */
enum store_result endpoint_store_rotate(struct database *database, struct deadline deadline,
                                        const struct endpoint_owner *owner,
                                        const struct identifier *id,
                                        const struct webhook_secret *secret, int64_t old_until,
                                        const struct audit_entry *entry,
                                        struct webhook_endpoint *endpoint)
    __attribute__((warn_unused_result));

/* It is not there any more, and neither are its secrets. STORE_NOT_FOUND. */
enum store_result endpoint_store_delete(struct database *database, struct deadline deadline,
                                        const struct endpoint_owner *owner,
                                        const struct identifier *id, int64_t now,
                                        const struct audit_entry *entry)
    __attribute__((warn_unused_result));

#endif
