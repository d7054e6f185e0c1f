/*
 * The database: one MariaDB connection, its prepared statements, and the one loop that runs a unit
 * of work until it is done or its deadline has come.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_DATABASE_H
#define PAYMENT_API_STORE_DATABASE_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>

#include "clock.h"
#include "log.h"

#define DATABASE_ERROR_SIZE 512

/* A prepared statement. The row must be static: its address is its name. */
struct statement {
    const char *name; /* for messages */
    const char *sql;
    unsigned parameters; /* how many "?" it has */
    unsigned columns;    /* of its result as the server describes it when preparing; a compound
                            statement describes none */
};

/* The statements of one store. */
struct statement_set {
    const struct statement *statements;
    size_t count;
};

/* How one statement, or one unit of work, came out. */
enum database_result {
    DATABASE_DONE,
    DATABASE_DUPLICATE, /* 1062: a unique key has the value already; nothing was written */
    DATABASE_CONFLICT,  /* deadlock or a row that changed (1213, 1020): rolled back; run it again */
    DATABASE_LOCKED,    /* 1205: another transaction holds the row for too long: rolled back */
    DATABASE_UNAVAILABLE, /* out of reach, or lost on the way: what was sent may have happened */
    DATABASE_FAILED,      /* a fault of the program or the schema; logged */
};

struct database;

struct database_settings {
    const char *option_file; /* its groups are read by Connector/C; not owned */
    const char *group;       /* "database" or "database-admin" */
    int timeout;             /* seconds to connect, and for each answer */
    int answer_timeout;      /* seconds for an answer where it may take longer; 0: as timeout */
    bool check_schema;       /* accept only the schema that this program was made for */
    const struct statement_set *const *sets; /* what to prepare; not owned */
    size_t set_count;
    const struct log *log; /* not owned */
};

/* A database that is not yet connected; NULL without memory. The settings are copied. */
struct database *database_new(const struct database_settings *settings)
    __attribute__((warn_unused_result));

/* Closes it. Takes NULL. */
void database_free(struct database *database);

/*
 * Connects if it is not connected: session settings, schema version, all statements prepared, each
 * with the parameters and columns that its row says. Where the option host lists several servers,
 * they are tried in turn, starting with the one last used. DATABASE_UNAVAILABLE is worth another
 * try later, DATABASE_FAILED is not until somebody acts; database_error() says what it was.
 */
enum database_result database_connect(struct database *database, struct deadline deadline)
    __attribute__((warn_unused_result));

/*
 * For payment-admin: how many servers the option host lists, 0 for a single one. Known after the
 * first database_connect().
 */
size_t database_host_count(const struct database *database);

/*
 * For payment-admin: closes the connection, and lets database_connect() try this server of the list
 * only. Its name, as Connector/C has it.
 */
const char *database_use_host(struct database *database, size_t number);

/* What the last failure was, for people; "" when there was none. Lives until the next call. */
const char *database_error(const struct database *database);

/*
 * Executes a prepared statement and reads all of its result into the client. At most one row is
 * taken; *rows receives how many there were, or how many were written. columns may be NULL where
 * there is no result. To be called by a unit of work only.
 */
enum database_result database_execute(struct database *database, const struct statement *statement,
                                      MYSQL_BIND *parameters, MYSQL_BIND *columns, size_t *rows)
    __attribute__((warn_unused_result));

/*
 * A unit of work: statements that belong together. It returns the result that ended it and leaves
 * its findings in arg. It may be run several times, so it writes only what a second run under the
 * same ids would find there.
 */
typedef enum database_result database_work(struct database *database, void *arg);

/*
 * Runs a unit of work, and owns everything around it: it connects, rolls back what was left open,
 * and runs the work again after a conflict, a lock wait or a lost connection, with jitter, as long
 * as another try fits before the deadline. A connection that cannot be made at the first try is
 * given up at once: nothing is in doubt then.
 *
 * DATABASE_DONE, or what the last try came to.
 */
enum database_result database_run(struct database *database, struct deadline deadline,
                                  database_work *work, void *arg)
    __attribute__((warn_unused_result));

/* For stores: logs what is wrong with a row that no program of ours writes; DATABASE_FAILED. */
enum database_result database_fault(struct database *database, const char *what)
    __attribute__((warn_unused_result));

/* What a store's function came to. */
enum store_result {
    STORE_OK,
    STORE_EXISTS,      /* a record with this idempotency key is there already */
    STORE_NOT_FOUND,   /* no such record for this merchant */
    STORE_REFUSED,     /* the refund is more than what is left of the payment */
    STORE_LOCKED,      /* another transaction holds the record */
    STORE_UNAVAILABLE, /* the database cannot be reached in time */
    STORE_FAILED,      /* a fault; logged */
};

/* The store's word for a unit of work that was not done; found is its word for DATABASE_DONE. */
enum store_result store_result_of(enum database_result result, enum store_result found);

/*
 * For payment-admin: runs SQL text of any number of statements, separated by semicolons. On failure
 * database_error() says which statement it was.
 */
enum database_result database_script(struct database *database, const char *sql)
    __attribute__((warn_unused_result));

/*
 * For payment-admin: runs one query without parameters and hands each row to the function, as text
 * (NULL for an SQL NULL).
 */
typedef void database_row(void *arg, char **row, const unsigned long *lengths);
enum database_result database_query(struct database *database, const char *sql, database_row *row,
                                    void *arg) __attribute__((warn_unused_result));

#endif
