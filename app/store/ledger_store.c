/*
 * The ledger in the database.
 *
 * The conditions of a list are put together as text, so that the server takes the index that fits
 * them. What goes into it are identifiers, numbers, and words of the program's own tables.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/ledger_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/currency.h"

#define SQL_SIZE 4096
#define HEX_SIZE (2 * IDENTIFIER_SIZE + 1)
/* Of a format of printf. */
#define AS_TIME(column) "DATE_FORMAT(" column ", '%%Y-%%m-%%dT%%H:%%i:%%sZ')"

/* SQL that is being written. */
struct sql {
    char text[SQL_SIZE];
    size_t length;
};

static void __attribute__((format(printf, 2, 3))) add(struct sql *sql, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(sql->text + sql->length, SQL_SIZE - sql->length, format, args);
    va_end(args);
    /* All that is ever added is of a known length, and fits. */
    if (length > 0 && (size_t)length < SQL_SIZE - sql->length)
        sql->length += (size_t)length;
}

static void
write_hex(const struct identifier *id, char hex[HEX_SIZE])
{
    for (size_t i = 0; i < IDENTIFIER_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned)id->bytes[i]);
}

static void
add_id(struct sql *sql, const char *condition, const struct identifier *id)
{
    char hex[HEX_SIZE];

    if (id == NULL)
        return;
    write_hex(id, hex);
    add(sql, " AND %s x'%s'", condition, hex);
}

static void
add_time(struct sql *sql, const char *condition, int64_t unix_ms)
{
    const struct identifier bound = identifier_first_of(unix_ms);

    if (unix_ms != 0)
        add_id(sql, condition, &bound);
}

/* A word of a table of the program's. */
static void
add_word(struct sql *sql, const char *column, const char *word)
{
    if (word != NULL)
        add(sql, " AND %s = '%s'", column, word);
}

/* The conditions; r is the record. */
static void
add_conditions(struct sql *sql, const struct ledger_filter *filter)
{
    add(sql, " WHERE 1");
    add_id(sql, "r.id =", filter->id);
    add_id(sql, "r.merchant_id =", filter->merchant_id);
    add_id(sql, "r.payment_id =", filter->payment_id);
    add_time(sql, "r.id >=", filter->since);
    add_time(sql, "r.id <", filter->until);
    add_word(sql, "r.mode", filter->mode);
    add_word(sql, "r.status", filter->status);
    if (filter->unresolved)
        add(sql, " AND r.look_at IS NOT NULL AND r.status = 'processing'");
    add(sql, " ORDER BY r.id%s LIMIT %lld", filter->newest_first ? " DESC" : "",
        (long long)filter->limit);
}

static const char last_attempt[] = "(SELECT CONCAT(asked, ': ', came, ', ', detail) FROM attempts"
                                   " WHERE record_id = r.id ORDER BY id DESC LIMIT 1)";

/* Who wants the rows. */
struct reading {
    ledger_seen *seen;
    void *arg;
    bool broken; /* a row that no program of ours writes */
};

enum {
    ID,
    MERCHANT_ID,
    PAYMENT_ID,
    MODE,
    AMOUNT,
    REFUNDED,
    CURRENCY,
    STATUS,
    DECLINE,
    PROCESSOR,
    SOURCE,
    DESCRIPTION,
    REFERENCE,
    CREATED_AT,
    DUE_AT,
    LOOK_AT,
    LAST_ATTEMPT,
};

static void
show_row(void *arg, char **values, const unsigned long *lengths)
{
    struct reading *reading = arg;
    const struct currency *currency = currency_of_record(values[CURRENCY]);
    struct ledger_row row = {
        .mode = values[MODE],
        .currency = values[CURRENCY],
        .status = values[STATUS],
        .decline = values[DECLINE],
        .processor = values[PROCESSOR],
        .source = values[SOURCE],
        .description = values[DESCRIPTION],
        .reference = values[REFERENCE],
        .created_at = values[CREATED_AT],
        .due_at = values[DUE_AT],
        .look_at = values[LOOK_AT],
        .last_attempt = values[LAST_ATTEMPT],
    };

    (void)lengths;
    if (currency == NULL) {
        reading->broken = true;
        return;
    }
    memcpy(row.id.bytes, values[ID], IDENTIFIER_SIZE);
    memcpy(row.merchant_id.bytes, values[MERCHANT_ID], IDENTIFIER_SIZE);
    memcpy(row.payment_id.bytes, values[PAYMENT_ID], IDENTIFIER_SIZE);
    money_format(strtoll(values[AMOUNT], NULL, 10), currency, row.amount);
    money_format(strtoll(values[REFUNDED], NULL, 10), currency, row.refunded);
    reading->seen(reading->arg, &row);
}

static enum store_result
read_rows(struct database *database, const struct sql *sql, ledger_seen *seen, void *arg)
{
    struct reading reading = {.seen = seen, .arg = arg};
    enum database_result result = database_query(database, sql->text, show_row, &reading);

    if (result == DATABASE_DONE && reading.broken)
        result = database_fault(database, "a row that no program of this version writes");
    return store_result_of(result, STORE_OK);
}

enum store_result
ledger_store_payments(struct database *database, const struct ledger_filter *filter,
                      ledger_seen *seen, void *arg)
{
    struct sql sql = {.length = 0};

    add(&sql,
        "SELECT r.id, r.merchant_id, r.id, r.mode, r.amount, r.refunded, r.currency, r.status,"
        " r.decline, r.processor, r.source, r.description, r.reference, " AS_TIME(
            "r.created_at") ", " AS_TIME("r.due_at") ", " AS_TIME("r.look_at") ", %s"
                                                                               " FROM payments r%s",
        filter->unresolved ? last_attempt : "NULL",
        filter->unresolved ? " FORCE INDEX (payments_look_at)" : "");
    add_conditions(&sql, filter);
    return read_rows(database, &sql, seen, arg);
}

enum store_result
ledger_store_refunds(struct database *database, const struct ledger_filter *filter,
                     ledger_seen *seen, void *arg)
{
    struct sql sql = {.length = 0};

    add(&sql,
        "SELECT r.id, r.merchant_id, r.payment_id, r.mode, r.amount, 0, p.currency, r.status,"
        " NULL, p.processor, NULL, NULL, r.reference, " AS_TIME("r.created_at") ", " AS_TIME(
            "r.due_at") ", " AS_TIME("r.look_at") ", %s"
                                                  " FROM refunds r%s STRAIGHT_JOIN payments p ON "
                                                  "p.id = r.payment_id",
        filter->unresolved ? last_attempt : "NULL",
        filter->unresolved ? " FORCE INDEX (refunds_look_at)" : "");
    add_conditions(&sql, filter);
    return read_rows(database, &sql, seen, arg);
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
    char hex[HEX_SIZE];
    char sql[512];

    write_hex(id, hex);
    snprintf(sql, sizeof sql,
             "SELECT " AS_TIME("made_at") ", asked, came, detail FROM attempts"
                                          " WHERE record_id = x'%s' ORDER BY id",
             hex);
    return store_result_of(database_query(database, sql, show_attempt, &reading), STORE_OK);
}
