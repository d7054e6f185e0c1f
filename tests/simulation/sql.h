/*
 * SQL: the statements of the program, read as far as the program's statements need it. What cannot
 * be read is told when it is prepared, and ends the run.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_SQL_H
#define PAYMENT_API_SIMULATION_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SQL_COLUMNS_MAX 48
#define SQL_FROM_MAX 4

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_NUMBER,
    TOKEN_TEXT, /* 'text' */
    TOKEN_SIGN, /* ( ) , ; ? = <> ... */
};

struct lexer {
    const char *at;
    const char *whole;
    enum token_kind kind;
    const char *start; /* of the token; of a text behind its quote */
    size_t length;
    bool failed; /* something else came than was expected */
};

void lexer_begin(struct lexer *lexer, const char *text);
void lexer_next(struct lexer *lexer);
bool lexer_is(const struct lexer *lexer, const char *word); /* a word in any case, or a sign */
bool lexer_skip(struct lexer *lexer, const char *word);     /* the same, and goes on behind it */
void lexer_expect(struct lexer *lexer, const char *word);
char *lexer_copy(struct lexer *lexer); /* the token as text of its own; goes on behind it */

enum expression_kind {
    EXPRESSION_NULL,
    EXPRESSION_NUMBER,
    EXPRESSION_TEXT,
    EXPRESSION_PARAMETER, /* number: which "?" */
    EXPRESSION_NAME,      /* a column, or a variable of a block */
    EXPRESSION_CALL,      /* text: the function, or the operator */
    EXPRESSION_SELECT,    /* of one value, in parentheses */
};

struct sql;

struct expression {
    enum expression_kind kind;
    int64_t number;
    char *text; /* NUL-terminated */
    char *from; /* of a name: "p" of p.id; NULL */
    struct expression *arguments[8];
    size_t count;
    int source, column; /* of a name, once it was looked up; -1 */
    struct sql *select;
};

enum sql_kind {
    SQL_NOTHING, /* a setting */
    SQL_SELECT,
    SQL_INSERT,
    SQL_UPDATE,
    SQL_DELETE,
    SQL_START,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_ISOLATION, /* text: of the next transaction */
    SQL_BLOCK,     /* BEGIN NOT ATOMIC ... END */
    SQL_DECLARE,   /* text, value */
    SQL_SET,       /* text, value */
    SQL_IF,        /* where, then, otherwise */
};

struct sql_from {
    char *table, *alias; /* alias may be the table's name */
    struct sql *derived; /* in place of a table: SELECTs that UNION ALL puts together, from its
                            "then" on, with the order and limit of all; NULL */
    char *index;         /* FORCE INDEX; NULL */
    struct expression *on;
};

struct sql {
    enum sql_kind kind;
    char *text;
    struct expression *value, *where, *limit;
    struct sql_from from[SQL_FROM_MAX]; /* of INSERT, UPDATE and DELETE the first one's table */
    size_t from_count;
    struct expression *items[SQL_COLUMNS_MAX]; /* of SELECT; the values of INSERT and UPDATE */
    char *columns[SQL_COLUMNS_MAX];            /* of INSERT and UPDATE; of SELECT after AS */
    size_t count;
    struct expression *order[4];
    bool descending[4];
    size_t order_count;
    bool for_update, skip_locked, ignore;
    struct sql *then, *otherwise, *next; /* of a block: then is its first statement */
    unsigned parameters;
};

/* Reads a statement, once for each text. NULL when it cannot be read; *error says where. */
const struct sql *sql_read(const char *text, const char **error);

/* An expression by itself. NULL when it cannot be read. */
struct expression *sql_read_expression(struct lexer *lexer);

#endif
