/*
 * Connector/C, in place of the real one: connections to the simulated server, and what can go wrong
 * on the way. What the program calls and is not here, the linker tells.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errmsg.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connector.h"
#include "server.h"
#include "store/binding.h"

#define ANSWER_MS 2000 /* after so long an answer is given up: database_timeout */

struct connection_handle {
    MYSQL mysql; /* first: the program sees this */
    struct session *session;
    unsigned error;
    struct result result; /* of the last text */
};

struct statement_handle {
    struct connection_handle *connection;
    const struct sql *sql;
    MYSQL_BIND *parameters, *columns;
    unsigned bulk;
    unsigned error;
    struct result result;
    size_t next; /* row to be fetched */
};

static int64_t down_until; /* the server is out of reach */

void
connector_clear(void)
{
    down_until = 0;
    sessions_clear();
}

void
connector_outage(int64_t ms)
{
    story("the database is killed, for %lld ms", (long long)ms);
    session_close_all();
    down_until = world_now() + ms;
}

static struct connection_handle *
handle_of(MYSQL *mysql)
{
    return (struct connection_handle *)mysql;
}

static struct statement_handle *
statement_of(MYSQL_STMT *statement)
{
    return (struct statement_handle *)statement;
}

static void
note_status(struct connection_handle *handle)
{
    if (handle->session != NULL && handle->session->transaction != NULL &&
        !handle->session->transaction->is_over)
        handle->mysql.server_status |= SERVER_STATUS_IN_TRANS;
    else
        handle->mysql.server_status &= ~(unsigned)SERVER_STATUS_IN_TRANS;
}

/* What becomes of a statement. */
enum fate {
    FATE_DONE,
    FATE_NEVER_SENT,  /* the connection is lost before */
    FATE_ANSWER_LOST, /* it is lost behind it */
    FATE_LATE,        /* given up; the server carries it out all the same, some time */
    FATE_DEADLOCK,    /* with somebody who is not here */
    FATE_TIME_LIMIT,
};

static enum fate
fate_of(bool works_with_rows)
{
    /* Nothing is as hard as a COMMIT of which nobody knows. */
    if (!chance(works_with_rows ? trouble.database : 3 * trouble.database))
        return FATE_DONE;
    switch (chance_below(works_with_rows ? 5 : 3)) {
    case 0:
        return FATE_NEVER_SENT;
    case 1:
        return FATE_ANSWER_LOST;
    case 2:
        return FATE_LATE;
    case 3:
        return FATE_TIME_LIMIT;
    default:
        return FATE_DEADLOCK;
    }
}

/* A statement whose client has given it up. */
struct late {
    struct session *session;
    const struct sql *sql;
    struct parameters parameters;
};

static void
run_late(void *arg)
{
    struct late *late = arg;
    struct result result;
    unsigned error = 0;

    if (!session_is_gone(late->session))
        error = server_execute(late->session, late->sql, &late->parameters, &result);
    story("a statement that was given up ends with %u", error);
    session_close(late->session);
}

static void
begin_late(void *arg)
{
    struct late *late = arg;

    late->session->process = world_add(PROCESS_SERVER, "late statement", run_late, late);
}

static unsigned
leave_behind(struct session *session, const struct sql *sql, const struct parameters *parameters)
{
    struct late *late = world_memory(sizeof *late);

    *late = (struct late){.session = session, .sql = sql, .parameters = *parameters};
    session->process = NULL; /* it goes on without its client */
    world_later(world_now() + chance_between(0, 4000), begin_late, late);
    world_sleep(world_now() + ANSWER_MS);
    return CR_SERVER_LOST;
}

static const char *
describe(const struct sql *sql)
{
    static char text[80];
    static const char *const words[] = {
        [SQL_NOTHING] = "setting", [SQL_SELECT] = "SELECT",     [SQL_INSERT] = "INSERT",
        [SQL_UPDATE] = "UPDATE",   [SQL_DELETE] = "DELETE",     [SQL_START] = "START",
        [SQL_COMMIT] = "COMMIT",   [SQL_ROLLBACK] = "ROLLBACK", [SQL_ISOLATION] = "isolation",
        [SQL_BLOCK] = "block",     [SQL_DECLARE] = "DECLARE",   [SQL_SET] = "SET",
        [SQL_IF] = "IF",
    };

    snprintf(text, sizeof text, "%s%s%s", words[sql->kind], sql->from_count > 0 ? " " : "",
             sql->from_count > 0 ? sql->from[0].table : "");
    return text;
}

/* Sends a statement and waits for its answer: 0 or the error. */
static unsigned
send(struct connection_handle *handle, const struct sql *sql, const struct parameters *parameters,
     struct result *result)
{
    enum fate fate = fate_of(sql->kind == SQL_SELECT || sql->kind == SQL_INSERT ||
                             sql->kind == SQL_UPDATE || sql->kind == SQL_DELETE);
    struct session *session = handle->session;
    unsigned error;

    memset(result, 0, sizeof *result);
    if (session == NULL)
        return CR_SERVER_GONE_ERROR;
    world_step();
    if (session_is_gone(session))
        return session_is_gone(session) && chance(500) ? CR_SERVER_GONE_ERROR : CR_SERVER_LOST;
    if (fate == FATE_NEVER_SENT || fate == FATE_LATE) {
        story("%s: %s", describe(sql), fate == FATE_LATE ? "no answer in time" : "lost on the way");
        handle->session = NULL;
        if (fate == FATE_LATE)
            return leave_behind(session, sql, parameters);
        session_close(session);
        return CR_SERVER_LOST;
    }
    if (fate == FATE_DEADLOCK || fate == FATE_TIME_LIMIT) {
        story("%s: %s", describe(sql), fate == FATE_DEADLOCK ? "deadlock" : "too long");
        if (fate == FATE_DEADLOCK && session->transaction != NULL) {
            transaction_roll_back(session->transaction);
            session->transaction = NULL;
        }
        return fate == FATE_DEADLOCK ? ERROR_DEADLOCK : ERROR_TIME_LIMIT;
    }
    error = server_execute(session, sql, parameters, result);
    story("%s: %zu rows, %zu changed, error %u", describe(sql), result->count, result->affected,
          error);
    world_step();
    if (fate == FATE_ANSWER_LOST || session->is_closed) {
        story("%s: the answer is lost", describe(sql));
        if (!session->is_closed)
            session_close(session);
        handle->session = NULL;
        return CR_SERVER_LOST;
    }
    return error;
}

/* Of the connection. */

MYSQL *
mysql_init(MYSQL *mysql)
{
    struct connection_handle *handle = calloc(1, sizeof *handle);

    (void)mysql;
    return handle != NULL ? &handle->mysql : NULL;
}

int
mysql_optionsv(MYSQL *mysql, enum mysql_option option, ...)
{
    (void)mysql;
    (void)option;
    return 0;
}

MYSQL *
mysql_real_connect(MYSQL *mysql, const char *host, const char *user, const char *password,
                   const char *database, unsigned port, const char *socket, unsigned long flags)
{
    struct connection_handle *handle = handle_of(mysql);

    (void)host, (void)user, (void)password, (void)database, (void)port, (void)socket, (void)flags;
    world_step();
    if (world_now() < down_until) {
        handle->error = CR_CONNECTION_ERROR;
        return NULL;
    }
    handle->session = session_open();
    story("connected to the database");
    return mysql;
}

void
mysql_close(MYSQL *mysql)
{
    struct connection_handle *handle = handle_of(mysql);

    if (handle == NULL)
        return;
    if (handle->session != NULL)
        session_close(handle->session);
    free(handle);
}

int
mysql_set_character_set(MYSQL *mysql, const char *name)
{
    (void)mysql;
    (void)name;
    return 0;
}

int
mysql_set_server_option(MYSQL *mysql, enum enum_mysql_set_option option)
{
    (void)mysql;
    (void)option;
    return 0;
}

char *
mysql_get_host_info(MYSQL *mysql)
{
    static char name[] = "simulated";

    (void)mysql;
    return name;
}

unsigned
mysql_errno(MYSQL *mysql)
{
    return handle_of(mysql)->error;
}

const char *
mysql_error(MYSQL *mysql)
{
    (void)mysql;
    return "simulated";
}

static void
add_number(struct result *result, int64_t number)
{
    result->rows = world_memory(sizeof(struct value *)); // NOLINT(bugprone-sizeof-expression)
    result->rows[0] = world_memory(sizeof **result->rows);
    result->rows[0][0] = value_number(number);
    result->count = 1;
    result->columns = 1;
}

static const struct sql *
read(const char *text)
{
    const char *error = NULL;
    const struct sql *sql = sql_read(text, &error);

    if (sql == NULL) {
        fprintf(stderr, "simulation: SQL that cannot be read, at \"%.60s\": %s\n", error, text);
        exit(3);
    }
    return sql;
}

static unsigned
run_text(struct connection_handle *handle, const char *text)
{
    static const struct parameters none;

    memset(&handle->result, 0, sizeof handle->result);
    if (strncmp(text, "SHOW TABLES", 11) == 0) {
        add_number(&handle->result, 1);
        return 0;
    }
    if (strstr(text, "information_schema") != NULL) { /* is it a cluster? */
        add_number(&handle->result, 0);
        return 0;
    }
    if (strncmp(text, "SET SESSION", 11) == 0)
        return 0;
    return send(handle, read(text), &none, &handle->result);
}

int
mysql_query(MYSQL *mysql, const char *text)
{
    struct connection_handle *handle = handle_of(mysql);

    handle->error = run_text(handle, text);
    note_status(handle);
    return handle->error != 0;
}

unsigned long long
mysql_affected_rows(MYSQL *mysql)
{
    return handle_of(mysql)->result.affected;
}

my_bool
mysql_commit(MYSQL *mysql)
{
    return (my_bool)mysql_query(mysql, "COMMIT");
}

my_bool
mysql_rollback(MYSQL *mysql)
{
    return (my_bool)mysql_query(mysql, "ROLLBACK");
}

MYSQL_RES *
mysql_store_result(MYSQL *mysql)
{
    struct connection_handle *handle = handle_of(mysql);
    struct statement_handle *result;

    if (handle->result.columns == 0)
        return NULL;
    result = calloc(1, sizeof *result);
    if (result == NULL)
        abort();
    result->result = handle->result;
    return (MYSQL_RES *)result;
}

MYSQL_ROW
mysql_fetch_row(MYSQL_RES *taken)
{
    struct statement_handle *result = (struct statement_handle *)taken;
    char **texts = world_memory((result->result.columns + 1) * sizeof *texts);

    if (result->next == result->result.count)
        return NULL;
    for (size_t i = 0; i < result->result.columns; i++) {
        const struct value *value = &result->result.rows[result->next][i];
        char *text = NULL;

        if (value->kind != VALUE_NULL) {
            text = world_memory(value->length + 24);
            if (value->kind == VALUE_NUMBER)
                snprintf(text, 24, "%lld", (long long)value->number);
            else
                memcpy(text, value->bytes, value->length);
        }
        texts[i] = text;
    }
    result->next++;
    return texts;
}

unsigned long *
mysql_fetch_lengths(MYSQL_RES *result)
{
    (void)result;
    return NULL;
}

void
mysql_free_result(MYSQL_RES *result)
{
    free(result);
}

int
mysql_next_result(MYSQL *mysql)
{
    (void)mysql;
    return -1;
}

/* Of prepared statements. */

MYSQL_STMT *
mysql_stmt_init(MYSQL *mysql)
{
    struct statement_handle *statement = calloc(1, sizeof *statement);

    if (statement != NULL)
        statement->connection = handle_of(mysql);
    return (MYSQL_STMT *)statement;
}

int
mysql_stmt_prepare(MYSQL_STMT *handle, const char *text, unsigned long length)
{
    struct statement_handle *statement = statement_of(handle);

    (void)length;
    statement->sql = read(text);
    statement->error =
        statement->connection->session == NULL || session_is_gone(statement->connection->session)
            ? CR_SERVER_LOST
            : 0;
    return statement->error != 0;
}

unsigned
mysql_stmt_errno(MYSQL_STMT *statement)
{
    return statement_of(statement)->error;
}

const char *
mysql_stmt_error(MYSQL_STMT *statement)
{
    (void)statement;
    return "simulated";
}

my_bool
mysql_stmt_close(MYSQL_STMT *statement)
{
    free(statement);
    return 0;
}

unsigned long
mysql_stmt_param_count(MYSQL_STMT *statement)
{
    return statement_of(statement)->sql->parameters;
}

unsigned
mysql_stmt_field_count(MYSQL_STMT *handle)
{
    struct statement_handle *statement = statement_of(handle);

    if (statement->sql->kind == SQL_SELECT)
        return (unsigned)statement->sql->count;
    return (unsigned)statement->result.columns;
}

my_bool
mysql_stmt_attr_set(MYSQL_STMT *statement, enum enum_stmt_attr_type attribute, const void *value)
{
    if (attribute == STMT_ATTR_ARRAY_SIZE)
        statement_of(statement)->bulk = *(const unsigned *)value;
    return 0;
}

my_bool
mysql_stmt_bind_param(MYSQL_STMT *statement, MYSQL_BIND *parameters)
{
    statement_of(statement)->parameters = parameters;
    return 0;
}

static struct value
value_of(const MYSQL_BIND *bind, bool is_bulk, size_t row)
{
    const void *buffer = bind->buffer;
    bool is_null = bind->buffer_type == MYSQL_TYPE_NULL;
    unsigned long length = bind->buffer_length;

    if (is_bulk && bind->u.indicator != NULL && bind->u.indicator[row] == STMT_INDICATOR_NULL)
        is_null = true;
    if (is_null)
        return (struct value){.kind = VALUE_NULL};
    if (bind->buffer_type == MYSQL_TYPE_LONGLONG)
        return value_number(((const int64_t *)buffer)[is_bulk ? row : 0]);
    if (is_bulk) {
        buffer = ((const void *const *)buffer)[row];
        if (bind->length != NULL)
            length = bind->length[row];
    }
    if (bind->buffer_type == MYSQL_TYPE_DATETIME)
        return value_number(time_from_column(buffer));
    if (bind->buffer_type != MYSQL_TYPE_STRING) {
        fprintf(stderr, "simulation: a parameter of a type that is not known here\n");
        exit(3);
    }
    return value_bytes(buffer, length);
}

static struct parameters
take_parameters(struct statement_handle *statement)
{
    size_t count = statement->sql->parameters;
    size_t rows = statement->bulk > 0 ? statement->bulk : 1;
    struct value *values = world_memory(rows * count * sizeof *values + 1);

    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < count; j++)
            values[i * count + j] = value_of(&statement->parameters[j], statement->bulk > 0, i);
    }
    return (struct parameters){.values = values, .count = count, .bulk = statement->bulk};
}

int
mysql_stmt_execute(MYSQL_STMT *handle)
{
    struct statement_handle *statement = statement_of(handle);
    struct parameters parameters = take_parameters(statement);

    statement->bulk = 0;
    statement->next = 0;
    statement->error = send(statement->connection, statement->sql, &parameters, &statement->result);
    note_status(statement->connection);
    return statement->error != 0;
}

unsigned long long
mysql_stmt_affected_rows(MYSQL_STMT *statement)
{
    return statement_of(statement)->result.affected;
}

my_bool
mysql_stmt_bind_result(MYSQL_STMT *statement, MYSQL_BIND *columns)
{
    statement_of(statement)->columns = columns;
    return 0;
}

int
mysql_stmt_store_result(MYSQL_STMT *statement)
{
    (void)statement;
    return 0;
}

unsigned long long
mysql_stmt_num_rows(MYSQL_STMT *statement)
{
    return statement_of(statement)->result.count;
}

/* True when all of the value fits. */
static bool
write_column(const struct value *value, MYSQL_BIND *bind)
{
    if (bind->is_null != NULL)
        *bind->is_null = value->kind == VALUE_NULL;
    if (value->kind == VALUE_NULL)
        return true;
    if (bind->buffer_type == MYSQL_TYPE_LONGLONG) {
        memcpy(bind->buffer, &value->number, sizeof value->number);
        return true;
    }
    if (bind->buffer_type == MYSQL_TYPE_DATETIME) {
        MYSQL_TIME time = time_to_column(value->number);

        memcpy(bind->buffer, &time, sizeof time);
        return true;
    }
    *bind->length = (unsigned long)value->length;
    if (value->length > bind->buffer_length)
        return false;
    memcpy(bind->buffer, value->bytes, value->length);
    return true;
}

int
mysql_stmt_fetch(MYSQL_STMT *handle)
{
    struct statement_handle *statement = statement_of(handle);
    bool fits = true;

    if (statement->next == statement->result.count)
        return MYSQL_NO_DATA;
    for (size_t i = 0; i < statement->result.columns; i++)
        fits = write_column(&statement->result.rows[statement->next][i], &statement->columns[i]) &&
               fits;
    statement->next++;
    return fits ? 0 : MYSQL_DATA_TRUNCATED;
}

my_bool
mysql_stmt_free_result(MYSQL_STMT *statement)
{
    (void)statement;
    return 0;
}

int
mysql_stmt_next_result(MYSQL_STMT *statement)
{
    (void)statement;
    return -1;
}
