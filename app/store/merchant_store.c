/*
 * Merchants in the database, for payment-admin.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/merchant_store.h"

#include <string.h>

#include "store/binding.h"

enum {
    INSERT_MERCHANT,
    DISABLE_MERCHANT,
    ENABLE_MERCHANT,
    COUNT_MERCHANT,
    SET_LIVE_PROCESSOR,
    SET_TEST_PROCESSOR,
    SET_LIVE_EVENTS,
    SET_TEST_EVENTS,
    FIND_LIVE_PROCESSOR,
    FIND_TEST_PROCESSOR,
};

static const struct statement statements[] = {
    [INSERT_MERCHANT] = {.name = "merchant insert",
                         .sql = "INSERT INTO merchants (id, name, created_at) VALUES (?, ?, ?)",
                         .parameters = 3},
    [DISABLE_MERCHANT] = {.name = "merchant disable",
                          .sql = "UPDATE merchants SET disabled_at ="
                                 " COALESCE(disabled_at, UTC_TIMESTAMP(3)) WHERE id = ?",
                          .parameters = 1},
    [ENABLE_MERCHANT] = {.name = "merchant enable",
                         .sql = "UPDATE merchants SET disabled_at = NULL WHERE id = ?",
                         .parameters = 1},
    [COUNT_MERCHANT] = {.name = "merchant by id",
                        .sql = "SELECT COUNT(*) FROM merchants WHERE id = ?",
                        .parameters = 1,
                        .columns = 1},
    [SET_LIVE_PROCESSOR] = {.name = "live processor of a merchant",
                            .sql = "UPDATE merchants SET live_processor = ? WHERE id = ?",
                            .parameters = 2},
    [SET_TEST_PROCESSOR] = {.name = "test processor of a merchant",
                            .sql = "UPDATE merchants SET test_processor = ? WHERE id = ?",
                            .parameters = 2},
    [SET_LIVE_EVENTS] = {.name = "live events of a merchant",
                         .sql = "UPDATE merchants SET live_events = ? WHERE id = ?",
                         .parameters = 2},
    [SET_TEST_EVENTS] = {.name = "test events of a merchant",
                         .sql = "UPDATE merchants SET test_events = ? WHERE id = ?",
                         .parameters = 2},
    [FIND_LIVE_PROCESSOR] = {.name = "live processor by merchant",
                             .sql = "SELECT live_processor FROM merchants WHERE id = ?",
                             .parameters = 1,
                             .columns = 1},
    [FIND_TEST_PROCESSOR] = {.name = "test processor by merchant",
                             .sql = "SELECT test_processor FROM merchants WHERE id = ?",
                             .parameters = 1,
                             .columns = 1},
};

#define AS_TIME(column) "DATE_FORMAT(" column ", '%Y-%m-%dT%H:%i:%sZ')"

/* Sets *found by whether there is a row with this id. */
static enum database_result
look_up(struct database *database, const struct statement *statement, const struct identifier *id,
        enum store_result *found)
{
    struct column column;
    int64_t count = 0;
    MYSQL_BIND parameters[] = {bind_identifier(id)};
    MYSQL_BIND columns[] = {column_number(&column, &count)};
    enum database_result result;
    size_t rows;

    result = database_execute(database, statement, parameters, columns, &rows);
    *found = count == 1 ? STORE_OK : STORE_NOT_FOUND;
    return result;
}

/* A row is marked, or its mark is taken away: a second time finds it so. */
struct marking {
    const struct statement *mark;
    const struct statement *count;
    const struct identifier *id;
    enum store_result found;
    bool changed;
};

static enum database_result
mark(struct database *database, void *arg)
{
    struct marking *marking = arg;
    MYSQL_BIND parameters[] = {bind_identifier(marking->id)};
    enum database_result result;
    size_t rows;

    result = database_execute(database, marking->mark, parameters, NULL, &rows);
    marking->changed = rows > 0;
    if (result != DATABASE_DONE)
        return result;
    return look_up(database, marking->count, marking->id, &marking->found);
}

struct merchant_insertion {
    const struct identifier *id;
    const char *name;
    int64_t created_at;
    bool changed;
};

static enum database_result
insert_merchant(struct database *database, void *arg)
{
    struct merchant_insertion *insertion = arg;
    enum store_result found = STORE_NOT_FOUND;
    MYSQL_TIME created_at = time_to_column(insertion->created_at);
    MYSQL_BIND parameters[] = {
        bind_identifier(insertion->id),
        bind_text(insertion->name),
        bind_time(&created_at),
    };
    enum database_result result = DATABASE_DONE;
    size_t rows;

    /* The id was made for this merchant: an earlier try may have kept it. */
    if (database_tried_before(database))
        result = look_up(database, &statements[COUNT_MERCHANT], insertion->id, &found);
    insertion->changed = found == STORE_NOT_FOUND;
    if (result == DATABASE_DONE && insertion->changed)
        result = database_execute(database, &statements[INSERT_MERCHANT], parameters, NULL, &rows);
    return result;
}

enum store_result
merchant_store_insert(struct database *database, struct deadline deadline,
                      const struct identifier *id, const char *name, int64_t created_at,
                      const struct audit_entry *entry)
{
    struct merchant_insertion work = {.id = id, .name = name, .created_at = created_at};

    return store_result_of(
        audit_store_run(database, deadline, entry, insert_merchant, &work, &work.changed),
        STORE_OK);
}

enum store_result
merchant_store_disable(struct database *database, struct deadline deadline,
                       const struct identifier *id, const struct audit_entry *entry)
{
    struct marking work = {.mark = &statements[DISABLE_MERCHANT],
                           .count = &statements[COUNT_MERCHANT],
                           .id = id,
                           .found = STORE_FAILED};
    enum database_result result =
        audit_store_run(database, deadline, entry, mark, &work, &work.changed);

    return store_result_of(result, work.found);
}

enum store_result
merchant_store_enable(struct database *database, struct deadline deadline,
                      const struct identifier *id, const struct audit_entry *entry)
{
    struct marking work = {.mark = &statements[ENABLE_MERCHANT],
                           .count = &statements[COUNT_MERCHANT],
                           .id = id,
                           .found = STORE_FAILED};
    enum database_result result =
        audit_store_run(database, deadline, entry, mark, &work, &work.changed);

    return store_result_of(result, work.found);
}

/* A column of a merchant is set. */
struct setting_work {
    const struct statement *statement;
    const struct identifier *id;
    MYSQL_BIND value;
    enum store_result found;
    bool changed;
};

static enum database_result
set_column(struct database *database, void *arg)
{
    struct setting_work *work = arg;
    MYSQL_BIND parameters[] = {work->value, bind_identifier(work->id)};
    enum database_result result;
    size_t rows;

    result = database_execute(database, work->statement, parameters, NULL, &rows);
    work->changed = rows > 0;
    return result == DATABASE_DONE
               ? look_up(database, &statements[COUNT_MERCHANT], work->id, &work->found)
               : result;
}

enum store_result
merchant_store_set_processor(struct database *database, struct deadline deadline,
                             const struct identifier *id, enum mode mode, const char *name,
                             const struct audit_entry *entry)
{
    struct setting_work work = {
        .statement = &statements[mode == MODE_LIVE ? SET_LIVE_PROCESSOR : SET_TEST_PROCESSOR],
        .id = id,
        .value = bind_text(name),
        .found = STORE_FAILED};
    enum database_result result =
        audit_store_run(database, deadline, entry, set_column, &work, &work.changed);

    return store_result_of(result, work.found);
}

enum store_result
merchant_store_set_events(struct database *database, struct deadline deadline,
                          const struct identifier *id, enum mode mode, bool wanted,
                          const struct audit_entry *entry)
{
    int64_t value = wanted ? 1 : 0;
    struct setting_work work = {
        .statement = &statements[mode == MODE_LIVE ? SET_LIVE_EVENTS : SET_TEST_EVENTS],
        .id = id,
        .value = bind_number(&value),
        .found = STORE_FAILED};
    enum database_result result =
        audit_store_run(database, deadline, entry, set_column, &work, &work.changed);

    return store_result_of(result, work.found);
}

struct processor_work {
    const struct identifier *id;
    enum mode mode;
    char *found_name;
    enum store_result found;
};

static enum database_result
find_processor(struct database *database, void *arg)
{
    struct processor_work *work = arg;
    struct column column;
    MYSQL_BIND parameters[] = {bind_identifier(work->id)};
    MYSQL_BIND columns[] = {column_text(&column, work->found_name, PROCESSOR_NAME_SIZE)};
    enum database_result result;
    size_t rows;

    result = database_execute(
        database, &statements[work->mode == MODE_LIVE ? FIND_LIVE_PROCESSOR : FIND_TEST_PROCESSOR],
        parameters, columns, &rows);
    if (result != DATABASE_DONE)
        return result;
    work->found = rows == 1 ? STORE_OK : STORE_NOT_FOUND;
    if (rows == 1)
        column_end(&column, work->found_name);
    return DATABASE_DONE;
}

enum store_result
merchant_store_processor(struct database *database, struct deadline deadline,
                         const struct identifier *id, enum mode mode,
                         char name[PROCESSOR_NAME_SIZE])
{
    struct processor_work work = {
        .id = id, .mode = mode, .found_name = name, .found = STORE_FAILED};
    enum database_result result;

    name[0] = '\0';
    result = database_run(database, deadline, find_processor, &work);
    return store_result_of(result, work.found);
}

/* The function that a list is shown to. */
struct listing {
    merchant_seen *seen;
    void *arg;
};

static void
show_merchant(void *arg, char **row, const unsigned long *lengths)
{
    const struct listing *listing = arg;
    struct merchant_row merchant = {.name = row[1],
                                    .created_at = row[2],
                                    .disabled_at = row[3],
                                    .live_processor = row[4],
                                    .test_processor = row[5],
                                    .live_events = row[6][0] != '0',
                                    .test_events = row[7][0] != '0'};

    (void)lengths;
    memcpy(merchant.id.bytes, row[0], IDENTIFIER_SIZE);
    listing->seen(listing->arg, &merchant);
}

enum store_result
merchant_store_list(struct database *database, merchant_seen *seen, void *arg)
{
    struct listing listing = {.seen = seen, .arg = arg};

    return store_result_of(
        database_query(
            database,
            "SELECT id, name, " AS_TIME("created_at") ", " AS_TIME(
                "disabled_at") ", live_processor, test_processor, live_events, test_events"
                               " FROM merchants ORDER BY id",
            show_merchant, &listing),
        STORE_OK);
}
