/*
 * Marking: rows that an administrator changes, found by their ids. Of the store's own files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_MARKING_H
#define PAYMENT_API_STORE_MARKING_H

#include "domain/identifier.h"
#include "store/audit_store.h"
#include "store/database.h"
#include "store/result.h"

/* For units of work: sets *found to STORE_OK where the statement, a SELECT COUNT(*) by an id,
 * counts one row, else to STORE_NOT_FOUND. */
enum database_result marking_find(struct database *database, const struct statement *statement,
                                  const struct identifier *id, enum store_result *found)
    __attribute__((warn_unused_result));

/* An UPDATE of one row: a second time finds it done. */
struct marking {
    const struct statement *update;
    MYSQL_BIND *parameters;        /* the update's */
    const struct statement *count; /* as for marking_find() */
    const struct identifier *id;   /* the row's */
};

/* Carries it out, with its row in the audit where it changed something. STORE_NOT_FOUND: there is
 * no such row. */
enum store_result marking_run(struct database *database, struct deadline deadline,
                              const struct marking *marking, const struct audit_entry *entry)
    __attribute__((warn_unused_result));

#endif
