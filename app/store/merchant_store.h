/*
 * Merchants in the database, for payment-admin.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_MERCHANT_STORE_H
#define PAYMENT_API_STORE_MERCHANT_STORE_H

#include "domain/identifier.h"
#include "domain/payment.h"
#include "store/audit_store.h"
#include "store/database.h"

#define MERCHANT_NAME_MAX 255 /* characters, also of a key's label */

/* A merchant as lists show it. Times are RFC 3339 UTC; a NULL time has not come. Not owned. */
struct merchant_row {
    struct identifier id;
    const char *name;
    const char *created_at;
    const char *disabled_at;
    const char *live_processor; /* NULL: none */
    const char *test_processor; /* NULL: the sandbox */
    bool live_events;           /* changes of its live records are told by events */
    bool test_events;
};

typedef void merchant_seen(void *arg, const struct merchant_row *row);

/* Each change is one transaction with its row in the audit, which is written when something
 * changed. */

enum store_result merchant_store_insert(struct database *database, struct deadline deadline,
                                        const struct identifier *id, const char *name,
                                        int64_t created_at, const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* STORE_OK, also when it was disabled before; STORE_NOT_FOUND. */
enum store_result merchant_store_disable(struct database *database, struct deadline deadline,
                                         const struct identifier *id,
                                         const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* STORE_OK, also when it was not disabled; STORE_NOT_FOUND. */
enum store_result merchant_store_enable(struct database *database, struct deadline deadline,
                                        const struct identifier *id,
                                        const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* Sets the processor of a merchant's new payments in a mode; NULL: none of its own. STORE_OK;
 * STORE_NOT_FOUND. */
enum store_result merchant_store_set_processor(struct database *database, struct deadline deadline,
                                               const struct identifier *id, enum mode mode,
                                               const char *name, const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* Sets whether changes of a merchant's records in a mode are told by events. STORE_OK;
 * STORE_NOT_FOUND. */
enum store_result merchant_store_set_events(struct database *database, struct deadline deadline,
                                            const struct identifier *id, enum mode mode,
                                            bool wanted, const struct audit_entry *entry)
    __attribute__((warn_unused_result));

/* The processor, read: "" where it has none of its own. */
enum store_result merchant_store_processor(struct database *database, struct deadline deadline,
                                           const struct identifier *id, enum mode mode,
                                           char name[PROCESSOR_NAME_SIZE])
    __attribute__((warn_unused_result));

/* Shows all merchants, the oldest first. */
enum store_result merchant_store_list(struct database *database, merchant_seen *seen, void *arg)
    __attribute__((warn_unused_result));

#endif
