/*
 * The whole ledger, page by page.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/ledger_pages.h"

#include <stdlib.h>
#include <string.h>

#include "store/ledger_sql.h"

struct ledger_page
ledger_pages_begin(const struct ledger_filter *filter)
{
    /* No record has the lowest id of a moment. */
    const struct identifier before = identifier_first_of(filter->since);

    return (struct ledger_page){.after = before, .last = before};
}

/* One page at work: what is asked, and who wants what comes. */
struct paging {
    struct ledger_sql sql;
    struct ledger_page *next;
    ledger_seen *seen;
    ledger_sum_seen *sum_seen;
    void *arg;
    bool shown; /* something came */
};

static void
take_bound(void *arg, char **values, const unsigned long *lengths)
{
    struct paging *paging = arg;

    (void)lengths;
    paging->next->count = strtoll(values[0], NULL, 10);
    if (paging->next->count > 0)
        memcpy(paging->next->last.bytes, values[1], IDENTIFIER_SIZE);
}

static enum database_result
find_bound(struct database *database, void *arg)
{
    struct paging *paging = arg;

    return database_query(database, paging->sql.text, take_bound, paging);
}

static void
add_ids(struct ledger_sql *sql, const char *table, const struct identifier *after,
        const struct identifier *end, int64_t size)
{
    ledger_sql_add(sql, "(SELECT r.id FROM %s r FORCE INDEX (PRIMARY) WHERE 1", table);
    ledger_sql_add_id(sql, "r.id >", after);
    ledger_sql_add_id(sql, "r.id <", end);
    ledger_sql_add(sql, " ORDER BY r.id LIMIT %lld)", (long long)size);
}

enum store_result
ledger_pages_next(struct database *database, struct deadline deadline,
                  const struct ledger_filter *filter, int64_t size, struct ledger_page *page)
{
    const struct identifier end = identifier_first_of(filter->until);
    struct ledger_page next = {.after = page->last, .last = page->last};
    struct paging paging = {.next = &next};
    enum database_result result;

    ledger_sql_add(&paging.sql, "SELECT COUNT(*), MAX(id) FROM (");
    add_ids(&paging.sql, "payments", &next.after, &end, size);
    ledger_sql_add(&paging.sql, " UNION ALL ");
    add_ids(&paging.sql, "refunds", &next.after, &end, size);
    ledger_sql_add(&paging.sql, " ORDER BY id LIMIT %lld) page", (long long)size);
    result = database_run(database, deadline, find_bound, &paging);
    if (result == DATABASE_DONE)
        *page = next;
    return store_result_of(result, STORE_OK);
}

enum store_result
ledger_pages_end(struct database *database, struct deadline deadline,
                 const struct ledger_filter *filter, struct identifier *last)
{
    const struct identifier end = identifier_first_of(filter->until);
    struct ledger_page found = {.count = 0};
    struct paging paging = {.next = &found};
    enum database_result result;

    ledger_sql_add(&paging.sql, "SELECT COUNT(id), MAX(id) FROM ("
                                "SELECT MAX(id) AS id FROM payments WHERE 1");
    ledger_sql_add_id(&paging.sql, "id <", &end);
    ledger_sql_add(&paging.sql, " UNION ALL SELECT MAX(id) FROM refunds WHERE 1");
    ledger_sql_add_id(&paging.sql, "id <", &end);
    ledger_sql_add(&paging.sql, ") ends");
    result = database_run(database, deadline, find_bound, &paging);
    *last = found.last;
    return store_result_of(result, STORE_OK);
}

/* The records of the page that the filter leaves. */
static void
add_range(struct ledger_sql *sql, const struct ledger_filter *filter,
          const struct ledger_page *page)
{
    ledger_sql_add(sql, " WHERE 1");
    ledger_sql_add_id(sql, "r.id >", &page->after);
    ledger_sql_add_id(sql, "r.id <=", &page->last);
    ledger_sql_add_conditions(sql, filter);
}

static void
show_row(void *arg, const struct ledger_row *row)
{
    struct paging *paging = arg;

    paging->shown = true;
    paging->seen(paging->arg, row);
}

static enum database_result
read_page(struct database *database, void *arg)
{
    struct paging *paging = arg;

    /* All of a result is there before its first row is shown, so that nothing can go wrong then. */
    if (paging->shown)
        return database_fault(database, "the connection was lost within a page");
    return ledger_sql_read(database, &paging->sql, show_row, paging);
}

enum store_result
ledger_pages_read(struct database *database, struct deadline deadline,
                  const struct ledger_filter *filter, const struct ledger_page *page,
                  ledger_seen *seen, void *arg)
{
    struct paging paging = {.seen = seen, .arg = arg};

    ledger_sql_add(&paging.sql,
                   "(SELECT " LEDGER_PAYMENT_COLUMNS " FROM payments r FORCE INDEX (PRIMARY)",
                   "NULL");
    add_range(&paging.sql, filter, page);
    ledger_sql_add(&paging.sql,
                   ") UNION ALL (SELECT " LEDGER_REFUND_COLUMNS " FROM refunds r FORCE INDEX"
                   " (PRIMARY) STRAIGHT_JOIN payments p ON p.id = r.payment_id",
                   "NULL");
    add_range(&paging.sql, filter, page);
    ledger_sql_add(&paging.sql, ") ORDER BY 1");
    return store_result_of(database_run(database, deadline, read_page, &paging), STORE_OK);
}

static void
show_sum(void *arg, char **values, const unsigned long *lengths)
{
    struct paging *paging = arg;
    const struct ledger_sum sum = {
        .of_refunds = values[0][0] == '1',
        .day = values[1],
        .mode = values[2],
        .currency = values[3],
        .status = values[4],
        .count = values[5],
        .amount = values[6],
    };

    (void)lengths;
    paging->shown = true;
    paging->sum_seen(paging->arg, &sum);
}

static enum database_result
sum_page(struct database *database, void *arg)
{
    struct paging *paging = arg;

    if (paging->shown)
        return database_fault(database, "the connection was lost within a page");
    return database_query(database, paging->sql.text, show_sum, paging);
}

enum store_result
ledger_pages_sum(struct database *database, struct deadline deadline,
                 const struct ledger_filter *filter, const struct ledger_page *page,
                 ledger_sum_seen *seen, void *arg)
{
    struct paging paging = {.sum_seen = seen, .arg = arg};

    ledger_sql_add(&paging.sql,
                   "(SELECT 0, DATE(r.created_at) AS day, r.mode, r.currency, r.status, COUNT(*),"
                   " SUM(r.amount) FROM payments r FORCE INDEX (PRIMARY)");
    add_range(&paging.sql, filter, page);
    ledger_sql_add(&paging.sql,
                   " GROUP BY day, r.mode, r.currency, r.status)"
                   " UNION ALL (SELECT 1, DATE(r.created_at) AS day, r.mode, p.currency,"
                   " IF(r.returned_at IS NULL, r.status, 'returned') AS stands,"
                   " COUNT(*), SUM(r.amount) FROM refunds r FORCE INDEX (PRIMARY)"
                   " STRAIGHT_JOIN payments p ON p.id = r.payment_id");
    add_range(&paging.sql, filter, page);
    ledger_sql_add(&paging.sql, " GROUP BY day, r.mode, p.currency, stands)");
    return store_result_of(database_run(database, deadline, sum_page, &paging), STORE_OK);
}
