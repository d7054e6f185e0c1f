/*
 * The server: sessions, and what a statement does in one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_SERVER_H
#define PAYMENT_API_SIMULATION_SERVER_H

#include "tables.h"
#include "world.h"

struct session {
    struct process *process;         /* whose it is */
    struct transaction *transaction; /* NULL: each statement is one */
    struct transaction *own;         /* that of such a statement, while it is under way */
    bool has_isolation;              /* of the next transaction */
    enum isolation isolation;
    bool is_closed;
    int64_t row_count;
    struct session *next;
};

struct result {
    struct value **rows;
    size_t count, room;
    size_t columns; /* 0: none, but affected rows */
    size_t affected;
};

/* The parameters of a statement: bulk rows of them, one after the other; bulk 0: one row. */
struct parameters {
    const struct value *values;
    size_t count; /* of each row */
    size_t bulk;
};

struct session *session_open(void);
/* Its transaction is rolled back. */
void session_close(struct session *session);
void session_close_of(const struct process *process);
void session_close_all(void);
/* True when the server has ended it, for its silence or with all others. */
bool session_is_gone(struct session *session);

/* 0, or the error. May wait, and so give the turn away. */
unsigned server_execute(struct session *session, const struct sql *sql,
                        const struct parameters *parameters, struct result *result);

/* A run begins. */
void sessions_clear(void);

#endif
