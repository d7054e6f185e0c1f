/*
 * Lists of refunds in the database: one page at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_REFUND_LIST_H
#define PAYMENT_API_STORE_REFUND_LIST_H

#include "domain/page.h"
#include "domain/refund.h"
#include "store/database.h"

/* Which refunds of a merchant and mode. */
struct refund_listing {
    struct page page;
    int status; /* an enum refund_status; -1: any */
    bool has_payment;
    struct identifier payment_id; /* with has_payment: of this payment only */
};

/* Finds the refunds of a page, with their currencies, in the order that page->backward says, up to
 * page->limit + 1 of them. refunds has room for as many. */
enum store_result refund_list_find(struct database *database, struct deadline deadline,
                                   const struct identifier *merchant_id, enum mode mode,
                                   const struct refund_listing *listing, struct refund *refunds,
                                   size_t *count) __attribute__((warn_unused_result));

/* For units of work: the same within theirs. */
enum database_result refund_list_read(struct database *database,
                                      const struct identifier *merchant_id, enum mode mode,
                                      const struct refund_listing *listing, struct refund *refunds,
                                      size_t *count) __attribute__((warn_unused_result));

#endif
