/*
 * The schema: the tables as the migrations in sql/ leave them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"
#include "world.h"

static struct table tables[TABLES_MAX];
static size_t table_count;
static int versions[64]; /* the numbers of the migrations */
static size_t version_count;

struct table *
tables_find(const char *name)
{
    for (size_t i = 0; i < table_count; i++) {
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    }
    return NULL;
}

static void
skip_if_not_exists(struct lexer *lexer)
{
    if (lexer_skip(lexer, "IF")) {
        (void)lexer_skip(lexer, "NOT");
        lexer_expect(lexer, "EXISTS");
    }
}

static void
read_columns(struct lexer *lexer, const struct table *table, int *columns, size_t *count)
{
    *count = 0;
    lexer_expect(lexer, "(");
    do {
        char *name = lexer_copy(lexer);

        if (*count == KEY_COLUMNS_MAX || table_column(table, name) < 0)
            lexer->failed = true;
        else
            columns[(*count)++] = table_column(table, name);
        (void)lexer_skip(lexer, "DESC");
    } while (!lexer->failed && lexer_skip(lexer, ","));
    lexer_expect(lexer, ")");
}

static struct key_definition *
read_key(struct lexer *lexer, struct table *table, bool is_unique)
{
    struct key_definition *key = &table->keys[table->key_count++];

    (void)lexer_skip(lexer, "KEY");
    (void)lexer_skip(lexer, "INDEX");
    skip_if_not_exists(lexer);
    key->name = lexer_is(lexer, "(") ? NULL : lexer_copy(lexer);
    key->is_unique = is_unique;
    read_columns(lexer, table, key->columns, &key->count);
    return key;
}

static void
read_type(struct lexer *lexer, struct column_definition *column)
{
    char *type = lexer_copy(lexer);
    size_t words = 0;

    column->is_number = strstr(type, "INT") != NULL || strcmp(type, "BOOLEAN") == 0;
    column->is_time = strcmp(type, "DATETIME") == 0;
    if (!lexer_skip(lexer, "("))
        return;
    while (!lexer->failed && !lexer_skip(lexer, ")")) {
        if (lexer->kind == TOKEN_NUMBER && !column->is_number && !column->is_time)
            column->size = (size_t)strtoul(lexer->start, NULL, 10);
        if (lexer->kind == TOKEN_TEXT && words < 15)
            column->words[words++] = lexer_copy(lexer);
        else
            lexer_next(lexer);
        (void)lexer_skip(lexer, ",");
    }
    /* Characters, and up to four bytes each. */
    if (strcmp(type, "VARCHAR") == 0 || strcmp(type, "CHAR") == 0)
        column->size *= 4;
}

static void
read_initial(struct lexer *lexer, struct column_definition *column)
{
    if (lexer->kind == TOKEN_NUMBER) {
        column->initial = value_number(strtoll(lexer->start, NULL, 10));
        lexer_next(lexer);
    } else if (lexer->kind == TOKEN_TEXT) {
        column->initial = value_text(lexer_copy(lexer));
    } else {
        lexer_expect(lexer, "NULL");
    }
}

static void read_check(struct lexer *lexer, struct table *table, char *name);

static void
read_column(struct lexer *lexer, struct table *table)
{
    struct column_definition column = {.name = lexer_copy(lexer)};

    read_type(lexer, &column);
    for (;;) {
        if (lexer_skip(lexer, "NOT")) {
            lexer_expect(lexer, "NULL");
            column.not_null = true;
        } else if (lexer_skip(lexer, "CHARACTER")) {
            lexer_expect(lexer, "SET");
            if (lexer_is(lexer, "ascii"))
                column.size /= 4;
            lexer_next(lexer);
        } else if (lexer_skip(lexer, "COLLATE") || lexer_skip(lexer, "COMMENT") ||
                   lexer_skip(lexer, "AFTER")) {
            lexer_next(lexer);
        } else if (lexer_skip(lexer, "DEFAULT")) {
            read_initial(lexer, &column);
        } else if (!lexer_skip(lexer, "UNSIGNED") && !lexer_skip(lexer, "NULL")) {
            break;
        }
    }
    if (table_column(table, column.name) < 0)
        table->columns[table->column_count++] = column;
    if (lexer_is(lexer, "CHECK"))
        read_check(lexer, table, column.name);
}

static void
read_check(struct lexer *lexer, struct table *table, char *name)
{
    lexer_expect(lexer, "CHECK");
    lexer_expect(lexer, "(");
    table->check_names[table->check_count] = name;
    table->checks[table->check_count++] = sql_read_expression(lexer);
    lexer_expect(lexer, ")");
}

static void
read_constraint(struct lexer *lexer, struct table *table)
{
    struct foreign_key *foreign = &table->foreign_keys[table->foreign_key_count];
    char *name;

    skip_if_not_exists(lexer);
    name = lexer_copy(lexer);
    if (lexer_is(lexer, "CHECK")) {
        read_check(lexer, table, name);
        return;
    }
    lexer_expect(lexer, "FOREIGN");
    lexer_expect(lexer, "KEY");
    skip_if_not_exists(lexer);
    read_columns(lexer, table, foreign->columns, &foreign->count);
    lexer_expect(lexer, "REFERENCES");
    foreign->parent = lexer_copy(lexer);
    lexer_expect(lexer, "(");
    while (!lexer->failed && !lexer_skip(lexer, ")"))
        lexer_next(lexer);
    while (lexer_skip(lexer, "ON")) { /* DELETE, UPDATE */
        lexer_next(lexer);
        lexer_next(lexer);
    }
    table->foreign_key_count++;
}

static void
read_definition(struct lexer *lexer, struct table *table)
{
    if (lexer_skip(lexer, "PRIMARY")) {
        read_key(lexer, table, true)->name = strdup("PRIMARY");
    } else if (lexer_skip(lexer, "UNIQUE")) {
        read_key(lexer, table, true);
    } else if (lexer_is(lexer, "KEY") || lexer_is(lexer, "INDEX")) {
        read_key(lexer, table, false);
    } else if (lexer_skip(lexer, "CONSTRAINT")) {
        read_constraint(lexer, table);
    } else if (lexer_is(lexer, "CHECK")) {
        read_check(lexer, table, strdup("?"));
    } else {
        (void)lexer_skip(lexer, "COLUMN");
        skip_if_not_exists(lexer);
        read_column(lexer, table);
    }
}

static void
skip_statement(struct lexer *lexer)
{
    while (lexer->kind != TOKEN_END && !lexer_is(lexer, ";"))
        lexer_next(lexer);
}

static void
read_create(struct lexer *lexer)
{
    struct table *table = &tables[table_count++];

    lexer_expect(lexer, "TABLE");
    skip_if_not_exists(lexer);
    table->name = lexer_copy(lexer);
    lexer_expect(lexer, "(");
    do {
        read_definition(lexer, table);
    } while (!lexer->failed && lexer_skip(lexer, ","));
    lexer_expect(lexer, ")");
    skip_statement(lexer);
}

static void
drop_key(struct table *table, const char *name)
{
    for (size_t i = 0; i < table->key_count; i++) {
        if (strcmp(table->keys[i].name, name) == 0)
            table->keys[i] = table->keys[--table->key_count];
    }
}

static void
drop_constraint(struct table *table, const char *name)
{
    for (size_t i = 0; i < table->check_count; i++) {
        if (strcmp(table->check_names[i], name) == 0) {
            table->checks[i] = table->checks[--table->check_count];
            table->check_names[i] = table->check_names[table->check_count];
        }
    }
}

static void
read_change(struct lexer *lexer, struct table *table)
{
    if (lexer_skip(lexer, "ADD")) {
        read_definition(lexer, table);
    } else if (lexer_skip(lexer, "DROP")) {
        bool is_key = lexer_skip(lexer, "KEY") || lexer_skip(lexer, "INDEX");

        if (!is_key && !lexer_skip(lexer, "CONSTRAINT"))
            lexer_expect(lexer, "CHECK");
        skip_if_not_exists(lexer);
        if (is_key)
            drop_key(table, lexer_copy(lexer));
        else
            drop_constraint(table, lexer_copy(lexer));
    } else if (lexer_skip(lexer, "MODIFY")) {
        struct column_definition column = {.name = NULL};
        int place;

        (void)lexer_skip(lexer, "COLUMN");
        skip_if_not_exists(lexer);
        column.name = lexer_copy(lexer);
        place = table_column(table, column.name);
        read_type(lexer, &column);
        /* A longer ENUM or VARCHAR: the rest stays as it is. */
        if (place >= 0) {
            memcpy(table->columns[place].words, column.words, sizeof column.words);
            table->columns[place].size = column.size;
        }
        while (lexer->kind != TOKEN_END && !lexer_is(lexer, ",") && !lexer_is(lexer, ";"))
            lexer_next(lexer);
    } else { /* ALGORITHM=INSTANT, LOCK=NONE */
        lexer_next(lexer);
        lexer_expect(lexer, "=");
        lexer_next(lexer);
    }
}

static void
read_alter(struct lexer *lexer)
{
    struct table *table;

    lexer_expect(lexer, "TABLE");
    if (lexer_skip(lexer, "IF"))
        lexer_expect(lexer, "EXISTS");
    table = tables_find(lexer_copy(lexer));
    if (table == NULL) {
        lexer->failed = true;
        return;
    }
    do {
        read_change(lexer, table);
    } while (!lexer->failed && lexer_skip(lexer, ","));
}

/* What changes rows has none to change; but for schema_version, see tables_clear(). */
static void
read_migration(struct lexer *lexer)
{
    while (!lexer->failed && lexer->kind != TOKEN_END) {
        if (lexer_skip(lexer, "CREATE"))
            read_create(lexer);
        else if (lexer_skip(lexer, "ALTER"))
            read_alter(lexer);
        else
            skip_statement(lexer);
        (void)lexer_skip(lexer, ";");
    }
}

static int
is_migration(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return strspn(entry->d_name, "0123456789") == 4 && length > 4 &&
           strcmp(entry->d_name + length - 4, ".sql") == 0;
}

static void
read_file(const char *folder, const char *name)
{
    static char text[65536];
    char path[4096];
    struct lexer lexer;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    lexer_begin(&lexer, text);
    read_migration(&lexer);
    if (lexer.failed) {
        fprintf(stderr, "simulation: %s: cannot be read from here on: %.60s\n", path, lexer.start);
        exit(2);
    }
    versions[version_count++] = (int)strtol(name, NULL, 10);
}

void
tables_read_schema(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_migration, alphasort);

    if (count <= 0) {
        fprintf(stderr, "simulation: no migrations in %s\n", folder);
        exit(2);
    }
    for (int i = 0; i < count; i++) {
        read_file(folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

void
tables_clear(void)
{
    struct table *version_table = tables_find("schema_version");
    struct transaction *transaction = transaction_begin(REPEATABLE_READ);

    for (size_t i = 0; i < table_count; i++) {
        tables[i].rows = NULL;
        tables[i].rows_end = &tables[i].rows;
    }
    for (size_t i = 0; i < version_count; i++) {
        struct value *values = world_memory(version_table->column_count * sizeof *values);

        values[table_column(version_table, "version")] = value_number(versions[i]);
        values[table_column(version_table, "started_at")] = value_number(world_wall());
        values[table_column(version_table, "completed_at")] = value_number(world_wall());
        row_new(version_table, transaction, values);
    }
    transaction_commit(transaction);
}
