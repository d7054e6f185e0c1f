/*
 * Attempts in the database: what processors were asked, and what came.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_ATTEMPT_STORE_H
#define PAYMENT_API_STORE_ATTEMPT_STORE_H

#include "domain/attempt.h"
#include "store/database.h"

extern const struct statement_set attempt_statements;

/* An attempt, and the payment or refund that it was about. */
struct attempt_record {
    const struct attempt *attempt;      /* not owned */
    const struct identifier *record_id; /* not owned */
};

/* For units of work, within a transaction: keeps count (1 to STORE_GROUP_MAX) attempts. One that is
 * there already is left as it is. */
enum database_result attempt_store_insert(struct database *database,
                                          const struct attempt_record *attempts, size_t count)
    __attribute__((warn_unused_result));

#endif
