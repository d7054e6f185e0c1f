/*
 * Records with all that belongs to them, as of one moment: the metadata, and a payment's refunds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_FULL_STORE_H
#define PAYMENT_API_STORE_FULL_STORE_H

#include "store/payment_list.h"
#include "store/refund_list.h"

#define FULL_REFUNDS_MAX 10 /* of one payment; the rest is a list of its own */

extern const struct statement_set full_statements;

struct full_payment {
    struct payment payment;
    char *metadata;                              /* JSON; NULL: none. Owned */
    struct refund refunds[FULL_REFUNDS_MAX + 1]; /* the newest, one more where there are more */
    size_t refund_count;
};

struct full_refund {
    struct refund refund;
    char *metadata; /* JSON; NULL: none. Owned */
};

/* The payments of a page, as payment_list_find() finds them. payments has room for
 * PAGE_RECORDS_MAX, zeroed; to be freed by full_payments_free(), whatever the result is. */
enum store_result full_store_payments(struct database *database, struct deadline deadline,
                                      const struct identifier *merchant_id, enum mode mode,
                                      const struct payment_listing *listing,
                                      struct full_payment *payments, size_t *count)
    __attribute__((warn_unused_result));

/* One payment; STORE_NOT_FOUND when the merchant has no such payment in this mode. */
enum store_result full_store_payment(struct database *database, struct deadline deadline,
                                     const struct identifier *merchant_id, enum mode mode,
                                     const struct identifier *id, struct full_payment *payment)
    __attribute__((warn_unused_result));

/* The same for refunds. */
enum store_result full_store_refunds(struct database *database, struct deadline deadline,
                                     const struct identifier *merchant_id, enum mode mode,
                                     const struct refund_listing *listing,
                                     struct full_refund *refunds, size_t *count)
    __attribute__((warn_unused_result));
enum store_result full_store_refund(struct database *database, struct deadline deadline,
                                    const struct identifier *merchant_id, enum mode mode,
                                    const struct identifier *id, struct full_refund *refund)
    __attribute__((warn_unused_result));

/* Frees an array and its texts. Takes NULL. */
void full_payments_free(struct full_payment *payments, size_t size);
void full_refunds_free(struct full_refund *refunds, size_t size);

#endif
