/*
 * SELECT, and which rows a statement is about.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "evaluate.h"
#include "work.h"
#include "world.h"

static const struct table *derive(struct work *work, const struct sql_from *from);

struct table *
table_of(const struct sql *sql, size_t place)
{
    struct table *table = tables_find(sql->from[place].table);

    if (table == NULL) {
        fprintf(stderr, "simulation: there is no table %s\n", sql->from[place].table);
        exit(3);
    }
    return table;
}

void
set_sources(struct work *work, const struct sql *sql)
{
    struct scope *scope = &work->scope;
    const struct table *tables[SQL_FROM_MAX];

    for (size_t i = 0; i < sql->from_count; i++)
        tables[i] = sql->from[i].derived != NULL ? derive(work, &sql->from[i]) : table_of(sql, i);
    scope->sql = sql;
    scope->reader = work->transaction;
    scope->source_count = sql->from_count;
    for (size_t i = 0; i < sql->from_count; i++) {
        scope->tables[i] = tables[i];
        scope->rows[i] = NULL;
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
add_values(struct result *result, struct value *values)
{
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

static void
add_row(struct work *work, const struct sql *sql)
{
    struct value *values = world_memory(sql->count * sizeof *values);

    for (size_t i = 0; i < sql->count; i++)
        values[i] = evaluate(&work->scope, sql->items[i]);
    add_values(work->result, values);
}

/* qsort(3) hands nothing over. */
static const struct sql *sorted;
static const struct key_definition *sorted_primary; /* NULL: the order of equals is not asked for */

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
    /* As an index has them. */
    for (size_t i = 0; sorted_primary != NULL && i < sorted_primary->count; i++) {
        int column = sorted_primary->columns[i];
        int order = value_compare(&first->values[0][column], &second->values[0][column]);

        if (order != 0)
            return order;
    }
    return first->row < second->row ? -1 : first->row > second->row;
}

static void
sort(const struct sql *sql, const struct table *table, struct found *found, size_t count)
{
    if (sql->order_count == 0 || count < 2)
        return;
    sorted = sql;
    sorted_primary = table_key(table, "PRIMARY");
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

struct found *
examine(struct work *work, const struct sql *sql, size_t *count)
{
    struct table *table = table_of(sql, 0);
    struct found *found = world_memory((count_rows(table) + 1) * sizeof *found);

    *count = 0;
    for (struct row *row = table->rows; row != NULL; row = row->next) {
        work->scope.rows[0] = row_possible(row, work->transaction);
        if (work->scope.rows[0] == NULL)
            continue;
        if (sql->where != NULL && !is_examined(&work->scope, sql->where, index_of(sql)))
            continue;
        for (size_t i = 0; i < sql->order_count; i++)
            found[*count].keys[i] = evaluate(&work->scope, sql->order[i]);
        found[*count].values[0] = work->scope.rows[0];
        found[(*count)++].row = row;
    }
    sort(sql, table, found, *count);
    return found;
}

unsigned
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

size_t
limit_of(struct work *work, const struct sql *sql)
{
    return sql->limit == NULL ? SIZE_MAX : (size_t)evaluate(&work->scope, sql->limit).number;
}

/* Could another transaction have its place in the index locked? */
static bool
is_placed_by_other(const struct row *row, const struct transaction *transaction, int column)
{
    const struct value *before = row->version != NULL ? row->version->values : NULL;

    return row_is_edge(row, transaction) ||
           (row_is_locked(row, transaction) &&
            (before == NULL || row->is_deleted ||
             (row->pending != NULL && !value_equal(&before[column], &row->pending[column]))));
}

/* The first row behind a range of the index of what is due: of "column <= ?" in its order. */
static void
lock_edge(struct work *work, const struct sql *sql)
{
    struct table *table = table_of(sql, 0);
    int column = table_column(table, sql->order[0]->text);
    struct row *edge = NULL;
    const struct value *values = NULL;

    for (struct row *row = table->rows; row != NULL; row = row->next) {
        const struct value *there = row_uncommitted(row);

        work->scope.rows[0] = there;
        if (there == NULL || there[column].kind == VALUE_NULL ||
            is_true(&work->scope, sql->where) || is_placed_by_other(row, work->transaction, column))
            continue;
        if (values == NULL || value_compare(&there[column], &values[column]) < 0 ||
            (value_equal(&there[column], &values[column]) &&
             value_compare(&there[0], &values[0]) < 0)) {
            edge = row;
            values = there;
        }
    }
    if (edge != NULL && !row_is_edge(edge, work->transaction))
        edge->edge = work->transaction;
}

/* One that another transaction holds. Where an index led to it, its place there is locked first,
 * and stays so. */
static bool
is_skipped(struct work *work, const struct sql *sql, struct row *row)
{
    int column;

    if (row_is_edge(row, work->transaction))
        return true;
    if (!row_is_locked(row, work->transaction))
        return false;
    if (strcmp(index_of(sql)->name, "PRIMARY") == 0)
        return true;
    column = table_column(table_of(sql, 0), sql->order[0]->text);
    if (!is_placed_by_other(row, work->transaction, column))
        row->edge = work->transaction;
    return true;
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

        if (sql->skip_locked && is_skipped(work, sql, found[i].row))
            continue;
        error = lock_examined(work, sql, found[i].row, &wanted);
        if (error != 0)
            return error;
        if (wanted)
            add_row(work, sql);
    }
    if (sql->skip_locked && strcmp(index_of(sql)->name, "PRIMARY") != 0 &&
        work->result->count < limit)
        lock_edge(work, sql);
    return 0;
}

static bool
is_count(const struct sql *sql)
{
    return sql->count == 1 && sql->items[0]->kind == EXPRESSION_CALL &&
           strcasecmp(sql->items[0]->text, "COUNT") == 0;
}

/* A row of all tables together. */
static void
take_joined(struct work *work, const struct sql *sql, struct found *found, size_t *count)
{
    if (sql->where != NULL && !is_true(&work->scope, sql->where))
        return;
    for (size_t i = 0; i < sql->order_count; i++)
        found[*count].keys[i] = evaluate(&work->scope, sql->order[i]);
    for (size_t i = 0; i < sql->from_count; i++)
        found[*count].values[i] = work->scope.rows[i];
    if (sql->order_count == 0 && !is_count(sql))
        add_row(work, sql);
    (*count)++;
}

static void
join(struct work *work, const struct sql *sql, size_t place, struct found *found, size_t *count)
{
    if (place == sql->from_count) {
        take_joined(work, sql, found, count);
        return;
    }
    for (struct row *row = work->scope.tables[place]->rows; row != NULL; row = row->next) {
        work->scope.rows[place] = row_seen(row, work->transaction);
        if (work->scope.rows[place] == NULL)
            continue;
        if (place > 0 && !is_true(&work->scope, sql->from[place].on))
            continue;
        if (place == 0)
            found[*count].row = row;
        join(work, sql, place + 1, found, count);
    }
    work->scope.rows[place] = NULL;
}

unsigned
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
    /* Of a join each row of the first table has one of the others at most. */
    found = world_memory(((sql->from_count > 0 ? count_rows(work->scope.tables[0]) : 0) + 1) *
                         sizeof *found);
    join(work, sql, 0, found, &count);
    if (is_count(sql)) {
        struct value *values = world_memory(sizeof *values);

        values[0] = value_number((int64_t)count);
        add_values(work->result, values);
    }
    if (sql->order_count > 0) {
        sort(sql, work->scope.tables[0], found, count);
        for (size_t i = 0; i < count && i < limit; i++) {
            for (size_t j = 0; j < sql->from_count; j++)
                work->scope.rows[j] = found[i].values[j];
            add_row(work, sql);
        }
    }
    if (work->result->count > limit)
        work->result->count = limit;
    return 0;
}

static int
compare_rows(const void *a, const void *b)
{
    const struct value *const *first = a;
    const struct value *const *second = b;
    int order = value_compare(&(*first)[0], &(*second)[0]);

    return sorted->descending[0] ? -order : order;
}

/* The rows of a derived table: of one column, by which they are sorted. */
static const struct table *
derive(struct work *work, const struct sql_from *from)
{
    const struct sql *all = from->derived;
    struct table *table = world_memory(sizeof *table);
    struct result *outer = work->result;
    struct result result = {.rows = NULL};
    size_t limit = limit_of(work, all);

    table->name = from->alias;
    table->columns[0].name = all->then->columns[0];
    table->column_count = 1;
    table->rows_end = &table->rows;
    for (const struct sql *part = all->then; part != NULL; part = part->next) {
        struct result some = {.rows = NULL};

        work->result = &some;
        (void)select_rows(work, part);
        for (size_t i = 0; i < some.count; i++)
            add_values(&result, some.rows[i]);
    }
    work->result = outer;
    sorted = all;
    if (result.count > 1)
        qsort(result.rows, result.count, sizeof *result.rows, // NOLINT(bugprone-sizeof-expression)
              compare_rows);
    for (size_t i = 0; i < result.count && i < limit; i++) {
        struct row *row = world_memory(sizeof *row);

        row->version = world_memory(sizeof *row->version);
        row->version->values = result.rows[i];
        *table->rows_end = row;
        table->rows_end = &row->next;
    }
    return table;
}
