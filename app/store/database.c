/*
 * The database: one MariaDB connection, its prepared statements, and the one loop that runs a unit
 * of work until it is done or its deadline has come.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/database.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/host_list.h"
#include "store/schema_store.h"
#include "store/server_error.h"

#define STATEMENTS_MAX 16  /* of all sets together */
#define TRIES_MAX 50       /* of one unit of work */
#define LOCK_WAITS_MAX 2   /* of those, how many may end in a lock wait timeout */
#define BACKOFF_FIRST_MS 5 /* doubled with each try, half of it random */
#define BACKOFF_MAX_MS 320
#define RECONNECT_PAUSE_MS 250 /* after a failed connect the next one is not tried before */

struct database {
    struct database_settings settings;
    MYSQL *connection; /* NULL when not connected */
    struct host_list hosts;
    bool hosts_known; /* Connector/C has read the option file at least once */
    bool one_host;    /* the others are not tried */
    bool out_of_time; /* the last failure was that nothing was sent for want of time */
    const struct statement *prepared[STATEMENTS_MAX];
    MYSQL_STMT *handles[STATEMENTS_MAX]; /* of prepared[] */
    size_t prepared_count;
    struct deadline deadline; /* of the work in hand: nothing is begun that may not fit before it */
    int64_t connect_again_at; /* monotonic milliseconds, after a failed connect */
    unsigned random;          /* state of the jitter */
    unsigned error_number;    /* of the last failure; 0: not one of the server or Connector/C */
    char error[DATABASE_ERROR_SIZE];
};

struct database *
database_new(const struct database_settings *settings)
{
    struct database *database = calloc(1, sizeof *database);

    if (database == NULL)
        return NULL;
    database->settings = *settings;
    database->random = (unsigned)clock_monotonic_ms() ^ ((unsigned)getpid() << 16);
    return database;
}

static void
disconnect(struct database *database)
{
    for (size_t i = 0; i < database->prepared_count; i++)
        mysql_stmt_close(database->handles[i]);
    database->prepared_count = 0;
    mysql_close(database->connection);
    database->connection = NULL;
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
    return database->error;
}

static void __attribute__((format(printf, 2, 3)))
set_error(struct database *database, const char *format, ...)
{
    va_list args;

    database->error_number = 0;
    va_start(args, format);
    vsnprintf(database->error, sizeof database->error, format, args);
    va_end(args);
}

/* A fault of the program or of the data: logged here, whoever hears of it. */
static enum database_result __attribute__((format(printf, 2, 3)))
fault(struct database *database, const char *format, ...)
{
    va_list args;

    database->error_number = 0;
    va_start(args, format);
    vsnprintf(database->error, sizeof database->error, format, args);
    va_end(args);
    log_write(database->settings.log, LOG_LEVEL_ERROR, "%s", database->error);
    return DATABASE_FAILED;
}

enum database_result
database_fault(struct database *database, const char *what)
{
    return fault(database, "%s", what);
}

/* Takes note of what failed; the message of the server stays in the log and never goes further. */
static enum database_result
note_failure(struct database *database, const char *what, unsigned error, const char *message)
{
    enum database_result result = server_error_meaning(error);

    /* The server's words about a duplicate quote the key that a client sent. */
    set_error(database, "%s: %s (error %u)", what,
              result == DATABASE_DUPLICATE ? "duplicate key" : message, error);
    database->error_number = error;
    if (result == DATABASE_FAILED)
        log_write(database->settings.log, LOG_LEVEL_ERROR, "%s", database->error);
    else if (result != DATABASE_DUPLICATE)
        log_write(database->settings.log, LOG_LEVEL_DEBUG, "%s", database->error);
    return result;
}

static enum database_result
note_connection_failure(struct database *database, const char *what)
{
    return note_failure(database, what, mysql_errno(database->connection),
                        mysql_error(database->connection));
}

/* Whatever is sent to the server may take as long as one of its answers may. */
static bool
fits(const struct database *database)
{
    return deadline_left_ms(database->deadline) >= (int64_t)database->settings.timeout * 1000;
}

static enum database_result
note_no_time(struct database *database, const char *what)
{
    database->out_of_time = true;
    set_error(database, "%s: no time left before the request's deadline", what);
    return DATABASE_UNAVAILABLE;
}

static enum database_result
run_text(struct database *database, const char *what, const char *sql)
{
    if (!fits(database))
        return note_no_time(database, what);
    if (mysql_query(database->connection, sql) != 0)
        return note_connection_failure(database, what);
    return DATABASE_DONE;
}

/* A setting that older or other servers do not have. */
static enum database_result
run_optional(struct database *database, const char *sql)
{
    if (!fits(database))
        return note_no_time(database, sql);
    if (mysql_query(database->connection, sql) == 0 ||
        mysql_errno(database->connection) == ER_UNKNOWN_SYSTEM_VARIABLE)
        return DATABASE_DONE;
    return note_connection_failure(database, sql);
}

/*
 * What the program relies on is set here, not hoped for: the option file may say anything.
 * A lock is waited for less long than an answer (from a database_timeout of 2 on), so that the wait
 * ends with the server's word.
 */
static enum database_result
set_session(struct database *database)
{
    int timeout = database->settings.timeout;
    int lock_wait = timeout > 1 ? timeout - 1 : 1;
    enum database_result result;
    my_bool off = 0;
    char sql[512];

    mysql_optionsv(database->connection, MYSQL_OPT_RECONNECT, &off);
    if (mysql_set_character_set(database->connection, "utf8mb4") != 0)
        return note_connection_failure(database, "character set utf8mb4");
    snprintf(sql, sizeof sql,
             "SET SESSION autocommit = 1, time_zone = '+00:00',"
             " sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
             "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',"
             " tx_isolation = 'REPEATABLE-READ', foreign_key_checks = 1, unique_checks = 1,"
             " check_constraint_checks = 1, innodb_lock_wait_timeout = %d, lock_wait_timeout = %d",
             lock_wait, lock_wait);
    result = run_text(database, "session settings", sql);
    /* Galera: a transaction fails (1020) instead of overwriting what another node changed, and a
     * read sees what was committed on another node before. */
    if (result == DATABASE_DONE)
        result = run_optional(database, "SET SESSION innodb_snapshot_isolation = ON");
    if (result == DATABASE_DONE)
        result = run_optional(database, "SET SESSION wsrep_sync_wait = 1");
    return result;
}

static enum database_result
prepare(struct database *database, const struct statement *statement)
{
    MYSQL_STMT *handle = mysql_stmt_init(database->connection);

    if (handle == NULL || database->prepared_count == STATEMENTS_MAX) {
        mysql_stmt_close(handle);
        return fault(database, "%s: no room for another statement", statement->name);
    }
    database->prepared[database->prepared_count] = statement;
    database->handles[database->prepared_count] = handle;
    database->prepared_count++;
    if (!fits(database))
        return note_no_time(database, statement->name);
    if (mysql_stmt_prepare(handle, statement->sql, strlen(statement->sql)) != 0)
        return note_failure(database, statement->name, mysql_stmt_errno(handle),
                            mysql_stmt_error(handle));
    if (mysql_stmt_param_count(handle) != statement->parameters ||
        mysql_stmt_field_count(handle) != statement->columns) {
        return fault(database, "%s has %lu parameters and %u columns, but should have %u and %u",
                     statement->name, mysql_stmt_param_count(handle),
                     mysql_stmt_field_count(handle), statement->parameters, statement->columns);
    }
    return DATABASE_DONE;
}

static enum database_result
prepare_all(struct database *database)
{
    enum database_result result = DATABASE_DONE;

    for (size_t i = 0; i < database->settings.set_count && result == DATABASE_DONE; i++) {
        const struct statement_set *set = database->settings.sets[i];

        for (size_t j = 0; j < set->count && result == DATABASE_DONE; j++)
            result = prepare(database, &set->statements[j]);
    }
    return result;
}

static enum database_result
check_schema(struct database *database)
{
    struct schema_version version;
    enum database_result result;

    if (!database->settings.check_schema)
        return DATABASE_DONE;
    result = schema_store_read(database, &version);
    if (result != DATABASE_DONE || schema_store_serves(&version))
        return result;
    schema_store_explain(&version, database->error, sizeof database->error);
    log_write(database->settings.log, LOG_LEVEL_ERROR, "%s", database->error);
    return DATABASE_FAILED;
}

/* A connection with its time limits, which an option file cannot set. */
static enum database_result
open_connection(struct database *database)
{
    const struct database_settings *settings = &database->settings;
    unsigned timeout = (unsigned)settings->timeout;
    unsigned answer = settings->answer_timeout > 0 ? (unsigned)settings->answer_timeout : timeout;
    MYSQL *connection = mysql_init(NULL);
    bool good;

    if (connection == NULL) {
        set_error(database, "no memory for a connection");
        return DATABASE_UNAVAILABLE;
    }
    database->connection = connection;
    mysql_optionsv(connection, MYSQL_READ_DEFAULT_FILE, settings->option_file);
    mysql_optionsv(connection, MYSQL_READ_DEFAULT_GROUP, settings->group);
    mysql_optionsv(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(connection, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
    mysql_optionsv(connection, MYSQL_OPT_READ_TIMEOUT, &answer);
    mysql_optionsv(connection, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
    good = mysql_real_connect(connection, host_list_current(&database->hosts), NULL, NULL, NULL, 0,
                              NULL, CLIENT_REMEMBER_OPTIONS) != NULL;
    if (!database->hosts_known) {
        host_list_init(&database->hosts, connection->options.host);
        database->hosts_known = true;
    }
    return good ? DATABASE_DONE : note_connection_failure(database, "database connection");
}

/* One connection, made ready for work. */
static enum database_result
open_session(struct database *database)
{
    enum database_result result = open_connection(database);

    if (result == DATABASE_DONE)
        result = set_session(database);
    if (result == DATABASE_DONE)
        result = check_schema(database);
    if (result == DATABASE_DONE)
        result = prepare_all(database);
    if (result == DATABASE_DONE) {
        log_write(database->settings.log, LOG_LEVEL_INFO, "connected to the database (%s)",
                  mysql_get_host_info(database->connection));
        database->error[0] = '\0';
        return DATABASE_DONE;
    }
    disconnect(database);
    /* A conflict while connecting is nothing that the caller's work could resolve. */
    return result == DATABASE_FAILED ? DATABASE_FAILED : DATABASE_UNAVAILABLE;
}

enum database_result
database_connect(struct database *database, struct deadline deadline)
{
    enum database_result result = DATABASE_UNAVAILABLE;
    size_t tried = 0;

    if (database->connection != NULL)
        return DATABASE_DONE;
    if (clock_monotonic_ms() < database->connect_again_at)
        return DATABASE_UNAVAILABLE;
    database->deadline = deadline;
    do {
        if (!fits(database))
            return note_no_time(database, "database connection");
        result = open_session(database);
        if (result == DATABASE_DONE || database->one_host)
            return result;
        host_list_next(&database->hosts);
    } while (++tried < database->hosts.count);
    database->connect_again_at = clock_monotonic_ms() + RECONNECT_PAUSE_MS;
    return result;
}

size_t
database_host_count(const struct database *database)
{
    return database->hosts.count;
}

const char *
database_use_host(struct database *database, size_t number)
{
    disconnect(database);
    database->one_host = true;
    database->connect_again_at = 0;
    database->hosts.current = number;
    return host_list_current(&database->hosts);
}

static MYSQL_STMT *
handle_of(const struct database *database, const struct statement *statement)
{
    for (size_t i = 0; i < database->prepared_count; i++) {
        if (database->prepared[i] == statement)
            return database->handles[i];
    }
    return NULL;
}

/* Takes the first row of the result that is current; 0, or the error. */
static int
take_row(MYSQL_STMT *handle, MYSQL_BIND *columns, size_t *rows)
{
    int fetched;

    if (columns == NULL || mysql_stmt_bind_result(handle, columns))
        return 1;
    /* All of it first: an error that comes behind a row would go unseen otherwise. */
    if (mysql_stmt_store_result(handle) != 0)
        return 1;
    *rows = (size_t)mysql_stmt_num_rows(handle);
    fetched = mysql_stmt_fetch(handle);
    mysql_stmt_free_result(handle);
    return fetched == 0 || fetched == MYSQL_NO_DATA ? 0 : 1;
}

/*
 * A duplicate is an answer, with which the unit of work goes on: not within a transaction that the
 * failed statement began. A compound statement rolls back by its handler, but a KILL QUERY that
 * comes at the wrong moment keeps the handler from running, and the error is still the first one.
 */
static enum database_result
end_failed(struct database *database, enum database_result result)
{
    if (result == DATABASE_DUPLICATE && mysql_rollback(database->connection) != 0)
        return note_connection_failure(database, "rollback");
    return result;
}

enum database_result
database_execute(struct database *database, const struct statement *statement,
                 MYSQL_BIND *parameters, MYSQL_BIND *columns, size_t *rows)
{
    MYSQL_STMT *handle = handle_of(database, statement);
    int more = 0;

    *rows = 0;
    if (handle == NULL) {
        return fault(database, "%s was not prepared", statement->name);
    }
    if (!fits(database))
        return note_no_time(database, statement->name);
    if (mysql_stmt_bind_param(handle, parameters) || mysql_stmt_execute(handle) != 0)
        goto failed;
    if (mysql_stmt_field_count(handle) == 0)
        *rows = (size_t)mysql_stmt_affected_rows(handle);
    else if (take_row(handle, columns, rows) != 0)
        goto failed;
    /* A compound statement ends with a result of its own, which may still be an error. */
    while ((more = mysql_stmt_next_result(handle)) == 0)
        ;
    if (more > 0)
        goto failed;
    return DATABASE_DONE;

failed:
    if (mysql_stmt_errno(handle) != 0)
        return end_failed(database,
                          note_failure(database, statement->name, mysql_stmt_errno(handle),
                                       mysql_stmt_error(handle)));
    return fault(database, "%s: a result that does not fit its columns", statement->name);
}

/* Sleeps before the next try: longer each time, and not as long as another worker's. */
static void
back_off(struct database *database, int tries)
{
    int64_t pause = BACKOFF_FIRST_MS;

    for (int i = 1; i < tries && pause < BACKOFF_MAX_MS; i++)
        pause *= 2;
    clock_sleep_ms(pause / 2 + (int64_t)((unsigned)rand_r(&database->random) % (pause / 2 + 1)));
}

/*
 * After a failed statement no transaction may be left open, whatever the server made of it. A
 * server that closed an idle connection is as good as any; another failure is a reason to turn to
 * the next one.
 */
static void
clear_transaction(struct database *database, enum database_result result)
{
    /* The units of work leave nothing open between two statements. */
    if (database->connection == NULL || result == DATABASE_DONE || database->out_of_time)
        return;
    if (result != DATABASE_UNAVAILABLE && mysql_rollback(database->connection) == 0)
        return;
    disconnect(database);
    if (database->error_number != CR_SERVER_GONE_ERROR)
        host_list_next(&database->hosts);
}

/*
 * What was done within a transaction that is still open is not done. No statement leaves one
 * behind; should it happen all the same, the connection ends with it, and the work is done again.
 */
static enum database_result
refuse_open_transaction(struct database *database, enum database_result result)
{
    if (result != DATABASE_DONE ||
        (database->connection->server_status & SERVER_STATUS_IN_TRANS) == 0)
        return result;
    set_error(database, "a transaction was left open");
    log_write(database->settings.log, LOG_LEVEL_ERROR, "%s", database->error);
    return DATABASE_UNAVAILABLE;
}

/* The work, once; *in_doubt is set when something was sent whose outcome is not known. */
static enum database_result
try_work(struct database *database, struct deadline deadline, database_work *work, void *arg,
         bool *in_doubt)
{
    enum database_result result;

    if (database_connect(database, deadline) != DATABASE_DONE)
        return DATABASE_UNAVAILABLE;
    database->deadline = deadline;
    database->out_of_time = false;
    result = refuse_open_transaction(database, work(database, arg));
    clear_transaction(database, result);
    *in_doubt = *in_doubt || result == DATABASE_UNAVAILABLE;
    return result;
}

/* What is left to say when the tries have come to an end without success. */
static enum database_result
give_up(struct database *database, enum database_result result, int tries)
{
    if (result != DATABASE_FAILED) /* that has been logged where it happened */
        log_write(database->settings.log, LOG_LEVEL_WARNING, "gave up after %d %s: %s", tries,
                  tries == 1 ? "try" : "tries", database->error);
    if (result == DATABASE_DUPLICATE || result == DATABASE_CONFLICT)
        return DATABASE_UNAVAILABLE;
    return result;
}

enum database_result
database_run(struct database *database, struct deadline deadline, database_work *work, void *arg)
{
    enum database_result result = DATABASE_UNAVAILABLE;
    bool in_doubt = false;
    int lock_waits = 0;
    int tries = 0;

    database->deadline = deadline;
    if (!fits(database))
        result = note_no_time(database, "database");
    while (tries < TRIES_MAX && fits(database)) {
        tries++;
        result = try_work(database, deadline, work, arg, &in_doubt);
        if (result == DATABASE_DONE)
            return result;
        lock_waits += result == DATABASE_LOCKED;
        if (result == DATABASE_FAILED || lock_waits == LOCK_WAITS_MAX ||
            (result == DATABASE_UNAVAILABLE && !in_doubt))
            break;
        /* The server may have closed an idle connection: the first reconnect need not wait. */
        if (tries == 1 && result == DATABASE_UNAVAILABLE)
            database->connect_again_at = 0;
        else
            back_off(database, tries);
    }
    return give_up(database, result, tries);
}

enum store_result
store_result_of(enum database_result result, enum store_result found)
{
    switch (result) {
    case DATABASE_DONE:
        return found;
    case DATABASE_LOCKED:
        return STORE_LOCKED;
    case DATABASE_UNAVAILABLE:
        return STORE_UNAVAILABLE;
    case DATABASE_DUPLICATE:
    case DATABASE_CONFLICT:
    case DATABASE_FAILED:
        break;
    }
    return STORE_FAILED;
}

enum database_result
database_script(struct database *database, const char *sql)
{
    MYSQL *connection = database->connection;
    enum database_result result = DATABASE_DONE;
    char what[32];
    int number = 1;
    int more;

    if (mysql_set_server_option(connection, MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0)
        return note_connection_failure(database, "multiple statements");
    more = mysql_query(connection, sql) == 0 ? 0 : 1;
    while (more == 0) {
        mysql_free_result(mysql_store_result(connection));
        number++;
        more = mysql_next_result(connection);
    }
    if (more > 0) {
        snprintf(what, sizeof what, "statement %d", number);
        result = note_connection_failure(database, what);
    }
    if (mysql_set_server_option(connection, MYSQL_OPTION_MULTI_STATEMENTS_OFF) != 0 &&
        result == DATABASE_DONE)
        result = note_connection_failure(database, "multiple statements");
    return result;
}

enum database_result
database_query(struct database *database, const char *sql, database_row *row, void *arg)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW values;

    if (mysql_query(database->connection, sql) != 0)
        return note_connection_failure(database, "query");
    result = mysql_store_result(database->connection);
    if (result == NULL)
        return mysql_errno(database->connection) == 0 ? DATABASE_DONE
                                                      : note_connection_failure(database, "query");
    while ((values = mysql_fetch_row(result)) != NULL)
        row(arg, values, mysql_fetch_lengths(result));
    mysql_free_result(result);
    return DATABASE_DONE;
}
