/*
 * A statement under way in the server. Of server.c, select.c and change.c only.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_WORK_H
#define PAYMENT_API_SIMULATION_WORK_H

#include "evaluate.h"
#include "server.h"

struct work {
    struct session *session;
    struct transaction *transaction;
    struct scope scope;
    struct result *result;
};

/* Rows that are to be sorted. */
struct found {
    struct row *row; /* of the first table */
    const struct value *values[SQL_FROM_MAX];
    struct value keys[4];
};

/* The table of a place of its FROM. */
struct table *table_of(const struct sql *sql, size_t place);
/* The names of its expressions are from now on those of this statement. */
void set_sources(struct work *work, const struct sql *sql);
/* How many rows it wants at most. */
size_t limit_of(struct work *work, const struct sql *sql);

/* The rows that a locking statement, an UPDATE or a DELETE looks at, in its order. */
struct found *examine(struct work *work, const struct sql *sql, size_t *count);
/* Locks a row that was looked at; *wanted: it is one of those that are asked for, as it is now. */
unsigned lock_examined(struct work *work, const struct sql *sql, struct row *row, bool *wanted);

/* Each: 0 or the error. */
unsigned select_rows(struct work *work, const struct sql *sql);
unsigned insert(struct work *work, const struct sql *sql);
unsigned change_rows(struct work *work, const struct sql *sql);

#endif
