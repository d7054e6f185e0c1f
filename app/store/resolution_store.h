/*
 * Resolutions: what an operator says became of a payment or refund that stays "processing".
 *
 * It is settled as by a processor's answer, by the same conditional UPDATE and with the same
 * reservation given back, and is one transaction with its row of the audit.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_RESOLUTION_STORE_H
#define PAYMENT_API_STORE_RESOLUTION_STORE_H

#include <stdbool.h>

#include "domain/attempt.h"
#include "domain/identifier.h"
#include "store/audit_store.h"
#include "store/database.h"
#include "store/result.h"

enum resolution_finding {
    RESOLUTION_DONE,
    RESOLUTION_NOT_FOUND,
    RESOLUTION_FINAL,   /* its status is final already */
    RESOLUTION_AT_WORK, /* the request that made it may still be at work */
};

struct resolution {
    struct identifier id;
    bool is_refund;                  /* a payment otherwise */
    bool succeeded;                  /* it failed otherwise */
    const char *reference;           /* the processor's id of it; "" leaves what is there */
    const struct attempt *attempt;   /* kept with it; not owned */
    const struct audit_entry *entry; /* not owned */
    int64_t now;                     /* Unix time in milliseconds */
    enum resolution_finding finding; /* with STORE_OK */
    bool changed;                    /* the store's own */
};

enum store_result resolution_store_resolve(struct database *database, struct deadline deadline,
                                           struct resolution *resolution)
    __attribute__((warn_unused_result));

#endif
