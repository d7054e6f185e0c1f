/*
 * API keys in the database, for payment-admin.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_API_KEY_STORE_H
#define PAYMENT_API_STORE_API_KEY_STORE_H

#include <stdbool.h>

#include "domain/api_key.h"
#include "domain/identifier.h"
#include "store/audit_store.h"
#include "store/database.h"

#define API_KEY_LABEL_SIZE (4 * 255 + 1) /* 255 characters in UTF-8 and the final NUL */

/* An API key as lists show it. Times are RFC 3339 UTC; a NULL time has not come. Not owned. */
struct api_key_row {
    struct identifier id;
    struct identifier merchant_id;
    const char *mode;
    bool read_only;
    const char *prefix;
    const char *label; /* NULL: none */
    const char *created_at;
    const char *expires_at;
    const char *revoked_at;
    const char *last_used_at; /* within an hour; NULL: never, or not since that is noted */
};

typedef void api_key_seen(void *arg, const struct api_key_row *row);

/* A new API key, but for the key itself. */
struct new_api_key {
    struct identifier id;
    struct identifier merchant_id;
    struct api_key_hash hash;
    enum mode mode;
    bool read_only; /* it may not POST */
    char prefix[API_KEY_PREFIX_SIZE];
    const char *label;  /* NULL: none; not owned */
    int64_t created_at; /* Unix milliseconds */
    int64_t expires_at; /* Unix milliseconds, 0: never */
};

/* Each change is one transaction with its row in the audit, which is written when something
 * changed. */

/* STORE_OK; STORE_NOT_FOUND when there is no such merchant; STORE_REFUSED when it is disabled. */
enum store_result api_key_store_insert(struct database *database, struct deadline deadline,
                                       const struct new_api_key *key,
                                       const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* A key that is to be replaced. */
struct old_api_key {
    struct identifier merchant_id;
    enum mode mode;
    bool read_only;
    char label[API_KEY_LABEL_SIZE]; /* "": none */
    int64_t expires_at;             /* Unix milliseconds, 0: never */
};

/* STORE_OK; STORE_NOT_FOUND. */
enum store_result api_key_store_find(struct database *database, struct deadline deadline,
                                     const struct identifier *id, struct old_api_key *key)
    __attribute__((warn_unused_result));

/*
 * Inserts a key in the place of another one of the same merchant, which expires at ends_at (Unix
 * milliseconds) where it would not before. The old one is one that api_key_store_find() found.
 * STORE_OK; STORE_REFUSED when it is revoked or has expired, or the merchant is disabled.
 */
enum store_result api_key_store_rotate(struct database *database, struct deadline deadline,
                                       const struct identifier *old, int64_t ends_at,
                                       const struct new_api_key *key,
                                       const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* STORE_OK, also when it was revoked before; STORE_NOT_FOUND. */
enum store_result api_key_store_revoke(struct database *database, struct deadline deadline,
                                       const struct identifier *id, const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* Shows the keys of one merchant, or of all (NULL), the oldest first. */
enum store_result api_key_store_list(struct database *database,
                                     const struct identifier *merchant_id, api_key_seen *seen,
                                     void *arg) __attribute__((warn_unused_result));

#endif
