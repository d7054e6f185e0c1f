/*
 * Attempts in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/attempt_store.h"

#include "store/binding.h"

static const struct statement statements[] = {
    {.name = "attempt insert",
     /* A second try of the same transaction finds what the first one kept. */
     .sql = "INSERT IGNORE INTO attempts (id, record_id, asked, came, detail, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
     .parameters = 6},
};

const struct statement_set attempt_statements = {statements,
                                                 sizeof statements / sizeof statements[0]};

enum database_result
attempt_store_insert(struct database *database, const struct attempt_record *attempts, size_t count)
{
    struct text_rows id, record_id, asked, came, detail;
    struct time_rows made_at;
    MYSQL_BIND parameters[] = {
        bind_text_rows(&id),   bind_text_rows(&record_id), bind_text_rows(&asked),
        bind_text_rows(&came), bind_text_rows(&detail),    bind_time_rows(&made_at),
    };
    size_t rows;

    for (size_t i = 0; i < count; i++) {
        const struct attempt *attempt = attempts[i].attempt;

        set_identifier(&id, i, &attempt->id);
        set_identifier(&record_id, i, attempts[i].record_id);
        set_text(&asked, i, attempt->asked);
        set_text(&came, i, attempt->came);
        set_text(&detail, i, attempt->detail);
        set_time(&made_at, i, attempt->made_at);
    }
    return database_execute_group(database, &statements[0], parameters, count, &rows);
}
