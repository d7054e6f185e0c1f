/*
 * Closings: notices that an operator ends, each in one transaction with its row of the audit.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_CLOSING_STORE_H
#define PAYMENT_API_STORE_CLOSING_STORE_H

#include "domain/notice.h"
#include "store/audit_store.h"
#include "store/database.h"
#include "store/result.h"

/* A notice as who ends it must know it. */
struct closing {
    struct identifier id;
    char processor[PROCESSOR_NAME_SIZE];
    char kind[NOTICE_KIND_SIZE];
    char reference[PROCESSOR_REFERENCE_SIZE];
    char state[16]; /* notice_state_name() */
};

/*
 * The notice of the event with this id, the processor's own. Where several processors gave the same
 * one, one that is open comes first, and the newest of those. STORE_NOT_FOUND: there is none.
 */
enum store_result closing_store_find(struct database *database, struct deadline deadline,
                                     const char *event_id, struct closing *closing)
    __attribute__((warn_unused_result));

/* Ends it; one that is not open any more stays as it is, without a row in the audit. */
enum store_result closing_store_close(struct database *database, struct deadline deadline,
                                      const struct closing *closing,
                                      const struct audit_entry *entry)
    __attribute__((warn_unused_result));

#endif
