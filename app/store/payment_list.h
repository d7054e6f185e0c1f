/*
 * Lists of payments in the database: one page at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_PAYMENT_LIST_H
#define PAYMENT_API_STORE_PAYMENT_LIST_H

#include "domain/page.h"
#include "domain/payment.h"
#include "store/database.h"

/* Which payments of a merchant and mode. */
struct payment_listing {
    struct page page;
    int status;                      /* an enum payment_status; -1: any */
    const struct currency *currency; /* NULL: any */
};

/* Finds the payments of a page, in the order that page->backward says, up to page->limit + 1 of
 * them. payments has room for as many. */
enum store_result payment_list_find(struct database *database, struct deadline deadline,
                                    const struct identifier *merchant_id, enum mode mode,
                                    const struct payment_listing *listing, struct payment *payments,
                                    size_t *count) __attribute__((warn_unused_result));

/* For units of work: the same within theirs. */
enum database_result payment_list_read(struct database *database,
                                       const struct identifier *merchant_id, enum mode mode,
                                       const struct payment_listing *listing,
                                       struct payment *payments, size_t *count)
    __attribute__((warn_unused_result));

#endif
