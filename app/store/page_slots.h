/*
 * Pages of lists as statements: the page is merged of one range of an index a status, each with the
 * page's own limit, so that it reads no more rows than that, however deep it lies and however many
 * there are of another status. Of the store's own files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_PAGE_SLOTS_H
#define PAYMENT_API_STORE_PAGE_SLOTS_H

#include <mysql.h>

#include "domain/page.h"

#define PAGE_STATUSES 3
#define PAGE_PARAMETERS_EACH 4 /* of a status, behind those of its condition */
#define PAGE_CONDITION_MAX 3   /* parameters of a condition, at most */
#define PAGE_PARAMETERS_MAX (PAGE_STATUSES * (PAGE_CONDITION_MAX + PAGE_PARAMETERS_EACH) + 1)

#define PAGE_SLOT(table, index, condition, order)                                   \
    "(SELECT id AS page_id FROM " table " FORCE INDEX (" index ") WHERE " condition \
    " AND status = ? AND id > ? AND id < ? ORDER BY id " order " LIMIT ?)"

/* A derived table "page" of identifiers page_id; order is DESC, or ASC for a backward page. */
#define PAGE(table, index, condition, order)                               \
    "(" PAGE_SLOT(table, index, condition, order) " UNION ALL " PAGE_SLOT( \
        table, index, condition,                                           \
        order) " UNION ALL " PAGE_SLOT(table, index, condition,            \
                                       order) " ORDER BY page_id " order   \
                                              " LIMIT ?) page STRAIGHT_JOIN "

/* How many parameters PAGE() has with a condition of so many. */
#define PAGE_PARAMETERS(condition) (PAGE_STATUSES * ((condition) + PAGE_PARAMETERS_EACH) + 1)

/* What is bound; it must live until the statement has been executed. */
struct page_binding {
    struct page page;
    int64_t rows;                                                    /* one more than are shown */
    MYSQL_BIND parameters[PAGE_PARAMETERS_MAX + PAGE_CONDITION_MAX]; /* room for some of its own */
    size_t count;
};

/* The words of the statuses, PAGE_STATUSES of them; the list is of this one only, or of all where
 * it is negative. */
void page_bind(struct page_binding *binding, const struct page *page, const MYSQL_BIND *condition,
               size_t condition_count, const char *(*status_name)(int status), int status);

#endif
