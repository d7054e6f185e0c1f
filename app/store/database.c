/*
 * The database: one MariaDB connection, its prepared statements, and the one loop that runs a unit
 * of work until it is done or its deadline has come.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/database.h"

#include <errmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/connection.h"
#include "store/retry.h"

#define RECONNECT_PAUSE_MS 250 /* after a failed connect the next one is not tried before */

struct database {
    struct database_settings settings;
    struct connection connection;
    struct statement_table statements;
    struct retry_state retry;            /* of the unit of work in hand */
    bool one_host;                       /* the others are not tried */
    int64_t connect_again_at;            /* monotonic milliseconds, after a failed connect */
    enum database_result connect_result; /* of that connect */
    unsigned random;                     /* state of the jitter */
    int64_t spent_us;                    /* by all units of work */
    char connect_error[CONNECTION_ERROR_SIZE];
};

struct database *
database_new(const struct database_settings *settings)
{
    struct database *database = calloc(1, sizeof *database);

    if (database == NULL)
        return NULL;
    database->settings = *settings;
    database->connection = (struct connection){
        .option_file = settings->option_file,
        .group = settings->group,
        .timeout = settings->timeout,
        .answer_timeout = settings->answer_timeout,
        .log = settings->log,
    };
    database->statements.on_use = settings->prepare_on_use;
    database->random = (unsigned)clock_monotonic_ms() ^ ((unsigned)getpid() << 16);
    return database;
}

static void
disconnect(struct database *database)
{
    statement_close_all(&database->statements);
    connection_close(&database->connection);
    if (database->settings.metrics != NULL)
        metrics_set(&database->settings.metrics->gauges.connected, 0);
}

void
database_free(struct database *database)
{
    if (database == NULL)
        return;
    disconnect(database);
    free(database);
}

const char *
database_error(const struct database *database)
{
    return database->connection.error;
}

enum database_result
database_fault(struct database *database, const char *what)
{
    return connection_fault(&database->connection, "%s", what);
}

static enum database_result
prepare_all(struct database *database)
{
    enum database_result result = DATABASE_DONE;

    for (size_t i = 0; i < database->settings.set_count && result == DATABASE_DONE; i++) {
        const struct statement_set *set = database->settings.sets[i];

        for (size_t j = 0; j < set->count && result == DATABASE_DONE; j++) {
            if (!set->statements[j].late)
                result = statement_prepare(&database->statements, &database->connection,
                                           &set->statements[j]);
        }
    }
    return result;
}

static void
note_session(struct database *database)
{
    struct metrics_slot *metrics = database->settings.metrics;

    log_write(database->settings.log, LOG_LEVEL_INFO, "connected to the database (%s)",
              mysql_get_host_info(database->connection.handle));
    if (metrics == NULL)
        return;
    metrics_set(&metrics->gauges.connected, 1);
    metrics_add(&metrics->database_connects, 1);
}

/* One connection, made ready for work. */
static enum database_result
open_session(struct database *database)
{
    enum database_result result = connection_open(&database->connection);

    if (result == DATABASE_DONE && database->settings.check != NULL)
        result = database->settings.check(database);
    if (result == DATABASE_DONE)
        result = prepare_all(database);
    if (result == DATABASE_DONE) {
        note_session(database);
        return DATABASE_DONE;
    }
    disconnect(database);
    /* A conflict while connecting is nothing that the caller's work could resolve. */
    return result == DATABASE_FAILED ? DATABASE_FAILED : DATABASE_UNAVAILABLE;
}

/* A failed connect is not repeated at once; it is told again, not what happened since. */
static enum database_result
repeat_failure(struct database *database)
{
    connection_set_error(&database->connection, "%s", database->connect_error);
    return database->connect_result;
}

enum database_result
database_connect(struct database *database, struct deadline deadline)
{
    struct connection *connection = &database->connection;
    enum database_result result = DATABASE_UNAVAILABLE;
    size_t tried = 0;

    if (connection->handle != NULL)
        return DATABASE_DONE;
    if (clock_monotonic_ms() < database->connect_again_at)
        return repeat_failure(database);
    connection->deadline = deadline;
    connection->out_of_time = false;
    do {
        if (!connection_has_time(connection))
            return connection_note_no_time(connection, "database connection");
        result = open_session(database);
        /* That this one had no time left says nothing about the server. */
        if (result == DATABASE_DONE || database->one_host || connection->out_of_time)
            return result;
        host_list_next(&connection->hosts);
    } while (++tried < connection->hosts.count);
    database->connect_again_at = clock_monotonic_ms() + RECONNECT_PAUSE_MS;
    database->connect_result = result;
    snprintf(database->connect_error, sizeof database->connect_error, "%s", connection->error);
    return result;
}

size_t
database_host_count(const struct database *database)
{
    return database->connection.hosts.count;
}

const char *
database_use_host(struct database *database, size_t number)
{
    disconnect(database);
    database->one_host = true;
    database->connect_again_at = 0;
    database->connection.hosts.current = number;
    return host_list_current(&database->connection.hosts);
}

/*
 * A duplicate is an answer, with which the unit of work goes on: not within a transaction that the
 * failed statement began. A compound statement rolls back by its handler, but a KILL QUERY that
 * comes at the wrong moment keeps the handler from running, and the error is still the first one.
 */
static enum database_result
end_failed(struct database *database, enum database_result result)
{
    if (result == DATABASE_DUPLICATE && mysql_rollback(database->connection.handle) != 0)
        return connection_note_last(&database->connection, "rollback");
    return result;
}

enum database_result
database_execute(struct database *database, const struct statement *statement,
                 MYSQL_BIND *parameters, MYSQL_BIND *columns, size_t *rows)
{
    return end_failed(database,
                      statement_execute(&database->statements, &database->connection, statement,
                                        parameters, 0, columns, NULL, NULL, rows));
}

enum database_result
database_execute_rows(struct database *database, const struct statement *statement,
                      MYSQL_BIND *parameters, MYSQL_BIND *columns, statement_row *row, void *arg)
{
    size_t rows;

    return end_failed(database,
                      statement_execute(&database->statements, &database->connection, statement,
                                        parameters, 0, columns, row, arg, &rows));
}

enum database_result
database_execute_group(struct database *database, const struct statement *statement,
                       MYSQL_BIND *parameters, size_t count, size_t *rows)
{
    return end_failed(database,
                      statement_execute(&database->statements, &database->connection, statement,
                                        parameters, count, NULL, NULL, NULL, rows));
}

/*
 * After a failed statement no transaction may be left open, whatever the server made of it. A
 * server that closed an idle connection is as good as any; another failure is a reason to turn to
 * the next one.
 */
static void
clear_transaction(struct database *database, enum database_result result)
{
    struct connection *connection = &database->connection;

    /* The units of work leave nothing open between two statements. */
    if (connection->handle == NULL || result == DATABASE_DONE || connection->out_of_time)
        return;
    if (result != DATABASE_UNAVAILABLE && mysql_rollback(connection->handle) == 0)
        return;
    disconnect(database);
    if (connection->error_number != CR_SERVER_GONE_ERROR)
        host_list_next(&connection->hosts);
}

/*
 * What was done within a transaction that is still open is not done. No statement leaves one
 * behind; should it happen all the same, the connection ends with it, and the work is done again.
 */
static enum database_result
refuse_open_transaction(struct database *database, enum database_result result)
{
    struct connection *connection = &database->connection;

    if (result != DATABASE_DONE ||
        (connection->handle->server_status & SERVER_STATUS_IN_TRANS) == 0)
        return result;
    connection_set_error(connection, "a transaction was left open");
    log_write(database->settings.log, LOG_LEVEL_ERROR, "%s", connection->error);
    return DATABASE_UNAVAILABLE;
}

enum database_result
database_transaction(struct database *database, database_work *work, void *arg)
{
    struct connection *connection = &database->connection;
    enum database_result result = connection_run(connection, "begin", "START TRANSACTION");

    if (result != DATABASE_DONE)
        return result;
    result = work(database, arg);
    if (result == DATABASE_DONE)
        result = connection_commit(connection);
    if (result == DATABASE_DONE)
        return DATABASE_DONE;
    /* Where there is no time for a rollback, the connection goes, and the transaction with it. One
     * that failed is closed by database_run(). */
    if (connection->out_of_time)
        disconnect(database);
    else if (result != DATABASE_UNAVAILABLE && mysql_rollback(connection->handle) != 0)
        result = connection_note_last(connection, "rollback");
    return result;
}

bool
database_tried_before(const struct database *database)
{
    return database->retry.tries > 0;
}

bool
database_is_cluster(const struct database *database)
{
    return database->connection.is_cluster;
}

enum database_result
database_read_uncommitted(struct database *database)
{
    return connection_run(&database->connection, "isolation level",
                          "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
}

enum database_result
database_lock_rows_only(struct database *database)
{
    return connection_run(&database->connection, "isolation level",
                          "SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
}

/* The work, once. */
static struct try_outcome
try_work(struct database *database, struct deadline deadline, database_work *work, void *arg)
{
    struct connection *connection = &database->connection;
    struct try_outcome outcome = {.result = database_connect(database, deadline)};

    connection->deadline = deadline;
    connection->out_of_time = false;
    if (outcome.result != DATABASE_DONE) {
        outcome.late = !connection_has_time(connection);
        return outcome;
    }
    outcome.connected = true;
    outcome.result = refuse_open_transaction(database, work(database, arg));
    outcome.late = connection->out_of_time;
    outcome.sent = outcome.result == DATABASE_UNAVAILABLE;
    clear_transaction(database, outcome.result);
    return outcome;
}

static void
pause_or_turn(struct database *database, enum retry_step step)
{
    switch (step) {
    case RETRY_END:
        break;
    case RETRY_AT_ONCE:
        database->connect_again_at = 0;
        break;
    case RETRY_NEXT_HOST:
        disconnect(database);
        host_list_next(&database->connection.hosts);
        database->connect_again_at = 0;
        break;
    case RETRY_AFTER_PAUSE:
        clock_sleep_ms(retry_pause_ms(database->retry.tries, (unsigned)rand_r(&database->random)));
        break;
    }
}

/* What is left to say when the tries have come to an end without success. */
static enum database_result
give_up(struct database *database, enum database_result result)
{
    int tries = database->retry.tries;

    if (database->settings.metrics != NULL)
        metrics_add(&database->settings.metrics->database_failures[result], 1);
    if (result != DATABASE_FAILED) /* that has been logged where it happened */
        log_write(database->settings.log, LOG_LEVEL_WARNING, "gave up after %d %s: %s", tries,
                  tries == 1 ? "try" : "tries", database->connection.error);
    if (result == DATABASE_DUPLICATE || result == DATABASE_CONFLICT)
        return DATABASE_UNAVAILABLE;
    return result;
}

static enum database_result
run(struct database *database, struct deadline deadline, database_work *work, void *arg)
{
    struct connection *connection = &database->connection;
    enum retry_step step = RETRY_AT_ONCE;
    struct try_outcome outcome;
    bool goes_on;

    database->retry = (struct retry_state){.tries = 0};
    connection->error[0] = '\0';
    connection->deadline = deadline;
    if (!connection_has_time(connection))
        return give_up(database, connection_note_no_time(connection, "database"));
    do {
        outcome = try_work(database, deadline, work, arg);
        if (outcome.result == DATABASE_DONE)
            return DATABASE_DONE;
        step = retry_next(&database->retry, &outcome,
                          connection->hosts.count > 0 ? connection->hosts.count : 1);
        pause_or_turn(database, step);
        goes_on = step != RETRY_END && connection_has_time(connection);
        if (goes_on && database->settings.metrics != NULL)
            metrics_add(&database->settings.metrics->database_retries[outcome.result], 1);
    } while (goes_on);
    /* No connection, whatever the reason, is no fault of the work's. */
    if (!outcome.connected)
        outcome.result = DATABASE_UNAVAILABLE;
    return give_up(database, outcome.result);
}

enum database_result
database_run(struct database *database, struct deadline deadline, database_work *work, void *arg)
{
    struct metrics_slot *metrics = database->settings.metrics;
    int64_t began_at = clock_monotonic_us();
    enum database_result result = run(database, deadline, work, arg);
    int64_t took_us = clock_monotonic_us() - began_at;

    database->spent_us += took_us;
    if (metrics != NULL)
        metrics_observe(&metrics->database, &metrics_times, (uint64_t)took_us);
    return result;
}

int64_t
database_spent_us(const struct database *database)
{
    return database->spent_us;
}

enum database_result
database_script(struct database *database, const char *sql)
{
    MYSQL *handle = database->connection.handle;
    enum database_result result = DATABASE_DONE;
    char what[32];
    int number = 1;
    int more;

    if (mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0)
        return connection_note_last(&database->connection, "multiple statements");
    more = mysql_query(handle, sql) == 0 ? 0 : 1;
    while (more == 0) {
        mysql_free_result(mysql_store_result(handle));
        number++;
        more = mysql_next_result(handle);
    }
    if (more > 0) {
        snprintf(what, sizeof what, "statement %d", number);
        result = connection_note_last(&database->connection, what);
    }
    if (mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF) != 0 &&
        result == DATABASE_DONE)
        result = connection_note_last(&database->connection, "multiple statements");
    return result;
}

enum database_result
database_query(struct database *database, const char *sql, database_row *row, void *arg)
{
    MYSQL *handle = database->connection.handle;
    MYSQL_RES *result = NULL;
    MYSQL_ROW values;

    if (mysql_query(handle, sql) != 0)
        return connection_note_last(&database->connection, "query");
    result = mysql_store_result(handle);
    if (result == NULL)
        return mysql_errno(handle) == 0 ? DATABASE_DONE
                                        : connection_note_last(&database->connection, "query");
    while ((values = mysql_fetch_row(result)) != NULL)
        row(arg, values, mysql_fetch_lengths(result));
    mysql_free_result(result);
    return DATABASE_DONE;
}
