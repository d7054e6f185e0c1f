/*
 * Tables: what the simulated server keeps. Rows with their versions, transactions, locks of rows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_TABLES_H
#define PAYMENT_API_SIMULATION_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sql.h"

#define TABLES_MAX 24
#define KEYS_MAX 12
#define KEY_COLUMNS_MAX 6

/* Errors of the server that it makes by itself. */
#define ERROR_CHANGED 1020 /* with innodb_snapshot_isolation, which the program asks for */
#define ERROR_DUPLICATE 1062
#define ERROR_LOCK_WAIT 1205
#define ERROR_DEADLOCK 1213
#define ERROR_NULL 1048
#define ERROR_TOO_LONG 1406
#define ERROR_NO_PARENT 1452
#define ERROR_CHECK 4025
#define ERROR_NOT_IN_ENUM 1265
#define ERROR_TIME_LIMIT 1969
#define ERROR_LOST 2013
#define ERROR_GONE 2006
#define ERROR_NO_SERVER 2002

enum value_kind {
    VALUE_NULL,
    VALUE_NUMBER, /* times, too: Unix milliseconds */
    VALUE_BYTES,
};

struct value {
    enum value_kind kind;
    int64_t number;
    const char *bytes; /* length bytes and a final NUL */
    size_t length;
};

struct value value_number(int64_t number);
struct value value_bytes(const void *bytes, size_t length);     /* copied until the next run */
struct value value_text(const char *text);                      /* not copied */
bool value_equal(const struct value *a, const struct value *b); /* two NULLs are equal here */
int value_compare(const struct value *a, const struct value *b);

struct column_definition {
    char *name;
    bool is_number, is_time, not_null;
    size_t size;     /* the most bytes; 0: no limit */
    char *words[16]; /* of an ENUM */
    struct value initial;
};

struct key_definition {
    char *name; /* "PRIMARY" */
    bool is_unique;
    int columns[KEY_COLUMNS_MAX];
    size_t count;
};

struct foreign_key {
    int columns[KEY_COLUMNS_MAX];
    size_t count;
    char *parent; /* table, by its primary key */
};

struct transaction;

struct version {
    int64_t number;             /* of the commit */
    const struct value *values; /* NULL: deleted */
    struct version *older;
};

struct row {
    struct version *version;   /* the newest that was committed; NULL: none yet */
    struct transaction *owner; /* who holds the row's lock; NULL: nobody */
    struct value *pending;     /* the owner's values; NULL: it wrote none */
    bool is_deleted;           /* by the owner */
    /* Whose range of an index ended before it: InnoDB locks its place there, though not the row. */
    struct transaction *edge; /* NULL: nobody's */
    struct row *next;
};

struct table {
    char *name;
    struct column_definition columns[SQL_COLUMNS_MAX];
    size_t column_count;
    struct key_definition keys[KEYS_MAX];
    size_t key_count;
    struct foreign_key foreign_keys[KEYS_MAX];
    size_t foreign_key_count;
    struct expression *checks[16];
    char *check_names[16];
    size_t check_count;
    struct row *rows, **rows_end; /* in the order in which they were made */
};

enum isolation {
    REPEATABLE_READ,
    READ_COMMITTED,
    READ_UNCOMMITTED,
};

struct change {
    struct table *table;
    struct row *row;
    struct value *before; /* pending values before; NULL: none */
    bool was_deleted;
    bool locked_only; /* the lock was taken here */
    struct change *older;
};

struct transaction {
    enum isolation isolation;
    int64_t snapshot;              /* number of the last commit that it sees; -1: none yet */
    struct change *changes;        /* the newest first */
    struct transaction *waits_for; /* NULL: it waits for nobody */
    bool wrote;
    bool is_over;
    int64_t quiet_since; /* time of the last statement's end; 0: one is under way */
};

/* The schema: read once a program run, from the migrations of a folder. Ends the program when they
 * cannot be read. */
void tables_read_schema(const char *folder);
/* A run begins: no rows but those of schema_version. */
void tables_clear(void);
struct table *tables_find(const char *name);                   /* NULL */
int table_column(const struct table *table, const char *name); /* -1 */
const struct key_definition *table_key(const struct table *table, const char *name);

struct transaction *transaction_begin(enum isolation isolation);
void transaction_commit(struct transaction *transaction);
void transaction_roll_back(struct transaction *transaction);
/* What was done since this change; the locks stay. */
void transaction_undo(struct transaction *transaction, const struct change *until);
/* True when it was silent for so long that the server ended it. */
bool transaction_is_abandoned(struct transaction *transaction);

/* What a reader sees of a row; NULL: nothing. */
const struct value *row_seen(const struct row *row, struct transaction *transaction);
/* The newest values: the owner's for the owner, the committed ones for others. */
const struct value *row_latest(const struct row *row, const struct transaction *transaction);
/* What is there, committed or not. */
const struct value *row_uncommitted(const struct row *row);
/* The same; of one that was deleted, what its owner would leave there, or what the reader of a
 * snapshot has seen. */
const struct value *row_possible(const struct row *row, struct transaction *transaction);

/* Locks a row; waits for its owner. 0 or the error. */
unsigned row_lock(struct table *table, struct row *row, struct transaction *transaction);
unsigned transaction_wait(struct transaction *transaction, struct row *row);
bool row_is_locked(const struct row *row, const struct transaction *transaction);
/* The same for its place in the index of what is due. */
bool row_is_edge(const struct row *row, const struct transaction *transaction);
unsigned row_wait_for_edge(const struct row *row, struct transaction *transaction);
/* The lock of a row that turned out not to be wanted. */
void row_unlock(struct row *row, struct transaction *transaction);
/* New values for a row that is locked; NULL: it is deleted. */
void row_write(struct table *table, struct row *row, struct transaction *transaction,
               struct value *values);
struct row *row_new(struct table *table, struct transaction *transaction, struct value *values);

/* Called for each row that a commit changes; before is NULL for a new one. */
void tables_on_commit(void (*function)(const struct table *table, const struct value *before,
                                       const struct value *after));

#endif
