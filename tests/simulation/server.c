/*
 * The server: sessions, and what a statement does in one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "evaluate.h"

static struct session *sessions;

/* A statement under way. */
struct work {
    struct session *session;
    struct transaction *transaction;
    struct scope scope;
    struct result *result;
};

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

static struct table *
table_of(const struct sql *sql, size_t place)
{
    struct table *table = tables_find(sql->from[place].table);

    if (table == NULL) {
        fprintf(stderr, "simulation: there is no table %s\n", sql->from[place].table);
        exit(3);
    }
    return table;
}

static void
set_sources(struct work *work, const struct sql *sql)
{
    work->scope.sql = sql;
    work->scope.source_count = sql->from_count;
    for (size_t i = 0; i < sql->from_count; i++) {
        work->scope.tables[i] = table_of(sql, i);
        work->scope.rows[i] = NULL;
    }
}

/* The index by which the rows of an UPDATE, or those that are locked, are looked at. */
static const struct key_definition *
index_of(const struct sql *sql)
{
    const char *name = sql->from[0].index != NULL ? sql->from[0].index : "PRIMARY";

    return table_key(table_of(sql, 0), name);
}

static void
add_row(struct work *work, const struct sql *sql)
{
    struct result *result = work->result;
    struct value *values = world_memory(sql->count * sizeof *values);

    for (size_t i = 0; i < sql->count; i++)
        values[i] = evaluate(&work->scope, sql->items[i]);
    if (result->count == result->room) {
        struct value **rows;

        result->room = result->room == 0 ? 8 : 2 * result->room;
        rows = world_memory(result->room * sizeof *rows); // NOLINT(bugprone-sizeof-expression)
        for (size_t i = 0; i < result->count; i++)
            rows[i] = result->rows[i];
        result->rows = rows;
    }
    result->rows[result->count++] = values;
}

/* Rows that are to be sorted. */
struct found {
    struct row *row;
    const struct value *values;
    struct value keys[4];
};

static const struct sql *sorted; /* qsort(3) hands nothing over */

static int
compare_found(const void *a, const void *b)
{
    const struct found *first = a;
    const struct found *second = b;

    for (size_t i = 0; i < sorted->order_count; i++) {
        int order = value_compare(&first->keys[i], &second->keys[i]);

        if (order != 0)
            return sorted->descending[i] ? -order : order;
    }
    /* qsort(3) keeps no order by itself. */
    return first->row < second->row ? -1 : first->row > second->row;
}

static void
sort(const struct sql *sql, struct found *found, size_t count)
{
    if (sql->order_count == 0 || count < 2)
        return;
    sorted = sql;
    qsort(found, count, sizeof *found, compare_found);
}

static size_t
count_rows(const struct table *table)
{
    size_t count = 0;

    for (const struct row *row = table->rows; row != NULL; row = row->next)
        count++;
    return count;
}

/* The rows that a locking statement, an UPDATE or a DELETE looks at, in its order. */
static struct found *
examine(struct work *work, const struct sql *sql, size_t *count)
{
    struct table *table = table_of(sql, 0);
    struct found *found = world_memory((count_rows(table) + 1) * sizeof *found);

    *count = 0;
    for (struct row *row = table->rows; row != NULL; row = row->next) {
        work->scope.rows[0] = row_uncommitted(row);
        if (work->scope.rows[0] == NULL)
            continue;
        if (sql->where != NULL && !is_examined(&work->scope, sql->where, index_of(sql)))
            continue;
        for (size_t i = 0; i < sql->order_count; i++)
            found[*count].keys[i] = evaluate(&work->scope, sql->order[i]);
        found[(*count)++].row = row;
    }
    sort(sql, found, *count);
    return found;
}

/* Locks a row that was looked at; *wanted: it is one of those that are asked for, as it is now. */
static unsigned
lock_examined(struct work *work, const struct sql *sql, struct row *row, bool *wanted)
{
    bool had = row->owner == work->transaction;
    unsigned error = row_lock(table_of(sql, 0), row, work->transaction);

    *wanted = false;
    if (error != 0)
        return error;
    work->scope.rows[0] = row_latest(row, work->transaction);
    *wanted =
        work->scope.rows[0] != NULL && (sql->where == NULL || is_true(&work->scope, sql->where));
    if (!*wanted && !had && work->transaction->isolation != REPEATABLE_READ)
        row_unlock(row, work->transaction);
    return 0;
}

static size_t
limit_of(struct work *work, const struct sql *sql)
{
    return sql->limit == NULL ? SIZE_MAX : (size_t)evaluate(&work->scope, sql->limit).number;
}

static unsigned
select_locked(struct work *work, const struct sql *sql)
{
    size_t limit = limit_of(work, sql);
    size_t count;
    struct found *found = examine(work, sql, &count);

    for (size_t i = 0; i < count && work->result->count < limit; i++) {
        bool wanted;
        unsigned error;

        if (sql->skip_locked && row_is_locked(found[i].row, work->transaction))
            continue;
        error = lock_examined(work, sql, found[i].row, &wanted);
        if (error != 0)
            return error;
        if (wanted)
            add_row(work, sql);
    }
    return 0;
}

static void
join(struct work *work, const struct sql *sql, size_t place, struct found *found, size_t *count)
{
    struct table *table = place < sql->from_count ? table_of(sql, place) : NULL;

    if (table == NULL) {
        if (sql->where != NULL && !is_true(&work->scope, sql->where))
            return;
        for (size_t i = 0; i < sql->order_count; i++)
            found[*count].keys[i] = evaluate(&work->scope, sql->order[i]);
        if (sql->order_count == 0)
            add_row(work, sql);
        (*count)++;
        return;
    }
    for (struct row *row = table->rows; row != NULL; row = row->next) {
        work->scope.rows[place] = row_seen(row, work->transaction);
        if (work->scope.rows[place] == NULL)
            continue;
        if (place > 0 && !is_true(&work->scope, sql->from[place].on))
            continue;
        if (place == 0) {
            found[*count].row = row;
            found[*count].values = work->scope.rows[0];
        }
        join(work, sql, place + 1, found, count);
    }
    work->scope.rows[place] = NULL;
}

static unsigned
select_rows(struct work *work, const struct sql *sql)
{
    size_t count = 0;
    size_t limit;
    struct found *found;

    set_sources(work, sql);
    work->result->columns = sql->count;
    if (sql->for_update)
        return select_locked(work, sql);
    limit = limit_of(work, sql);
    found = world_memory(((sql->from_count > 0 ? count_rows(table_of(sql, 0)) : 0) + 1) *
                         sizeof *found);
    join(work, sql, 0, found, &count);
    if (sql->order_count > 0) {
        /* Of one table: a join is sorted by nothing that the program asks for. */
        sort(sql, found, count);
        for (size_t i = 0; i < count && i < limit; i++) {
            work->scope.rows[0] = found[i].values;
            add_row(work, sql);
        }
    }
    if (work->result->count > limit)
        work->result->count = limit;
    return 0;
}

static bool
is_word_of(const struct column_definition *column, const struct value *value)
{
    for (size_t i = 0; i < 16 && column->words[i] != NULL; i++) {
        if (strlen(column->words[i]) == value->length &&
            memcmp(column->words[i], value->bytes, value->length) == 0)
            return true;
    }
    return column->words[0] == NULL;
}

static unsigned
check_row(const struct table *table, const struct value *values)
{
    struct sql none = {.from_count = 1};
    struct scope scope = {.sql = &none, .tables = {table}, .rows = {values}, .source_count = 1};

    for (size_t i = 0; i < table->column_count; i++) {
        const struct column_definition *column = &table->columns[i];

        if (values[i].kind == VALUE_NULL && column->not_null)
            return ERROR_NULL;
        if (values[i].kind != VALUE_BYTES)
            continue;
        if (column->size > 0 && values[i].length > column->size)
            return ERROR_TOO_LONG;
        if (!is_word_of(column, &values[i]))
            return ERROR_NOT_IN_ENUM;
    }
    for (size_t i = 0; i < table->check_count; i++) {
        struct value value = evaluate(&scope, table->checks[i]);

        if (value.kind == VALUE_NUMBER && value.number == 0) {
            /* It is there for what no program does. */
            violation("a row of %s breaks %s", table->name, table->check_names[i]);
            return ERROR_CHECK;
        }
    }
    return 0;
}

static bool
has_key(const struct key_definition *key, const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < key->count; i++) {
        int column = key->columns[i];

        if (a[column].kind == VALUE_NULL || !value_equal(&a[column], &b[column]))
            return false;
    }
    return true;
}

/* Waits for others who have the key of the new row and may still give it up. */
static unsigned
check_keys(struct work *work, struct table *table, const struct value *values)
{
    for (size_t i = 0; i < table->key_count; i++) {
        const struct key_definition *key = &table->keys[i];

        for (struct row *row = table->rows; key->is_unique && row != NULL; row = row->next) {
            const struct value *there = row_uncommitted(row);
            unsigned error;

            if (there == NULL || !has_key(key, values, there))
                continue;
            error = transaction_wait(work->transaction, row);
            if (error != 0)
                return error;
            there = row_latest(row, work->transaction);
            if (there != NULL && has_key(key, values, there))
                return ERROR_DUPLICATE;
        }
    }
    return 0;
}

static unsigned
check_parents(struct work *work, const struct table *table, const struct value *values)
{
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        const struct foreign_key *foreign = &table->foreign_keys[i];
        struct table *parent = tables_find(foreign->parent);
        const struct key_definition *key = table_key(parent, "PRIMARY");
        bool found = values[foreign->columns[0]].kind == VALUE_NULL;

        for (struct row *row = parent->rows; !found && row != NULL; row = row->next) {
            const struct value *there = row_uncommitted(row);
            unsigned error;

            if (there == NULL ||
                !value_equal(&there[key->columns[0]], &values[foreign->columns[0]]))
                continue;
            error = transaction_wait(work->transaction, row);
            if (error != 0)
                return error;
            found = row_latest(row, work->transaction) != NULL;
        }
        if (!found)
            return ERROR_NO_PARENT;
    }
    return 0;
}

static unsigned
insert_values(struct work *work, const struct sql *sql, struct table *table, struct value *values)
{
    unsigned error = check_row(table, values);

    if (error == 0)
        error = check_keys(work, table, values);
    if (error == 0)
        error = check_parents(work, table, values);
    if (error == ERROR_DUPLICATE && sql->ignore)
        return 0;
    if (error != 0)
        return error;
    row_new(table, work->transaction, values);
    work->result->affected++;
    return 0;
}

static unsigned
insert(struct work *work, const struct sql *sql)
{
    struct table *table = table_of(sql, 0);
    struct value *values = world_memory(table->column_count * sizeof *values);
    const struct value *from = NULL;

    for (size_t i = 0; i < table->column_count; i++)
        values[i] = table->columns[i].initial;
    if (sql->then != NULL) {
        struct result rows = {.rows = NULL};
        struct result *result = work->result;
        unsigned error;

        work->result = &rows;
        error = select_rows(work, sql->then);
        work->result = result;
        if (error != 0 || rows.count == 0)
            return error;
        from = rows.rows[0];
    }
    for (size_t i = 0; i < sql->count; i++) {
        int column = table_column(table, sql->columns[i]);

        if (column < 0) {
            fprintf(stderr, "simulation: %s has no column %s\n", table->name, sql->columns[i]);
            exit(3);
        }
        values[column] = from != NULL ? from[i] : evaluate(&work->scope, sql->items[i]);
    }
    return insert_values(work, sql, table, values);
}

static unsigned
change_row(struct work *work, const struct sql *sql, struct table *table, struct row *row)
{
    const struct value *before = work->scope.rows[0];
    struct value *values;
    bool changed = false;
    unsigned error;

    work->result->affected += sql->kind == SQL_DELETE;
    if (sql->kind == SQL_DELETE) {
        row_write(table, row, work->transaction, NULL);
        return 0;
    }
    values = world_memory(table->column_count * sizeof *values);
    memcpy(values, before, table->column_count * sizeof *values);
    work->scope.rows[0] = values; /* from left to right, each sees those before it */
    for (size_t i = 0; i < sql->count; i++) {
        int column = table_column(table, sql->columns[i]);
        struct value value = evaluate(&work->scope, sql->items[i]);

        changed = changed || !value_equal(&value, &values[column]);
        values[column] = value;
    }
    if (!changed)
        return 0;
    error = check_row(table, values);
    if (error != 0)
        return error;
    row_write(table, row, work->transaction, values);
    work->result->affected++;
    return 0;
}

static unsigned
change_rows(struct work *work, const struct sql *sql)
{
    struct table *table = table_of(sql, 0);
    size_t limit;
    size_t count;
    size_t done = 0;
    struct found *found;

    set_sources(work, sql);
    limit = limit_of(work, sql);
    found = examine(work, sql, &count);
    for (size_t i = 0; i < count && done < limit; i++) {
        bool wanted;
        unsigned error = lock_examined(work, sql, found[i].row, &wanted);

        if (error == 0 && wanted)
            error = change_row(work, sql, table, found[i].row);
        if (error != 0)
            return error;
        done += wanted;
    }
    return 0;
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
