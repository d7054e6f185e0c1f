/*
 * The whole ledger, or much of it, page by page: payments and refunds together in the order of
 * their ids, which is that of time. Of payment-admin; it reads only.
 *
 * A page is a range of the primary keys with at most so many records in it, whatever the filter
 * leaves of them. Each statement is short and its own transaction, so nothing is locked, and no
 * snapshot is held from the first page to the last: a record is read as it is when its page is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_LEDGER_PAGES_H
#define PAYMENT_API_STORE_LEDGER_PAGES_H

#include "store/ledger_store.h"

/* A range of ids. */
struct ledger_page {
    struct identifier after; /* from the one behind it */
    struct identifier last;  /* to this one */
    int64_t count;           /* of records in it; 0: there are no more */
};

/* The empty page in front of the first, for since and until of the filter. */
struct ledger_page ledger_pages_begin(const struct ledger_filter *filter);

/* Turns *page into the one behind it: of size records, or of those that are left before the
 * filter's until. */
enum store_result ledger_pages_next(struct database *database, struct deadline deadline,
                                    const struct ledger_filter *filter, int64_t size,
                                    struct ledger_page *page) __attribute__((warn_unused_result));

/* The last id before the filter's until, whatever else it asks for; the lowest where there is none.
 */
enum store_result ledger_pages_end(struct database *database, struct deadline deadline,
                                   const struct ledger_filter *filter, struct identifier *last)
    __attribute__((warn_unused_result));

/* Shows the records of a page that the filter (merchant, mode, status) leaves. None is shown
 * twice, whatever happens to the connection. */
enum store_result ledger_pages_read(struct database *database, struct deadline deadline,
                                    const struct ledger_filter *filter,
                                    const struct ledger_page *page, ledger_seen *seen, void *arg)
    __attribute__((warn_unused_result));

/* A sum over records of a page that have these in common. Not owned. */
struct ledger_sum {
    bool of_refunds;
    const char *day; /* YYYY-MM-DD, UTC */
    const char *mode;
    const char *currency;
    const char *status;
    const char *count;  /* decimal digits */
    const char *amount; /* minor units, decimal digits: more than an int64_t may hold */
};

typedef void ledger_sum_seen(void *arg, const struct ledger_sum *sum);

/* The same page summed by the database. */
enum store_result ledger_pages_sum(struct database *database, struct deadline deadline,
                                   const struct ledger_filter *filter,
                                   const struct ledger_page *page, ledger_sum_seen *seen, void *arg)
    __attribute__((warn_unused_result));

#endif
