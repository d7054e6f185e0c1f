/*
 * The server: sessions, and what a statement does in one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server.h"

#include <string.h>
#include <strings.h>

#include "evaluate.h"
#include "work.h"

static struct session *sessions;

void
sessions_clear(void)
{
    sessions = NULL;
}

struct session *
session_open(void)
{
    struct session *session = world_memory(sizeof *session);

    session->process = world_current();
    session->next = sessions;
    sessions = session;
    return session;
}

void
session_close(struct session *session)
{
    if (session->transaction != NULL && !session->transaction->is_over)
        transaction_roll_back(session->transaction);
    if (session->own != NULL && !session->own->is_over)
        transaction_roll_back(session->own);
    session->transaction = NULL;
    session->is_closed = true;
}

void
session_close_of(const struct process *process)
{
    for (struct session *session = sessions; session != NULL; session = session->next) {
        if (session->process == process && !session->is_closed)
            session_close(session);
    }
}

void
session_close_all(void)
{
    for (struct session *session = sessions; session != NULL; session = session->next) {
        if (!session->is_closed)
            session_close(session);
    }
}

bool
session_is_gone(struct session *session)
{
    if (session->transaction != NULL && session->transaction->quiet_since != 0 &&
        transaction_is_abandoned(session->transaction))
        session->is_closed = true;
    return session->is_closed;
}

static unsigned execute(struct work *work, const struct sql *sql);

static void
set_variable(struct scope *scope, const struct sql *sql)
{
    for (size_t i = 0; i < scope->variable_count; i++) {
        if (strcmp(scope->variable_names[i], sql->text) == 0) {
            scope->variables[i] = evaluate(scope, sql->value);
            return;
        }
    }
    scope->variable_names[scope->variable_count] = sql->text;
    scope->variables[scope->variable_count] = evaluate(scope, sql->value);
    scope->variable_count++;
}

static unsigned
execute_list(struct work *work, const struct sql *sql)
{
    unsigned error = 0;

    for (; sql != NULL && error == 0; sql = sql->next)
        error = execute(work, sql);
    return error;
}

static struct transaction *
begin(struct session *session)
{
    enum isolation isolation = session->has_isolation ? session->isolation : REPEATABLE_READ;

    session->has_isolation = false;
    return transaction_begin(isolation);
}

static unsigned
end(struct session *session, bool commits)
{
    if (session->transaction != NULL && !session->transaction->is_over) {
        if (commits)
            transaction_commit(session->transaction);
        else
            transaction_roll_back(session->transaction);
    }
    session->transaction = NULL;
    return 0;
}

/* One that works with rows: in the session's transaction, or in one of its own. */
static unsigned
execute_rows(struct work *work, const struct sql *sql)
{
    struct session *session = work->session;
    bool alone = session->transaction == NULL;
    const struct change *mark;
    unsigned error;

    work->transaction = alone ? begin(session) : session->transaction;
    session->own = alone ? work->transaction : NULL;
    work->transaction->quiet_since = 0;
    mark = work->transaction->changes;
    if (sql->kind == SQL_SELECT) {
        error = select_rows(work, sql);
    } else if (sql->kind == SQL_INSERT) {
        error = insert(work, sql);
        session->row_count = (int64_t)work->result->affected;
    } else {
        size_t before = work->result->affected;

        error = change_rows(work, sql);
        session->row_count = (int64_t)(work->result->affected - before);
    }
    work->scope.row_count = session->row_count;
    if (error != 0 && !work->transaction->is_over)
        transaction_undo(work->transaction, mark);
    if (alone && !work->transaction->is_over) {
        if (error == 0)
            transaction_commit(work->transaction);
        else
            transaction_roll_back(work->transaction);
    }
    work->transaction->quiet_since = world_now();
    session->own = NULL;
    if (work->transaction->is_over)
        session->transaction = NULL;
    return error;
}

static unsigned
execute(struct work *work, const struct sql *sql)
{
    struct session *session = work->session;

    switch (sql->kind) {
    case SQL_NOTHING:
        break;
    case SQL_SELECT:
    case SQL_INSERT:
    case SQL_UPDATE:
    case SQL_DELETE:
        return execute_rows(work, sql);
    case SQL_START:
        end(session, true);
        session->transaction = begin(session);
        break;
    case SQL_COMMIT:
        return end(session, true);
    case SQL_ROLLBACK:
        return end(session, false);
    case SQL_ISOLATION:
        session->has_isolation = true;
        session->isolation = strcasecmp(sql->text, "COMMITTED") == 0     ? READ_COMMITTED
                             : strcasecmp(sql->text, "UNCOMMITTED") == 0 ? READ_UNCOMMITTED
                                                                         : REPEATABLE_READ;
        break;
    case SQL_BLOCK: {
        unsigned error = execute_list(work, sql->then);

        if (error != 0)
            end(session, false);
        return error;
    }
    case SQL_DECLARE:
    case SQL_SET:
        set_variable(&work->scope, sql);
        break;
    case SQL_IF:
        return execute_list(work, is_true(&work->scope, sql->where) ? sql->then : sql->otherwise);
    }
    return 0;
}

/* One row of parameters after the other: an INSERT is one statement, others are many. */
static unsigned
execute_bulk(struct work *work, const struct sql *sql, const struct parameters *parameters)
{
    struct session *session = work->session;
    bool alone = session->transaction == NULL && sql->kind == SQL_INSERT;
    const struct change *mark = NULL;
    unsigned error = 0;

    if (alone)
        session->transaction = begin(session);
    if (session->transaction != NULL)
        mark = session->transaction->changes;
    for (size_t i = 0; i < parameters->bulk && error == 0; i++) {
        work->scope.parameters = parameters->values + i * parameters->count;
        error = execute(work, sql);
    }
    if (error != 0 && sql->kind == SQL_INSERT && session->transaction != NULL &&
        !session->transaction->is_over)
        transaction_undo(session->transaction, mark);
    if (alone)
        end(session, error == 0);
    return error;
}

unsigned
server_execute(struct session *session, const struct sql *sql, const struct parameters *parameters,
               struct result *result)
{
    struct work work = {.session = session, .result = result};

    memset(result, 0, sizeof *result);
    if (session_is_gone(session))
        return ERROR_GONE;
    work.scope.parameters = parameters->values;
    if (parameters->bulk > 0)
        return execute_bulk(&work, sql, parameters);
    return execute(&work, sql);
}
