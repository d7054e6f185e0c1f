/*
 * The audit: what administrators did. A change and its row are one transaction, so that there is
 * none without the other.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_AUDIT_STORE_H
#define PAYMENT_API_STORE_AUDIT_STORE_H

#include <stdbool.h>

#include "domain/identifier.h"
#include "store/database.h"
#include "store/result.h"

#define AUDIT_SCHEMA_VERSION 8 /* the first schema that has the table */
#define AUDIT_DETAIL_SIZE 2049 /* 512 characters in UTF-8 and the final NUL */

/* One act. The texts are not owned. */
struct audit_entry {
    struct identifier id;    /* made before the first try to write it */
    int64_t done_at;         /* Unix time in milliseconds */
    const char *system_user; /* whose process it is */
    const char *sudo_user;   /* who became that user by sudo; NULL: nobody, or not known */
    const char *act;         /* "key revoke" */
    const char *object;      /* "key_..." */
    const char *detail;      /* to what it was changed; NULL: the act says it all */
    const char *reason;      /* NULL: none was given */
};

/* For units of work, within a transaction: keeps the row. One that is there already is left. */
enum database_result audit_store_insert(struct database *database, const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* For units of work that are tried again: was the row kept by an earlier try? If so, so was all
 * else that the try did. */
enum database_result audit_store_has(struct database *database, const struct audit_entry *entry,
                                     bool *kept) __attribute__((warn_unused_result));

/*
 * Runs a unit of work as one transaction with the row, which is kept when the work has set
 * *changed. A second try after one that went through finds nothing to change, and the row that is
 * there.
 */
enum database_result audit_store_run(struct database *database, struct deadline deadline,
                                     const struct audit_entry *entry, database_work *work,
                                     void *arg, const bool *changed)
    __attribute__((warn_unused_result));

/* A row as lists show it. Times are RFC 3339 UTC. Not owned. */
struct audit_row {
    const char *done_at;
    const char *system_user;
    const char *sudo_user; /* NULL: none */
    const char *account;
    const char *act;
    const char *object;
    const char *detail; /* NULL: none */
    const char *reason; /* NULL: none */
};

typedef void audit_seen(void *arg, const struct audit_row *row);

/* Which rows are shown. */
struct audit_filter {
    int64_t since;      /* Unix time in milliseconds; from then on */
    int64_t until;      /* before then */
    const char *object; /* NULL: any; not owned */
    int64_t limit;      /* how many at most, the newest of them */
};

/* Shows rows, the newest first. */
enum store_result audit_store_list(struct database *database, struct deadline deadline,
                                   const struct audit_filter *filter, audit_seen *seen, void *arg)
    __attribute__((warn_unused_result));

#endif
