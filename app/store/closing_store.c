/*
 * Closings in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/closing_store.h"

#include "store/binding.h"
#include "store/marking.h"

enum {
    FIND_EVENT,
    CLOSE,
    COUNT,
};

#define COLUMN_COUNT 5

static const struct statement statements[] = {
    /* The index of events begins with the processor: each has its turn, and no table is read. */
    [FIND_EVENT] = {.name = "notice by event",
                    .sql = "SELECT id, processor, kind, reference, state FROM notices"
                           " WHERE event_id = ? AND processor IN"
                           " (SELECT processor FROM (SELECT DISTINCT processor FROM notices) of)"
                           " ORDER BY state = 'open' DESC, id DESC LIMIT 1",
                    .parameters = 1,
                    .columns = COLUMN_COUNT},
    [CLOSE] = {.name = "notice close",
               .sql = "UPDATE notices SET state = 'done', look_at = NULL"
                      " WHERE id = ? AND state = 'open'",
               .parameters = 1},
    [COUNT] = {.name = "notice by id",
               .sql = "SELECT COUNT(*) FROM notices WHERE id = ?",
               .parameters = 1,
               .columns = 1},
};

struct search {
    const char *event_id;
    struct closing *closing;
    bool found;
};

static enum database_result
find_event(struct database *database, void *arg)
{
    struct search *search = arg;
    struct closing *closing = search->closing;
    struct column columns[COLUMN_COUNT];
    MYSQL_BIND parameters[] = {bind_text(search->event_id)};
    MYSQL_BIND bound[COLUMN_COUNT] = {
        column_bytes(&columns[0], closing->id.bytes, IDENTIFIER_SIZE),
        column_text(&columns[1], closing->processor, sizeof closing->processor),
        column_text(&columns[2], closing->kind, sizeof closing->kind),
        column_text(&columns[3], closing->reference, sizeof closing->reference),
        column_text(&columns[4], closing->state, sizeof closing->state),
    };
    size_t rows = 0;
    enum database_result result =
        database_execute(database, &statements[FIND_EVENT], parameters, bound, &rows);

    search->found = result == DATABASE_DONE && rows == 1;
    if (!search->found)
        return result;
    column_end(&columns[1], closing->processor);
    column_end(&columns[2], closing->kind);
    column_end(&columns[3], closing->reference);
    column_end(&columns[4], closing->state);
    return result;
}

enum store_result
closing_store_find(struct database *database, struct deadline deadline, const char *event_id,
                   struct closing *closing)
{
    struct search search = {.event_id = event_id, .closing = closing};
    enum database_result result = database_run(database, deadline, find_event, &search);

    return store_result_of(result, search.found ? STORE_OK : STORE_NOT_FOUND);
}

enum store_result
closing_store_close(struct database *database, struct deadline deadline,
                    const struct closing *closing, const struct audit_entry *entry)
{
    MYSQL_BIND parameters[] = {bind_identifier(&closing->id)};
    const struct marking marking = {.update = &statements[CLOSE],
                                    .parameters = parameters,
                                    .count = &statements[COUNT],
                                    .id = &closing->id};

    return marking_run(database, deadline, &marking, entry);
}
