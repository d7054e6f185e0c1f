/*
 * What is old, and is deleted.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/prune_store.h"

#include "store/binding.h"

/* Where a stretch of a thousand rows ends. Those of one event, up to sixteen deliveries, are not
 * cut apart. */
#define END_OF(table, index, id)                                                           \
    "SELECT " id " FROM " table " FORCE INDEX (" index ") WHERE " id " > ? AND " id " < ?" \
    " ORDER BY " id " LIMIT 984, 1"

static const struct statement ends[] = {
    [PRUNE_ATTEMPTS] = {.name = "old attempts",
                        .sql = END_OF("webhook_attempts", "PRIMARY", "id"),
                        .parameters = 2,
                        .columns = 1,
                        .late = true},
    [PRUNE_DELIVERIES] = {.name = "old deliveries",
                          .sql =
                              END_OF("webhook_deliveries", "webhook_deliveries_event", "event_id"),
                          .parameters = 2,
                          .columns = 1,
                          .late = true},
    [PRUNE_EVENTS] = {.name = "old events",
                      .sql = END_OF("events", "PRIMARY", "id"),
                      .parameters = 2,
                      .columns = 1,
                      .late = true},
};

static const struct statement deletions[] = {
    [PRUNE_ATTEMPTS] = {.name = "deletion of old attempts",
                        .sql = "DELETE a FROM webhook_attempts a FORCE INDEX (PRIMARY)"
                               " WHERE a.id > ? AND a.id <= ?",
                        .parameters = 2,
                        .late = true},
    [PRUNE_DELIVERIES] =
        {.name = "deletion of old deliveries",
         .sql = "DELETE d FROM webhook_deliveries d FORCE INDEX (webhook_deliveries_event)"
                " WHERE d.event_id > ? AND d.event_id <= ? AND (d.state <> 'pending' OR EXISTS"
                " (SELECT 1 FROM webhook_endpoints e WHERE e.id = d.endpoint_id AND"
                " e.deleted_at IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM webhook_attempts a"
                " FORCE INDEX (webhook_attempts_event) WHERE a.event_id = d.event_id AND"
                " a.endpoint_id = d.endpoint_id)",
         .parameters = 2,
         .late = true},
    /* IGNORE: one that is just being asked for once more stays, by its foreign key. */
    [PRUNE_EVENTS] = {.name = "deletion of old events",
                      .sql = "DELETE IGNORE e FROM events e FORCE INDEX (PRIMARY)"
                             " WHERE e.id > ? AND e.id <= ? AND e.dispatched_at IS NOT NULL AND"
                             " NOT EXISTS (SELECT 1 FROM webhook_deliveries d FORCE INDEX"
                             " (webhook_deliveries_event) WHERE d.event_id = e.id)",
                      .parameters = 2,
                      .late = true},
};

struct step {
    enum prune_table table;
    const struct identifier *before;
    struct identifier after, end;
    bool is_last;
};

/* The end of the range is no id that anything has: it may be taken with the rest. */
static enum database_result
find_end(struct database *database, struct step *step)
{
    struct column column;
    MYSQL_BIND parameters[] = {bind_identifier(&step->after), bind_identifier(step->before)};
    MYSQL_BIND columns[] = {column_bytes(&column, step->end.bytes, IDENTIFIER_SIZE)};
    size_t rows;
    enum database_result result =
        database_execute(database, &ends[step->table], parameters, columns, &rows);

    step->is_last = rows == 0;
    if (step->is_last)
        step->end = *step->before;
    return result;
}

static enum database_result
delete_stretch(struct database *database, void *arg)
{
    struct step *step = arg;
    MYSQL_BIND parameters[] = {bind_identifier(&step->after), bind_identifier(&step->end)};
    size_t rows;

    return database_execute(database, &deletions[step->table], parameters, NULL, &rows);
}

/* Without locks between the rows, on which others would have to wait. */
static enum database_result
prune(struct database *database, void *arg)
{
    struct step *step = arg;
    enum database_result result = find_end(database, step);

    if (result == DATABASE_DONE)
        result = database_lock_rows_only(database);
    return result == DATABASE_DONE ? database_transaction(database, delete_stretch, step) : result;
}

enum store_result
prune_store_step(struct database *database, struct deadline deadline, enum prune_table table,
                 const struct identifier *before, struct identifier *after, bool *is_last)
{
    struct step step = {.table = table, .before = before, .after = *after};
    enum database_result result = database_run(database, deadline, prune, &step);

    *is_last = result == DATABASE_DONE && step.is_last;
    if (result == DATABASE_DONE)
        *after = step.end;
    return store_result_of(result, STORE_OK);
}
