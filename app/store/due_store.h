/*
 * What is due: payments and refunds that stay "processing", about which their processor is to be
 * asked.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_DUE_STORE_H
#define PAYMENT_API_STORE_DUE_STORE_H

#include "domain/payment.h"
#include "domain/refund.h"
#include "store/database.h"
#include "store/payment_row.h"
#include "store/result.h"

extern const struct statement_set due_statements;

/*
 * Claims up to DUE_MAX payments that are due, by moving the time of their next look on: it saves
 * others the work, and no more; two that look at the same payment are as right as one. STORE_OK,
 * and how many in *count.
 */
enum store_result due_store_claim_payments(struct database *database, struct deadline deadline,
                                           struct payment payments[DUE_MAX], size_t *count)
    __attribute__((warn_unused_result));

/* The same for refunds; their currency is not set. */
enum store_result due_store_claim_refunds(struct database *database, struct deadline deadline,
                                          struct refund refunds[DUE_MAX], size_t *count)
    __attribute__((warn_unused_result));

/* How many payments and refunds are unresolved, by their age: see metrics_ages. */
enum store_result due_store_count(struct database *database, struct deadline deadline,
                                  uint64_t counts[METRICS_RECORDS][METRICS_AGES])
    __attribute__((warn_unused_result));

#endif
