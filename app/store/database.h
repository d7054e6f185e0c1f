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
#include "metrics.h"
#include "store/result.h"
#include "store/statement.h"

/* The most records that one call of a store takes as a group. */
#define STORE_GROUP_MAX 64

struct database;

/* Looks at a fresh connection; DATABASE_FAILED, logged, refuses it. */
typedef enum database_result database_check(struct database *database);

struct database_settings {
    const char *option_file; /* its groups are read by Connector/C; not owned */
    const char *group;       /* "database" or "database-admin" */
    int timeout;             /* seconds to connect, and for each answer */
    int answer_timeout;      /* seconds for an answer where it may take longer; 0: as timeout */
    database_check *check;   /* what a connection must pass, NULL: nothing */
    const struct statement_set *const *sets; /* what to prepare; not owned */
    size_t set_count;
    bool prepare_on_use;   /* for payment-admin: any statement, when it is used first; no sets */
    const struct log *log; /* not owned */
    struct metrics_slot *metrics; /* not owned; NULL: nobody counts */
};

/* A database that is not yet connected; NULL without memory. The settings are copied. */
struct database *database_new(const struct database_settings *settings)
    __attribute__((warn_unused_result));

/* Closes it. Takes NULL. */
void database_free(struct database *database);

/*
 * Connects if it is not connected: session settings, the check, all statements prepared, each with
 * the parameters and columns that its row says. Where the option host lists several servers, they
 * are tried in turn, starting with the one last used. DATABASE_UNAVAILABLE is worth another try
 * later, DATABASE_FAILED is not until somebody acts; database_error() says what it was.
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

/* For checks: refuses what they found, in words for people; DATABASE_FAILED, logged. */
enum database_result database_fault(struct database *database, const char *what)
    __attribute__((warn_unused_result));

/*
 * For units of work: executes a prepared statement and reads all of its result into the client. At
 * most one row is taken; *rows receives how many there were, or how many were written. columns may
 * be NULL where there is no result. DATABASE_DUPLICATE leaves no transaction open.
 */
enum database_result database_execute(struct database *database, const struct statement *statement,
                                      MYSQL_BIND *parameters, MYSQL_BIND *columns, size_t *rows)
    __attribute__((warn_unused_result));

/* The same for a result of many rows: the function is called for each, its values in the columns.
 */
enum database_result database_execute_rows(struct database *database,
                                           const struct statement *statement,
                                           MYSQL_BIND *parameters, MYSQL_BIND *columns,
                                           statement_row *row, void *arg)
    __attribute__((warn_unused_result));

/*
 * The same statement for count (1 to STORE_GROUP_MAX) records at once; the parameters are arrays
 * (binding.h). An INSERT keeps all of them or none, and does not say which record was in the way;
 * an UPDATE runs one by one and must stand in a transaction. So must any on a Galera cluster.
 */
enum database_result database_execute_group(struct database *database,
                                            const struct statement *statement,
                                            MYSQL_BIND *parameters, size_t count, size_t *rows)
    __attribute__((warn_unused_result));

/*
 * A unit of work: statements that belong together. It returns the result that ended it and leaves
 * its findings in arg. It may be run several times, so it writes only what a second run under the
 * same ids would find there.
 */
typedef enum database_result database_work(struct database *database, void *arg);

/*
 * Runs a unit of work, and owns everything around it: it connects, rolls back what was left open,
 * and runs the work again after a conflict, a lock wait or a lost connection, as retry.h decides,
 * as long as another try fits before the deadline. Each statement is its own transaction.
 *
 * DATABASE_DONE, or what the last try came to.
 */
enum database_result database_run(struct database *database, struct deadline deadline,
                                  database_work *work, void *arg)
    __attribute__((warn_unused_result));

/*
 * The same, as one transaction, for use by a unit of work: begins it, runs the work, commits. What
 * is not DATABASE_DONE is rolled back. DATABASE_UNAVAILABLE from the commit leaves it in doubt, and
 * database_run() runs the whole unit of work again.
 */
enum database_result database_transaction(struct database *database, database_work *work, void *arg)
    __attribute__((warn_unused_result));

/* Microseconds that all units of work took so far, with their pauses. */
int64_t database_spent_us(const struct database *database);

/* For units of work: true when this is not the first try. An earlier one may have gone through,
 * whatever it came to. */
bool database_tried_before(const struct database *database);

/* For units of work: true on a node of a Galera cluster. There a statement for many records that is
 * its own transaction is answered before it is certified, and says nothing of what was kept. */
bool database_is_cluster(const struct database *database);

/* For units of work: lets the next statement see what other transactions have not committed yet;
 * there must be one. */
enum database_result database_read_uncommitted(struct database *database)
    __attribute__((warn_unused_result));

/* For units of work: makes the next transaction one that locks rows and no gaps between them. */
enum database_result database_lock_rows_only(struct database *database)
    __attribute__((warn_unused_result));

/*
 * For payment-admin: runs SQL text of any number of statements, separated by semicolons. On failure
 * database_error() says which statement it was.
 */
enum database_result database_script(struct database *database, const char *sql)
    __attribute__((warn_unused_result));

/*
 * Runs one query without parameters and hands each row to the function, as text (NULL for an SQL
 * NULL).
 */
typedef void database_row(void *arg, char **row, const unsigned long *lengths);
enum database_result database_query(struct database *database, const char *sql, database_row *row,
                                    void *arg) __attribute__((warn_unused_result));

#endif
