/*
 * Marking: rows that an administrator changes, found by their ids.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/marking.h"

#include "store/binding.h"

enum database_result
marking_find(struct database *database, const struct statement *statement,
             const struct identifier *id, enum store_result *found)
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

struct work {
    const struct marking *marking;
    enum store_result found;
    bool changed;
};

static enum database_result
mark(struct database *database, void *arg)
{
    struct work *work = arg;
    const struct marking *marking = work->marking;
    enum database_result result;
    size_t rows;

    result = database_execute(database, marking->update, marking->parameters, NULL, &rows);
    work->changed = rows > 0;
    if (result != DATABASE_DONE)
        return result;
    return marking_find(database, marking->count, marking->id, &work->found);
}

enum store_result
marking_run(struct database *database, struct deadline deadline, const struct marking *marking,
            const struct audit_entry *entry)
{
    struct work work = {.marking = marking, .found = STORE_FAILED};
    enum database_result result =
        audit_store_run(database, deadline, entry, mark, &work, &work.changed);

    return store_result_of(result, work.found);
}
