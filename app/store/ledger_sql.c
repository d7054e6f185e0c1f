/*
 * The ledger's SQL: conditions as text, and rows as they come back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/ledger_sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/currency.h"

void
ledger_sql_add(struct ledger_sql *sql, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(sql->text + sql->length, LEDGER_SQL_SIZE - sql->length, format, args);
    va_end(args);
    if (length > 0 && (size_t)length < LEDGER_SQL_SIZE - sql->length)
        sql->length += (size_t)length;
}

void
ledger_sql_add_id(struct ledger_sql *sql, const char *condition, const struct identifier *id)
{
    if (id == NULL)
        return;
    ledger_sql_add(sql, " AND %s x'", condition);
    for (size_t i = 0; i < IDENTIFIER_SIZE; i++)
        ledger_sql_add(sql, "%02x", (unsigned)id->bytes[i]);
    ledger_sql_add(sql, "'");
}

/* A word of a table of the program's. */
static void
add_word(struct ledger_sql *sql, const char *column, const char *word)
{
    if (word != NULL)
        ledger_sql_add(sql, " AND %s = '%s'", column, word);
}

void
ledger_sql_add_conditions(struct ledger_sql *sql, const struct ledger_filter *filter)
{
    ledger_sql_add_id(sql, "r.id =", filter->id);
    ledger_sql_add_id(sql, "r.merchant_id =", filter->merchant_id);
    ledger_sql_add_id(sql, "r.payment_id =", filter->payment_id);
    add_word(sql, "r.mode", filter->mode);
    add_word(sql, "r.status", filter->status);
}

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
    ORIGIN,
    RETURNED_AT,
    DISPUTED_AT,
    ACTION_URL,
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
        .origin = values[ORIGIN],
        .returned_at = values[RETURNED_AT],
        .disputed_at = values[DISPUTED_AT],
        .action_url = values[ACTION_URL],
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
    row.is_refund = !identifier_equal(&row.id, &row.payment_id);
    money_format(strtoll(values[AMOUNT], NULL, 10), currency, row.amount);
    money_format(strtoll(values[REFUNDED], NULL, 10), currency, row.refunded);
    reading->seen(reading->arg, &row);
}

enum database_result
ledger_sql_read(struct database *database, const struct ledger_sql *sql, ledger_seen *seen,
                void *arg)
{
    struct reading reading = {.seen = seen, .arg = arg};
    enum database_result result = database_query(database, sql->text, show_row, &reading);

    if (result == DATABASE_DONE && reading.broken)
        result = database_fault(database, "a row that no program of this version writes");
    return result;
}
