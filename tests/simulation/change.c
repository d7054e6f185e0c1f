/*
 * INSERT, UPDATE and DELETE, and what the tables ask of a row.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"
#include "work.h"
#include "world.h"

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

/* Could a key of the row that its owner has locked be another one after his commit or rollback? A
 * row that he only changed elsewhere keeps its place in the other indexes. */
static bool
may_give_up(const struct row *row, const struct key_definition *key)
{
    const struct value *before = row->version != NULL ? row->version->values : NULL;

    if (strcmp(key->name, "PRIMARY") == 0)
        return true;
    if (before == NULL || row->is_deleted)
        return true;
    return row->pending != NULL && !has_key(key, before, row->pending);
}

/* Waits for others who have the key of the new row and may still give it up. */
static unsigned
check_keys(struct work *work, struct table *table, const struct value *values)
{
    for (size_t i = 0; i < table->key_count; i++) {
        const struct key_definition *key = &table->keys[i];

        for (struct row *row = table->rows; key->is_unique && row != NULL; row = row->next) {
            const struct value *there = row_possible(row, work->transaction);
            unsigned error;

            if (there == NULL || !has_key(key, values, there))
                continue;
            error = may_give_up(row, key) ? transaction_wait(work->transaction, row) : 0;
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
            const struct value *there = row_possible(row, work->transaction);
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

unsigned
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

/* Is it found elsewhere by the index of what is due? */
static bool
changes_place(const struct table *table, const struct value *before, const struct value *after)
{
    int column = table_column(table, "look_at");

    return column >= 0 && !value_equal(&before[column], &after[column]);
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
    if (error == 0 && changes_place(table, before, values))
        error = row_wait_for_edge(row, work->transaction);
    if (error != 0)
        return error;
    row_write(table, row, work->transaction, values);
    work->result->affected++;
    return 0;
}

unsigned
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
