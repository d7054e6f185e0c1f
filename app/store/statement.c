/*
 * Statements: named SQL with its parameters, prepared once a connection.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/statement.h"

#include <string.h>

#include "store/connection.h"

static MYSQL_STMT *
handle_of(const struct statement_table *table, const struct statement *statement)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->statements[i] == statement)
            return table->handles[i];
    }
    return NULL;
}

enum database_result
statement_prepare(struct statement_table *table, struct connection *connection,
                  const struct statement *statement)
{
    MYSQL_STMT *handle;

    if (!connection_has_time(connection))
        return connection_note_no_time(connection, statement->name);
    if (table->count == STATEMENTS_MAX)
        return connection_fault(connection, "%s: no room for another statement", statement->name);
    handle = mysql_stmt_init(connection->handle);
    if (handle == NULL)
        return connection_note(connection, statement->name, 0, "no memory");
    if (mysql_stmt_prepare(handle, statement->sql, strlen(statement->sql)) != 0) {
        enum database_result result = connection_note(
            connection, statement->name, mysql_stmt_errno(handle), mysql_stmt_error(handle));

        mysql_stmt_close(handle);
        return result;
    }
    table->statements[table->count] = statement;
    table->handles[table->count] = handle;
    table->count++;
    if (mysql_stmt_param_count(handle) != statement->parameters ||
        mysql_stmt_field_count(handle) != statement->columns)
        return connection_fault(
            connection, "%s has %lu parameters and %u columns, but should have %u and %u",
            statement->name, mysql_stmt_param_count(handle), mysql_stmt_field_count(handle),
            statement->parameters, statement->columns);
    return DATABASE_DONE;
}

void
statement_close_all(struct statement_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        mysql_stmt_close(table->handles[i]);
    table->count = 0;
}

/*
 * Takes the rows of the current result. All of it is read first: an error that comes behind a row
 * would go unseen otherwise.
 */
static int
take_rows(MYSQL_STMT *handle, MYSQL_BIND *columns, statement_row *row, void *arg, size_t *rows,
          enum database_result *result)
{
    int fetched;

    *result = DATABASE_DONE;
    if (columns == NULL || mysql_stmt_bind_result(handle, columns) ||
        mysql_stmt_store_result(handle) != 0)
        return 1;
    *rows = (size_t)mysql_stmt_num_rows(handle);
    while ((fetched = mysql_stmt_fetch(handle)) == 0 && row != NULL && *result == DATABASE_DONE)
        *result = row(arg);
    mysql_stmt_free_result(handle);
    return fetched == 0 || fetched == MYSQL_NO_DATA ? 0 : 1;
}

/* True when it was sent and the first answer is there. */
static bool
send(MYSQL_STMT *handle, MYSQL_BIND *parameters, size_t bulk)
{
    unsigned size = (unsigned)bulk;

    if (bulk > 0 && mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &size) != 0)
        return false;
    return !mysql_stmt_bind_param(handle, parameters) && mysql_stmt_execute(handle) == 0;
}

enum database_result
statement_execute(struct statement_table *table, struct connection *connection,
                  const struct statement *statement, MYSQL_BIND *parameters, size_t bulk,
                  MYSQL_BIND *columns, statement_row *row, void *arg, size_t *rows)
{
    enum database_result result = DATABASE_DONE;
    MYSQL_STMT *handle = handle_of(table, statement);
    int more = 0;

    *rows = 0;
    if (handle == NULL && (statement->late || table->on_use)) {
        result = statement_prepare(table, connection, statement);
        handle = handle_of(table, statement);
    }
    if (result != DATABASE_DONE)
        return result;
    if (handle == NULL)
        return connection_fault(connection, "%s was not prepared", statement->name);
    if (!connection_has_time(connection))
        return connection_note_no_time(connection, statement->name);
    if (!send(handle, parameters, bulk))
        goto failed;
    if (mysql_stmt_field_count(handle) == 0)
        *rows = (size_t)mysql_stmt_affected_rows(handle);
    else if (take_rows(handle, columns, row, arg, rows, &result) != 0)
        goto failed;
    /* A compound statement ends with a result of its own, which may still be an error. */
    while ((more = mysql_stmt_next_result(handle)) == 0)
        ;
    if (more > 0)
        goto failed;
    if (result == DATABASE_FAILED)
        return connection_fault(connection, "%s: a row that no program of this version writes",
                                statement->name);
    return result;

failed:
    if (mysql_stmt_errno(handle) != 0)
        return connection_note(connection, statement->name, mysql_stmt_errno(handle),
                               mysql_stmt_error(handle));
    return connection_fault(connection, "%s: a result that does not fit its columns",
                            statement->name);
}
