/*
 * The ledger in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/ledger_store.h"

#include "store/ledger_sql.h"

static const char last_attempt[] = "(SELECT CONCAT(asked, ': ', came, ', ', detail) FROM attempts"
                                   " WHERE record_id = r.id ORDER BY id DESC LIMIT 1)";

static void
add_time(struct ledger_sql *sql, const char *condition, int64_t unix_ms)
{
    const struct identifier bound = identifier_first_of(unix_ms);

    if (unix_ms != 0)
        ledger_sql_add_id(sql, condition, &bound);
}

static void
add_conditions(struct ledger_sql *sql, const struct ledger_filter *filter)
{
    ledger_sql_add(sql, " WHERE 1");
    ledger_sql_add_conditions(sql, filter);
    add_time(sql, "r.id >=", filter->since);
    add_time(sql, "r.id <", filter->until);
    if (filter->unresolved)
        ledger_sql_add(sql, " AND r.look_at IS NOT NULL AND r.status = 'processing'");
    ledger_sql_add(sql, " ORDER BY r.id%s LIMIT %lld", filter->newest_first ? " DESC" : "",
                   (long long)filter->limit);
}

enum store_result
ledger_store_payments(struct database *database, const struct ledger_filter *filter,
                      ledger_seen *seen, void *arg)
{
    struct ledger_sql sql = {.length = 0};

    ledger_sql_add(&sql, "SELECT " LEDGER_PAYMENT_COLUMNS " FROM payments r%s",
                   filter->unresolved ? last_attempt : "NULL",
                   filter->unresolved ? " FORCE INDEX (payments_look_at)" : "");
    add_conditions(&sql, filter);
    return store_result_of(ledger_sql_read(database, &sql, seen, arg), STORE_OK);
}

enum store_result
ledger_store_refunds(struct database *database, const struct ledger_filter *filter,
                     ledger_seen *seen, void *arg)
{
    struct ledger_sql sql = {.length = 0};

    ledger_sql_add(&sql,
                   "SELECT " LEDGER_REFUND_COLUMNS " FROM refunds r%s STRAIGHT_JOIN payments p ON"
                   " p.id = r.payment_id",
                   filter->unresolved ? last_attempt : "NULL",
                   filter->unresolved ? " FORCE INDEX (refunds_look_at)" : "");
    add_conditions(&sql, filter);
    return store_result_of(ledger_sql_read(database, &sql, seen, arg), STORE_OK);
}

/* Who wants the attempts. */
struct attempt_reading {
    ledger_attempt_seen *seen;
    void *arg;
};

static void
show_attempt(void *arg, char **values, const unsigned long *lengths)
{
    const struct attempt_reading *reading = arg;
    const struct ledger_attempt attempt = {
        .made_at = values[0], .asked = values[1], .came = values[2], .detail = values[3]};

    (void)lengths;
    reading->seen(reading->arg, &attempt);
}

enum store_result
ledger_store_attempts(struct database *database, const struct identifier *id,
                      ledger_attempt_seen *seen, void *arg)
{
    struct attempt_reading reading = {.seen = seen, .arg = arg};
    struct ledger_sql sql = {.length = 0};

    ledger_sql_add(&sql, "SELECT " LEDGER_AS_TIME("made_at") ", asked, came, detail FROM attempts"
                                                             " WHERE 1");
    ledger_sql_add_id(&sql, "record_id =", id);
    ledger_sql_add(&sql, " ORDER BY id");
    return store_result_of(database_query(database, sql.text, show_attempt, &reading), STORE_OK);
}
