/*
 * A connection: one MariaDB session with its settings, its server and its last error.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/connection.h"

#include <mysqld_error.h>
#include <stdarg.h>
#include <stdio.h>

#include "store/server_error.h"

/* How long a row that another transaction holds is waited for, in seconds. A stall is to be short:
 * a whole group of requests waits with it. */
#define LOCK_WAIT_SECONDS 1

/* After so many seconds the server rolls back a transaction that has written and is silent: a
 * worker that was stopped in the middle holds nobody up for longer. */
#define IDLE_TRANSACTION_SECONDS 2

void
connection_set_error(struct connection *connection, const char *format, ...)
{
    va_list args;

    connection->error_number = 0;
    va_start(args, format);
    vsnprintf(connection->error, sizeof connection->error, format, args);
    va_end(args);
}

enum database_result
connection_fault(struct connection *connection, const char *format, ...)
{
    va_list args;

    connection->error_number = 0;
    va_start(args, format);
    vsnprintf(connection->error, sizeof connection->error, format, args);
    va_end(args);
    log_write(connection->log, LOG_LEVEL_ERROR, "%s", connection->error);
    return DATABASE_FAILED;
}

enum database_result
connection_note(struct connection *connection, const char *what, unsigned error,
                const char *message)
{
    enum database_result result = server_error_meaning(error);

    /* The server's words about a duplicate quote the key that a client sent. */
    connection_set_error(connection, "%s: %s (error %u)", what,
                         result == DATABASE_DUPLICATE ? "duplicate key" : message, error);
    connection->error_number = error;
    if (result == DATABASE_FAILED || result == DATABASE_INVALID)
        log_write(connection->log, LOG_LEVEL_ERROR, "%s", connection->error);
    else if (result != DATABASE_DUPLICATE)
        log_write(connection->log, LOG_LEVEL_DEBUG, "%s", connection->error);
    return result;
}

enum database_result
connection_note_last(struct connection *connection, const char *what)
{
    return connection_note(connection, what, mysql_errno(connection->handle),
                           mysql_error(connection->handle));
}

enum database_result
connection_note_no_time(struct connection *connection, const char *what)
{
    char before[CONNECTION_ERROR_SIZE / 2];

    /* What took the time is of more interest. */
    snprintf(before, sizeof before, "%.200s",
             connection->error_number != 0 ? connection->error : "");
    connection->out_of_time = true;
    connection_set_error(connection, "%s%s%s: no time left before the request's deadline", before,
                         before[0] != '\0' ? "; " : "", what);
    return DATABASE_UNAVAILABLE;
}

bool
connection_has_time(const struct connection *connection)
{
    return deadline_left_ms(connection->deadline) >= (int64_t)connection->timeout * 1000;
}

enum database_result
connection_run(struct connection *connection, const char *what, const char *sql)
{
    if (!connection_has_time(connection))
        return connection_note_no_time(connection, what);
    if (mysql_query(connection->handle, sql) != 0)
        return connection_note_last(connection, what);
    return DATABASE_DONE;
}

enum database_result
connection_commit(struct connection *connection)
{
    bool stands = (connection->handle->server_status & SERVER_STATUS_IN_TRANS) != 0;
    enum database_result result = DATABASE_DONE;

    if (stands && connection->is_cluster)
        result = connection_ask(connection, "transaction", "SELECT @@in_transaction", &stands);
    if (result != DATABASE_DONE)
        return result;
    if (!stands) {
        connection_set_error(connection, "commit: the server has rolled the transaction back");
        return DATABASE_CONFLICT;
    }
    if (!connection_has_time(connection))
        return connection_note_no_time(connection, "commit");
    return mysql_commit(connection->handle) == 0 ? DATABASE_DONE
                                                 : connection_note_last(connection, "commit");
}

/* A setting that older or other servers do not have. */
static enum database_result
run_optional(struct connection *connection, const char *sql)
{
    if (!connection_has_time(connection))
        return connection_note_no_time(connection, sql);
    if (mysql_query(connection->handle, sql) == 0 ||
        mysql_errno(connection->handle) == ER_UNKNOWN_SYSTEM_VARIABLE)
        return DATABASE_DONE;
    return connection_note_last(connection, sql);
}

/*
 * What the program relies on is set here, not hoped for: the option file may say anything. The
 * server gives up a statement a little before its answer is given up here: that is a definite
 * answer in place of a doubt.
 */
static enum database_result
set_session(struct connection *connection)
{
    enum database_result result;
    my_bool off = 0;
    char sql[640];

    mysql_optionsv(connection->handle, MYSQL_OPT_RECONNECT, &off);
    if (mysql_set_character_set(connection->handle, "utf8mb4") != 0)
        return connection_note_last(connection, "character set utf8mb4");
    snprintf(sql, sizeof sql,
             "SET SESSION autocommit = 1, time_zone = '+00:00',"
             " sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
             "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',"
             " tx_isolation = 'REPEATABLE-READ', foreign_key_checks = 1, unique_checks = 1,"
             " check_constraint_checks = 1, innodb_lock_wait_timeout = %d, lock_wait_timeout = %d",
             LOCK_WAIT_SECONDS, LOCK_WAIT_SECONDS);
    result = connection_run(connection, "session settings", sql);
    /* Galera: a transaction fails (1020) instead of overwriting what another node changed, and a
     * read sees what was committed on another node before. */
    if (result == DATABASE_DONE)
        result = run_optional(connection, "SET SESSION innodb_snapshot_isolation = ON");
    if (result == DATABASE_DONE)
        result = run_optional(connection, "SET SESSION wsrep_sync_wait = 1");
    snprintf(sql, sizeof sql, "SET SESSION idle_write_transaction_timeout = %d",
             IDLE_TRANSACTION_SECONDS);
    if (result == DATABASE_DONE)
        result = run_optional(connection, sql);
    if (result == DATABASE_DONE && connection->answer_timeout == 0) {
        snprintf(sql, sizeof sql, "SET SESSION max_statement_time = %d.%d",
                 connection->timeout > 1 ? connection->timeout - 1 : 0,
                 connection->timeout > 1 ? 5 : 8);
        result = run_optional(connection, sql);
    }
    return result;
}

enum database_result
connection_ask(struct connection *connection, const char *what, const char *sql, bool *answer)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row;

    *answer = false;
    if (!connection_has_time(connection))
        return connection_note_no_time(connection, what);
    if (mysql_query(connection->handle, sql) != 0)
        return connection_note_last(connection, what);
    result = mysql_store_result(connection->handle);
    if (result == NULL)
        return connection_note_last(connection, what);
    row = mysql_fetch_row(result);
    *answer = row != NULL && row[0] != NULL && row[0][0] == '1';
    mysql_free_result(result);
    return DATABASE_DONE;
}

/* Is this a node of a cluster? Servers that cannot be one do not have the variable. */
static enum database_result
ask_for_cluster(struct connection *connection)
{
    return connection_ask(connection, "cluster",
                          "SELECT COUNT(*) FROM information_schema.SESSION_VARIABLES"
                          " WHERE VARIABLE_NAME = 'wsrep_on' AND VARIABLE_VALUE = 'ON'",
                          &connection->is_cluster);
}

/* The session with its time limits, which an option file cannot set. */
static enum database_result
connect_to_host(struct connection *connection)
{
    unsigned timeout = (unsigned)connection->timeout;
    unsigned answer =
        connection->answer_timeout > 0 ? (unsigned)connection->answer_timeout : timeout;
    MYSQL *handle = mysql_init(NULL);
    bool good;

    if (handle == NULL) {
        connection_set_error(connection, "no memory for a connection");
        return DATABASE_UNAVAILABLE;
    }
    connection->handle = handle;
    mysql_optionsv(handle, MYSQL_READ_DEFAULT_FILE, connection->option_file);
    mysql_optionsv(handle, MYSQL_READ_DEFAULT_GROUP, connection->group);
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
    mysql_optionsv(handle, MYSQL_OPT_READ_TIMEOUT, &answer);
    mysql_optionsv(handle, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
    good = mysql_real_connect(handle, host_list_current(&connection->hosts), NULL, NULL, NULL, 0,
                              NULL, CLIENT_REMEMBER_OPTIONS) != NULL;
    if (!connection->hosts_known) {
        host_list_init(&connection->hosts, handle->options.host);
        connection->hosts_known = true;
    }
    return good ? DATABASE_DONE : connection_note_last(connection, "database connection");
}

enum database_result
connection_open(struct connection *connection)
{
    enum database_result result = connect_to_host(connection);

    if (result == DATABASE_DONE)
        result = set_session(connection);
    if (result == DATABASE_DONE)
        result = ask_for_cluster(connection);
    if (result != DATABASE_DONE)
        connection_close(connection);
    return result;
}

void
connection_close(struct connection *connection)
{
    mysql_close(connection->handle);
    connection->handle = NULL;
}
