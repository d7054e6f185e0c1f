/*
 * SQL: the statements of the program, read as far as the program's statements need it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sql.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXTS_MAX 512

static void *
allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (memory == NULL)
        abort();
    return memory;
}

void
lexer_begin(struct lexer *lexer, const char *text)
{
    *lexer = (struct lexer){.at = text, .whole = text};
    lexer_next(lexer);
}

static void
skip_space(struct lexer *lexer)
{
    for (;;) {
        while (isspace((unsigned char)*lexer->at))
            lexer->at++;
        if (strncmp(lexer->at, "--", 2) != 0)
            return;
        lexer->at += strcspn(lexer->at, "\n");
    }
}

void
lexer_next(struct lexer *lexer)
{
    const char *at;

    skip_space(lexer);
    at = lexer->at;
    lexer->start = at;
    if (*at == '\0') {
        lexer->kind = TOKEN_END;
    } else if (*at == '\'') {
        lexer->kind = TOKEN_TEXT;
        lexer->start++;
        lexer->length = strcspn(at + 1, "'");
        lexer->at += lexer->length + 2;
        return;
    } else if (isdigit((unsigned char)*at)) {
        lexer->kind = TOKEN_NUMBER;
        at += strspn(at, "0123456789");
    } else if (isalpha((unsigned char)*at) || *at == '_' || *at == '@') {
        lexer->kind = TOKEN_WORD;
        while (isalnum((unsigned char)*at) || *at == '_' || *at == '@')
            at++;
    } else {
        lexer->kind = TOKEN_SIGN;
        at += strncmp(at, "<>", 2) == 0 || strncmp(at, "<=", 2) == 0 || strncmp(at, ">=", 2) == 0 ||
                      strncmp(at, "!=", 2) == 0
                  ? 2
                  : 1;
    }
    lexer->length = (size_t)(at - lexer->start);
    lexer->at = at;
}

bool
lexer_is(const struct lexer *lexer, const char *word)
{
    return (lexer->kind == TOKEN_WORD || lexer->kind == TOKEN_SIGN) &&
           strlen(word) == lexer->length && strncasecmp(lexer->start, word, lexer->length) == 0;
}

bool
lexer_skip(struct lexer *lexer, const char *word)
{
    if (!lexer_is(lexer, word))
        return false;
    lexer_next(lexer);
    return true;
}

void
lexer_expect(struct lexer *lexer, const char *word)
{
    if (!lexer_skip(lexer, word))
        lexer->failed = true;
}

char *
lexer_copy(struct lexer *lexer)
{
    char *text = allocate(lexer->length + 1);

    memcpy(text, lexer->start, lexer->length);
    if (lexer->kind == TOKEN_END)
        lexer->failed = true;
    else
        lexer_next(lexer);
    return text;
}

static struct expression *
new_expression(enum expression_kind kind)
{
    struct expression *expression = allocate(sizeof *expression);

    expression->kind = kind;
    expression->source = -1;
    return expression;
}

static struct expression *
new_call(const char *name, struct expression *first, struct expression *second)
{
    struct expression *expression = new_expression(EXPRESSION_CALL);

    expression->text = allocate(strlen(name) + 1);
    strcpy(expression->text, name);
    expression->arguments[0] = first;
    expression->arguments[1] = second;
    expression->count = second != NULL ? 2 : 1;
    return expression;
}

/* How many "?" were read so far: of the statement in hand. */
static unsigned parameters;

static struct expression *read_or(struct lexer *lexer);
static void read_select(struct lexer *lexer, struct sql *sql);

static void
read_arguments(struct lexer *lexer, struct expression *call)
{
    if (lexer_skip(lexer, "*")) { /* COUNT(*) */
        lexer_expect(lexer, ")");
        return;
    }
    while (!lexer->failed && !lexer_skip(lexer, ")")) {
        if (call->count == sizeof call->arguments / sizeof call->arguments[0])
            lexer->failed = true;
        else
            call->arguments[call->count++] = read_or(lexer);
        if (!lexer_skip(lexer, ","))
            lexer->failed = lexer->failed || !lexer_is(lexer, ")");
    }
}

static struct expression *
read_primary(struct lexer *lexer)
{
    struct expression *expression;

    if (lexer->failed)
        return new_expression(EXPRESSION_NULL);
    if (lexer_skip(lexer, "(")) {
        if (lexer_skip(lexer, "SELECT")) {
            expression = new_expression(EXPRESSION_SELECT);
            expression->select = allocate(sizeof *expression->select);
            read_select(lexer, expression->select);
        } else {
            expression = read_or(lexer);
        }
        lexer_expect(lexer, ")");
        return expression;
    }
    if (lexer_skip(lexer, "?")) {
        expression = new_expression(EXPRESSION_PARAMETER);
        expression->number = parameters++;
        return expression;
    }
    if (lexer_skip(lexer, "NULL"))
        return new_expression(EXPRESSION_NULL);
    if (lexer->kind == TOKEN_NUMBER) {
        expression = new_expression(EXPRESSION_NUMBER);
        expression->number = strtoll(lexer->start, NULL, 10);
        lexer_next(lexer);
        return expression;
    }
    expression = new_expression(lexer->kind == TOKEN_TEXT ? EXPRESSION_TEXT : EXPRESSION_NAME);
    if (lexer->kind == TOKEN_SIGN || lexer->kind == TOKEN_END) {
        lexer->failed = true;
        return expression;
    }
    expression->text = lexer_copy(lexer);
    if (expression->kind == EXPRESSION_TEXT)
        return expression;
    if (lexer_skip(lexer, ".")) {
        expression->from = expression->text;
        expression->text = lexer_copy(lexer);
    } else if (lexer_skip(lexer, "(")) {
        expression->kind = EXPRESSION_CALL;
        read_arguments(lexer, expression);
    }
    return expression;
}

/* INTERVAL n SECOND: as milliseconds. */
static struct expression *
read_interval(struct lexer *lexer)
{
    struct expression *amount = read_primary(lexer);
    struct expression *unit;

    if (lexer_skip(lexer, "MICROSECOND"))
        return new_call("div1000", amount, NULL);
    unit = new_expression(EXPRESSION_NUMBER);
    unit->number = 1000;
    if (lexer_skip(lexer, "MINUTE"))
        unit->number *= 60;
    else if (lexer_skip(lexer, "HOUR"))
        unit->number *= 3600;
    else if (lexer_skip(lexer, "DAY"))
        unit->number *= 86400;
    else
        lexer_expect(lexer, "SECOND");
    return new_call("*", amount, unit);
}

static struct expression *
read_sum(struct lexer *lexer)
{
    static const char *const signs[] = {"+", "-", "*"};
    struct expression *left = read_primary(lexer);

    for (;;) {
        const char *sign = NULL;

        for (size_t i = 0; i < 3; i++) {
            if (lexer_is(lexer, signs[i]))
                sign = signs[i];
        }
        if (sign == NULL || lexer->failed)
            return left;
        lexer_next(lexer);
        left = new_call(sign, left,
                        lexer_skip(lexer, "INTERVAL") ? read_interval(lexer) : read_primary(lexer));
    }
}

static struct expression *
read_comparison(struct lexer *lexer)
{
    static const char *const signs[] = {"=", "<>", "!=", "<=", ">=", "<", ">"};
    struct expression *left = read_sum(lexer);
    bool is_not;

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (lexer_skip(lexer, signs[i]))
            return new_call(strcmp(signs[i], "!=") == 0 ? "<>" : signs[i], left, read_sum(lexer));
    }
    if (lexer_skip(lexer, "IS")) {
        is_not = lexer_skip(lexer, "NOT");
        lexer_expect(lexer, "NULL");
        left = new_call("isnull", left, NULL);
        return is_not ? new_call("not", left, NULL) : left;
    }
    is_not = lexer_skip(lexer, "NOT");
    if (lexer_skip(lexer, "IN")) {
        left = new_call("in", left, NULL);
        lexer_expect(lexer, "(");
        read_arguments(lexer, left);
    } else if (lexer_skip(lexer, "BETWEEN")) {
        struct expression *least = read_sum(lexer);

        lexer_expect(lexer, "AND");
        left = new_call("and", new_call(">=", left, least), new_call("<=", left, read_sum(lexer)));
    } else if (lexer_skip(lexer, "RLIKE") || lexer_skip(lexer, "LIKE")) {
        left = new_call("like", left, read_sum(lexer));
    }
    return is_not ? new_call("not", left, NULL) : left;
}

static struct expression *
read_not(struct lexer *lexer)
{
    return lexer_skip(lexer, "NOT") ? new_call("not", read_not(lexer), NULL)
                                    : read_comparison(lexer);
}

static struct expression *
read_and(struct lexer *lexer)
{
    struct expression *left = read_not(lexer);

    while (!lexer->failed && lexer_skip(lexer, "AND"))
        left = new_call("and", left, read_not(lexer));
    return left;
}

static struct expression *
read_or(struct lexer *lexer)
{
    struct expression *left = read_and(lexer);

    while (!lexer->failed && lexer_skip(lexer, "OR"))
        left = new_call("or", left, read_and(lexer));
    return left;
}

struct expression *
sql_read_expression(struct lexer *lexer)
{
    struct expression *expression = read_or(lexer);

    return lexer->failed ? NULL : expression;
}

static void read_select(struct lexer *lexer, struct sql *sql);
static void read_end(struct lexer *lexer, struct sql *sql);

/* What is in the brackets of a derived table. */
static struct sql *
read_union(struct lexer *lexer)
{
    struct sql *all = allocate(sizeof *all);
    struct sql **last = &all->then;

    all->kind = SQL_SELECT;
    do {
        *last = allocate(sizeof **last);
        lexer_expect(lexer, "(");
        lexer_expect(lexer, "SELECT");
        read_select(lexer, *last);
        lexer_expect(lexer, ")");
        last = &(*last)->next;
    } while (!lexer->failed && lexer_skip(lexer, "UNION") && lexer_skip(lexer, "ALL"));
    read_end(lexer, all);
    lexer_expect(lexer, ")");
    return all;
}

static void
read_from(struct lexer *lexer, struct sql *sql)
{
    struct sql_from *from = &sql->from[sql->from_count++];

    if (lexer_skip(lexer, "("))
        from->derived = read_union(lexer);
    from->table = from->alias = lexer_copy(lexer);
    if (lexer_skip(lexer, ".")) /* information_schema */
        from->table = from->alias = lexer_copy(lexer);
    if (lexer_skip(lexer, "AS") ||
        (lexer->kind == TOKEN_WORD && !lexer_is(lexer, "WHERE") && !lexer_is(lexer, "FORCE") &&
         !lexer_is(lexer, "JOIN") && !lexer_is(lexer, "STRAIGHT_JOIN") && !lexer_is(lexer, "SET") &&
         !lexer_is(lexer, "ORDER") && !lexer_is(lexer, "LIMIT") && !lexer_is(lexer, "FOR") &&
         !lexer_is(lexer, "ON")))
        from->alias = lexer_copy(lexer);
    if (lexer_skip(lexer, "FORCE")) {
        lexer_expect(lexer, "INDEX");
        lexer_expect(lexer, "(");
        from->index = lexer_copy(lexer);
        lexer_expect(lexer, ")");
    }
}

static void
read_end(struct lexer *lexer, struct sql *sql)
{
    if (lexer_skip(lexer, "WHERE"))
        sql->where = read_or(lexer);
    if (lexer_skip(lexer, "ORDER")) {
        lexer_expect(lexer, "BY");
        do {
            if (sql->order_count == 4) {
                lexer->failed = true;
                return;
            }
            sql->order[sql->order_count] = read_or(lexer);
            sql->descending[sql->order_count++] = lexer_skip(lexer, "DESC");
            (void)lexer_skip(lexer, "ASC");
        } while (lexer_skip(lexer, ","));
    }
    if (lexer_skip(lexer, "LIMIT"))
        sql->limit = read_primary(lexer);
    if (lexer_skip(lexer, "FOR")) {
        lexer_expect(lexer, "UPDATE");
        sql->for_update = true;
        if (lexer_skip(lexer, "SKIP")) {
            lexer_expect(lexer, "LOCKED");
            sql->skip_locked = true;
        }
    }
}

static void
read_select(struct lexer *lexer, struct sql *sql)
{
    sql->kind = SQL_SELECT;
    do {
        if (sql->count == SQL_COLUMNS_MAX) {
            lexer->failed = true;
            return;
        }
        sql->items[sql->count] = read_or(lexer);
        if (lexer_skip(lexer, "AS"))
            sql->columns[sql->count] = lexer_copy(lexer);
        sql->count++;
    } while (!lexer->failed && lexer_skip(lexer, ","));
    if (lexer_skip(lexer, "FROM")) {
        read_from(lexer, sql);
        while (!lexer->failed && sql->from_count < SQL_FROM_MAX &&
               (lexer_skip(lexer, "JOIN") || lexer_skip(lexer, "STRAIGHT_JOIN"))) {
            read_from(lexer, sql);
            lexer_expect(lexer, "ON");
            sql->from[sql->from_count - 1].on = read_or(lexer);
        }
    }
    read_end(lexer, sql);
}

static void
read_insert(struct lexer *lexer, struct sql *sql)
{
    size_t values = 0;

    sql->kind = SQL_INSERT;
    sql->ignore = lexer_skip(lexer, "IGNORE");
    lexer_expect(lexer, "INTO");
    sql->from[0].table = lexer_copy(lexer);
    sql->from_count = 1;
    lexer_expect(lexer, "(");
    do {
        if (sql->count == SQL_COLUMNS_MAX)
            lexer->failed = true;
        else
            sql->columns[sql->count++] = lexer_copy(lexer);
    } while (!lexer->failed && lexer_skip(lexer, ","));
    lexer_expect(lexer, ")");
    /* INSERT ... SELECT: of one row at most. */
    if (lexer_skip(lexer, "SELECT")) {
        sql->then = allocate(sizeof *sql->then);
        read_select(lexer, sql->then);
        lexer->failed = lexer->failed || sql->then->count != sql->count;
        return;
    }
    lexer_expect(lexer, "VALUES");
    lexer_expect(lexer, "(");
    do {
        if (values == sql->count)
            lexer->failed = true;
        else
            sql->items[values++] = read_or(lexer);
    } while (!lexer->failed && lexer_skip(lexer, ","));
    lexer_expect(lexer, ")");
    lexer->failed = lexer->failed || values != sql->count;
}

static void
read_update(struct lexer *lexer, struct sql *sql)
{
    sql->kind = SQL_UPDATE;
    read_from(lexer, sql);
    lexer_expect(lexer, "SET");
    do {
        if (sql->count == SQL_COLUMNS_MAX) {
            lexer->failed = true;
            return;
        }
        sql->columns[sql->count] = lexer_copy(lexer);
        lexer_expect(lexer, "=");
        sql->items[sql->count++] = read_or(lexer);
    } while (!lexer->failed && lexer_skip(lexer, ","));
    read_end(lexer, sql);
}

static struct sql *read_statement(struct lexer *lexer);

/* Statements up to one of these words, which is left. */
static struct sql *
read_list(struct lexer *lexer, const char *end, const char *other_end)
{
    struct sql *first = NULL;
    struct sql **last = &first;

    while (!lexer->failed && !lexer_is(lexer, end) && !lexer_is(lexer, other_end)) {
        *last = read_statement(lexer);
        last = &(*last)->next;
        lexer_expect(lexer, ";");
    }
    return first;
}

static void
read_if(struct lexer *lexer, struct sql *sql)
{
    sql->kind = SQL_IF;
    sql->where = read_or(lexer);
    lexer_expect(lexer, "THEN");
    sql->then = read_list(lexer, "ELSE", "END");
    if (lexer_skip(lexer, "ELSE"))
        sql->otherwise = read_list(lexer, "END", "END");
    lexer_expect(lexer, "END");
    lexer_expect(lexer, "IF");
}

/* The handler of all of the program's blocks is the same one: it rolls back and tells the error. */
static void
read_declare(struct lexer *lexer, struct sql *sql)
{
    static const char *const handler[] = {
        "HANDLER", "FOR", "SQLEXCEPTION", "BEGIN", "ROLLBACK", ";", "RESIGNAL", ";", "END"};

    if (lexer_skip(lexer, "EXIT")) {
        sql->kind = SQL_NOTHING;
        for (size_t i = 0; i < sizeof handler / sizeof handler[0]; i++)
            lexer_expect(lexer, handler[i]);
        return;
    }
    sql->kind = SQL_DECLARE;
    sql->text = lexer_copy(lexer);
    lexer_next(lexer); /* its type */
    if (lexer_skip(lexer, "("))
        while (!lexer->failed && !lexer_skip(lexer, ")"))
            lexer_next(lexer);
    sql->value = lexer_skip(lexer, "DEFAULT") ? read_or(lexer) : new_expression(EXPRESSION_NULL);
}

static void
read_begin(struct lexer *lexer, struct sql *sql)
{
    sql->kind = SQL_BLOCK;
    lexer_expect(lexer, "NOT");
    lexer_expect(lexer, "ATOMIC");
    sql->then = read_list(lexer, "END", "END");
    lexer_expect(lexer, "END");
}

static void
read_set(struct lexer *lexer, struct sql *sql)
{
    if (lexer_skip(lexer, "TRANSACTION")) {
        sql->kind = SQL_ISOLATION;
        lexer_expect(lexer, "ISOLATION");
        lexer_expect(lexer, "LEVEL");
        sql->text = lexer_copy(lexer);
        if (lexer_is(lexer, "COMMITTED") || lexer_is(lexer, "UNCOMMITTED"))
            sql->text = lexer_copy(lexer);
        return;
    }
    if (lexer_skip(lexer, "SESSION")) {
        sql->kind = SQL_NOTHING;
        lexer->kind = TOKEN_END;
        return;
    }
    sql->kind = SQL_SET;
    sql->text = lexer_copy(lexer);
    lexer_expect(lexer, "=");
    sql->value = read_or(lexer);
}

static struct sql *
read_statement(struct lexer *lexer)
{
    struct sql *sql = allocate(sizeof *sql);

    if (lexer_skip(lexer, "SELECT")) {
        read_select(lexer, sql);
    } else if (lexer_skip(lexer, "INSERT")) {
        read_insert(lexer, sql);
    } else if (lexer_skip(lexer, "UPDATE")) {
        read_update(lexer, sql);
    } else if (lexer_skip(lexer, "DELETE")) {
        sql->kind = SQL_DELETE;
        lexer_expect(lexer, "FROM");
        read_from(lexer, sql);
        read_end(lexer, sql);
    } else if (lexer_skip(lexer, "START")) {
        sql->kind = SQL_START;
        lexer_expect(lexer, "TRANSACTION");
    } else if (lexer_skip(lexer, "COMMIT")) {
        sql->kind = SQL_COMMIT;
    } else if (lexer_skip(lexer, "ROLLBACK")) {
        sql->kind = SQL_ROLLBACK;
    } else if (lexer_skip(lexer, "SET")) {
        read_set(lexer, sql);
    } else if (lexer_skip(lexer, "IF")) {
        read_if(lexer, sql);
    } else if (lexer_skip(lexer, "DECLARE")) {
        read_declare(lexer, sql);
    } else if (lexer_skip(lexer, "BEGIN")) {
        read_begin(lexer, sql);
    } else {
        lexer->failed = true;
    }
    return sql;
}

const struct sql *
sql_read(const char *text, const char **error)
{
    static struct {
        char *text;
        const struct sql *sql;
    } known[TEXTS_MAX];
    static size_t count;
    struct lexer lexer;
    struct sql *sql;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(known[i].text, text) == 0)
            return known[i].sql;
    }
    lexer_begin(&lexer, text);
    parameters = 0;
    sql = read_statement(&lexer);
    sql->parameters = parameters;
    if (lexer.failed || lexer.kind != TOKEN_END || count == TEXTS_MAX) {
        *error = lexer.start;
        free(sql);
        return NULL;
    }
    known[count].text = allocate(strlen(text) + 1);
    strcpy(known[count].text, text);
    known[count++].sql = sql;
    return sql;
}
