/*
 * Events as they are read: one by its id, or a page of a list.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_EVENT_LIST_H
#define PAYMENT_API_STORE_EVENT_LIST_H

#include "domain/event.h"
#include "domain/page.h"
#include "store/database.h"

extern const struct statement_set event_list_statements;

/* Which events of a merchant and mode. */
struct event_listing {
    struct page page;
    int type; /* an enum event_type; -1: any */
    bool has_object;
    struct identifier object_id; /* with has_object: of this payment or refund only */
};

/* The text of an event, as it was fixed when the change was made. */
struct event_text {
    char body[EVENT_BODY_SIZE];
};

/* Finds one; STORE_NOT_FOUND. */
enum store_result event_list_find_one(struct database *database, struct deadline deadline,
                                      const struct identifier *merchant_id, enum mode mode,
                                      const struct identifier *id, struct event_text *text)
    __attribute__((warn_unused_result));

/* Finds those of a page, in the order that page->backward says, up to page->limit + 1 of them.
 * texts has room for as many. */
enum store_result event_list_find(struct database *database, struct deadline deadline,
                                  const struct identifier *merchant_id, enum mode mode,
                                  const struct event_listing *listing, struct event_text *texts,
                                  size_t *count) __attribute__((warn_unused_result));

#endif
