/*
 * Statements: named SQL with its parameters, prepared once a connection.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_STATEMENT_H
#define PAYMENT_API_STORE_STATEMENT_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/result.h"

#define STATEMENTS_MAX 128 /* of all sets of a connection together */

/* A prepared statement. The row must be static: its address is its name. */
struct statement {
    const char *name; /* for messages */
    const char *sql;
    unsigned parameters; /* how many "?" it has */
    unsigned columns;    /* of its result as the server describes it when preparing; a compound
                            statement describes none */
    bool late;           /* prepared when it is used first, not when connecting */
};

/* The statements of one store. */
struct statement_set {
    const struct statement *statements;
    size_t count;
};

struct connection;

/* The prepared statements of one connection. */
struct statement_table {
    const struct statement *statements[STATEMENTS_MAX];
    MYSQL_STMT *handles[STATEMENTS_MAX];
    size_t count;
    bool on_use; /* each is prepared when it is used first, late or not */
};

/* Called for each row of a result, whose values are in the bound columns by then. DATABASE_FAILED
 * says that it makes no sense, and ends the reading; it is logged. */
typedef enum database_result statement_row(void *arg);

/* Prepares a statement and holds the server's count of parameters and columns against the row's. */
enum database_result statement_prepare(struct statement_table *table, struct connection *connection,
                                       const struct statement *statement)
    __attribute__((warn_unused_result));

/* Closes all of them; the table is empty then. */
void statement_close_all(struct statement_table *table);

/*
 * Executes a statement and reads all of its result into the client, then calls the function for
 * each row (NULL: one row at most is of interest, and is in the columns). *rows receives how many
 * there were, or how many were written. bulk: 0, or how many values each parameter has (an array of
 * them, see binding.h); all of them are one statement.
 */
enum database_result statement_execute(struct statement_table *table, struct connection *connection,
                                       const struct statement *statement, MYSQL_BIND *parameters,
                                       size_t bulk, MYSQL_BIND *columns, statement_row *row,
                                       void *arg, size_t *rows) __attribute__((warn_unused_result));

#endif
