/*
 * Expressions: what they are for a row.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_EVALUATE_H
#define PAYMENT_API_SIMULATION_EVALUATE_H

#include "tables.h"

#define EVALUATE_VARIABLES_MAX 8

struct scope {
    const struct sql *sql; /* whose names they are */
    const struct table *tables[SQL_FROM_MAX];
    const struct value *rows[SQL_FROM_MAX]; /* the values of each source; NULL: none */
    size_t source_count;
    const struct value *parameters;
    const char *variable_names[EVALUATE_VARIABLES_MAX]; /* of a block */
    struct value variables[EVALUATE_VARIABLES_MAX];
    size_t variable_count;
    int64_t row_count;
    struct transaction *reader; /* who looks at what a SELECT in parentheses is of */
};

struct value evaluate(struct scope *scope, struct expression *expression);

/* True when the expression is true; NULL is not. */
bool is_true(struct scope *scope, struct expression *expression);

/* True when a server that looks at rows by this index has to look at this one: conditions of other
 * columns do not count. NULL: it has no index to look by. */
bool is_examined(struct scope *scope, struct expression *expression,
                 const struct key_definition *key);

#endif
