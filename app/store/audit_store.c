/*
 * The audit in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/audit_store.h"

#include "store/binding.h"

enum {
    INSERT_ENTRY,
    COUNT_ENTRY,
    LIST_ENTRIES,
};

#define TEXT_SIZE 2049 /* of the longest column in UTF-8, and the final NUL */

/* Cut where it is too long: an act is not refused for the name of who does it. */
#define CUT(size) "LEFT(?, " #size ")"

static const struct statement statements[] = {
    [INSERT_ENTRY] =
        {.name = "audit insert",
         .sql = "INSERT IGNORE INTO audit (id, done_at, system_user, sudo_user, account, act,"
                " object, detail, reason) VALUES (?, ?, " CUT(64) ", " CUT(
                    64) ","
                        " LEFT(CURRENT_USER(), 128), ?, ?, " CUT(512) ", ?)",
         .parameters = 8},
    [COUNT_ENTRY] = {.name = "audit by id",
                     .sql = "SELECT COUNT(*) FROM audit WHERE id = ?",
                     .parameters = 1,
                     .columns = 1},
    [LIST_ENTRIES] =
        {.name = "audit list",
         .sql = "SELECT DATE_FORMAT(done_at, '%Y-%m-%dT%H:%i:%sZ'), system_user, sudo_user,"
                " account, act, object, detail, reason FROM audit"
                " WHERE id >= ? AND id < ? AND (? IS NULL OR object = ?)"
                " ORDER BY id DESC LIMIT ?",
         .parameters = 5,
         .columns = 8},
};

enum database_result
audit_store_insert(struct database *database, const struct audit_entry *entry)
{
    MYSQL_TIME done_at = time_to_column(entry->done_at);
    MYSQL_BIND parameters[] = {
        bind_identifier(&entry->id), bind_time(&done_at),      bind_text(entry->system_user),
        bind_text(entry->sudo_user), bind_text(entry->act),    bind_text(entry->object),
        bind_text(entry->detail),    bind_text(entry->reason),
    };
    size_t rows;

    return database_execute(database, &statements[INSERT_ENTRY], parameters, NULL, &rows);
}

enum database_result
audit_store_has(struct database *database, const struct audit_entry *entry, bool *kept)
{
    struct column column;
    int64_t count = 0;
    MYSQL_BIND parameters[] = {bind_identifier(&entry->id)};
    MYSQL_BIND columns[] = {column_number(&column, &count)};
    size_t rows;
    enum database_result result =
        database_execute(database, &statements[COUNT_ENTRY], parameters, columns, &rows);

    *kept = count == 1;
    return result;
}

/* A unit of work and its row. */
struct audited {
    const struct audit_entry *entry;
    database_work *work;
    void *arg;
    const bool *changed;
};

static enum database_result
change_and_note(struct database *database, void *arg)
{
    const struct audited *audited = arg;
    enum database_result result = audited->work(database, audited->arg);

    if (result == DATABASE_DONE && *audited->changed)
        result = audit_store_insert(database, audited->entry);
    return result;
}

static enum database_result
change_and_note_at_once(struct database *database, void *arg)
{
    return database_transaction(database, change_and_note, arg);
}

enum database_result
audit_store_run(struct database *database, struct deadline deadline,
                const struct audit_entry *entry, database_work *work, void *arg,
                const bool *changed)
{
    struct audited audited = {.entry = entry, .work = work, .arg = arg, .changed = changed};

    return database_run(database, deadline, change_and_note_at_once, &audited);
}

/* A list, and the row that is being taken. */
struct listing {
    const struct audit_filter *filter;
    audit_seen *seen;
    void *arg;
    struct column columns[8];
    char texts[8][TEXT_SIZE];
};

static enum database_result
show(void *arg)
{
    struct listing *listing = arg;
    const char *values[8];
    struct audit_row row;

    for (size_t i = 0; i < 8; i++) {
        column_end(&listing->columns[i], listing->texts[i]);
        values[i] = listing->columns[i].is_null ? NULL : listing->texts[i];
    }
    row = (struct audit_row){
        .done_at = values[0],
        .system_user = values[1],
        .sudo_user = values[2],
        .account = values[3],
        .act = values[4],
        .object = values[5],
        .detail = values[6],
        .reason = values[7],
    };
    listing->seen(listing->arg, &row);
    return DATABASE_DONE;
}

static enum database_result
list(struct database *database, void *arg)
{
    struct listing *listing = arg;
    const struct identifier first = identifier_first_of(listing->filter->since);
    const struct identifier end = identifier_first_of(listing->filter->until);
    MYSQL_BIND parameters[] = {
        bind_identifier(&first),
        bind_identifier(&end),
        bind_text(listing->filter->object),
        bind_text(listing->filter->object),
        bind_number(&listing->filter->limit),
    };
    MYSQL_BIND columns[8];

    for (size_t i = 0; i < 8; i++)
        columns[i] = column_text(&listing->columns[i], listing->texts[i], TEXT_SIZE);
    return database_execute_rows(database, &statements[LIST_ENTRIES], parameters, columns, show,
                                 listing);
}

enum store_result
audit_store_list(struct database *database, struct deadline deadline,
                 const struct audit_filter *filter, audit_seen *seen, void *arg)
{
    struct listing listing = {.filter = filter, .seen = seen, .arg = arg};

    return store_result_of(database_run(database, deadline, list, &listing), STORE_OK);
}
