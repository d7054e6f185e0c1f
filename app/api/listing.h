/*
 * Lists: what all of them have in common, whatever their records are. A list's handler reads the
 * query by listing_read(); its work finds the records of the page and gives them to
 * listing_answer().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_LISTING_H
#define PAYMENT_API_API_LISTING_H

#include "api/exchange.h"

/* One parameter of a list beside those that every list has: limit, starting_after, ending_before,
 * created[gte], created[gt], created[lte], created[lt], and view, which sets exchange->full. */
struct listing_parameter {
    const char *name;
    /* Takes its value; false: it has no such value. */
    bool (*take)(const char *value, void *filter);
};

/*
 * Reads the query of an exchange that is being handled: page and filter are set by what it says.
 * Identifiers in it are of this kind. API_INVALID_QUERY for what is not known, comes twice or is
 * wrong, with exchange->parameter where its name is known.
 */
enum api_error listing_read(const struct service *service, struct exchange *exchange,
                            enum identifier_kind kind, struct page *page,
                            const struct listing_parameter *parameters, size_t count, void *filter)
    __attribute__((warn_unused_result));

/* Appends one record, by its place among those that were found. */
typedef void listing_append(const void *records, size_t place, struct response *response);

/*
 * Makes the answer of the records that were found, in the order of the look-up (the newest first,
 * or, with page->backward, the oldest first), one more than page->limit where there are more. It is
 * {"data":[...],"has_more":...}, the newest first. Where records are long there are fewer of them,
 * as many as one answer holds; the rest is there under the next cursor.
 */
void listing_answer(struct service *service, struct exchange *exchange, const struct page *page,
                    const void *records, size_t count, listing_append *append);

#endif
