/*
 * Merchants in the database, for payment-admin.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/merchant_store.h"

#include <string.h>

#include "store/binding.h"
#include "store/marking.h"

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
        result = marking_find(database, &statements[COUNT_MERCHANT], insertion->id, &found);
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

/* number: of the statement. */
static enum store_result
update(struct database *database, struct deadline deadline, size_t number, MYSQL_BIND *parameters,
       const struct identifier *id, const struct audit_entry *entry)
{
    const struct marking marking = {.update = &statements[number],
                                    .parameters = parameters,
                                    .count = &statements[COUNT_MERCHANT],
                                    .id = id};

    return marking_run(database, deadline, &marking, entry);
}

enum store_result
merchant_store_disable(struct database *database, struct deadline deadline,
                       const struct identifier *id, const struct audit_entry *entry)
{
    MYSQL_BIND parameters[] = {bind_identifier(id)};

    return update(database, deadline, DISABLE_MERCHANT, parameters, id, entry);
}

enum store_result
merchant_store_enable(struct database *database, struct deadline deadline,
                      const struct identifier *id, const struct audit_entry *entry)
{
    MYSQL_BIND parameters[] = {bind_identifier(id)};

    return update(database, deadline, ENABLE_MERCHANT, parameters, id, entry);
}

enum store_result
merchant_store_set_processor(struct database *database, struct deadline deadline,
                             const struct identifier *id, enum mode mode, const char *name,
                             const struct audit_entry *entry)
{
    MYSQL_BIND parameters[] = {bind_text(name), bind_identifier(id)};

    return update(database, deadline, mode == MODE_LIVE ? SET_LIVE_PROCESSOR : SET_TEST_PROCESSOR,
                  parameters, id, entry);
}

enum store_result
merchant_store_set_events(struct database *database, struct deadline deadline,
                          const struct identifier *id, enum mode mode, bool wanted,
                          const struct audit_entry *entry)
{
    int64_t value = wanted ? 1 : 0;
    MYSQL_BIND parameters[] = {bind_number(&value), bind_identifier(id)};

    return update(database, deadline, mode == MODE_LIVE ? SET_LIVE_EVENTS : SET_TEST_EVENTS,
                  parameters, id, entry);
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
            "SELECT id, name, " TIME_AS_TEXT("created_at") ", " TIME_AS_TEXT(
                "disabled_at") ", live_processor, test_processor, live_events, test_events"
                               " FROM merchants ORDER BY id",
            show_merchant, &listing),
        STORE_OK);
}
