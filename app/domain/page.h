/*
 * A page of a list: which records of it are wanted, by their time-ordered identifiers.
 *
 * A page is a range of identifiers and a limit. So its cost does not depend on how deep in the list
 * it lies, and it stays what it is while others make records.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_PAGE_H
#define PAYMENT_API_DOMAIN_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/identifier.h"
#include "domain/timestamp.h"

#define PAGE_LIMIT_MAX 100
#define PAGE_LIMIT_DEFAULT 10
#define PAGE_RECORDS_MAX                                                     \
    (PAGE_LIMIT_MAX + 1) /* one more than are shown tells that there is more \
                          */

struct page {
    int64_t limit;            /* how many records are shown, 1 to PAGE_LIMIT_MAX */
    bool backward;            /* the oldest of the range are wanted, not the newest */
    struct identifier after;  /* only records with an identifier above this one */
    struct identifier before; /* and below this one */
};

enum page_relation {
    PAGE_GTE,
    PAGE_GT,
    PAGE_LTE,
    PAGE_LT,
};

/* The newest of all. */
void page_init(struct page *page);

/* Narrows the range. */
void page_only_after(struct page *page, const struct identifier *id);
void page_only_before(struct page *page, const struct identifier *id);

/* Narrows the range to records made before this moment (Unix time in milliseconds). */
void page_only_made_before(struct page *page, int64_t unix_ms);

/* Narrows the range to records whose time of creation, cut to the second as the API shows it, is in
 * this relation to the moment. */
void page_only_created(struct page *page, enum page_relation relation,
                       const struct timestamp *moment);

/* Reads a limit: 1 to PAGE_LIMIT_MAX, without sign or leading zeros. */
bool page_take_limit(struct page *page, const char *text) __attribute__((warn_unused_result));

#endif
