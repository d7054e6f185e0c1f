/*
 * A connection: one MariaDB session with its settings, its server and its last error. Of the
 * store's own files; everybody else sees store/database.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_CONNECTION_H
#define PAYMENT_API_STORE_CONNECTION_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>

#include "clock.h"
#include "log.h"
#include "store/host_list.h"
#include "store/result.h"

#define CONNECTION_ERROR_SIZE DATABASE_ERROR_SIZE

struct connection {
    const char *option_file; /* its groups are read by Connector/C; not owned */
    const char *group;
    int timeout;        /* seconds to connect, and for each answer */
    int answer_timeout; /* seconds for an answer where it may take longer; 0: as timeout */
    const struct log *log;
    MYSQL *handle;   /* NULL when not connected */
    bool is_cluster; /* the server is a node of a Galera cluster */
    struct host_list hosts;
    bool hosts_known;         /* Connector/C has read the option file at least once */
    bool out_of_time;         /* the last failure was that nothing was sent for want of time */
    struct deadline deadline; /* of the work in hand: nothing is begun that may not fit before it */
    unsigned error_number;    /* of the last failure; 0: not one of the server or Connector/C */
    char error[CONNECTION_ERROR_SIZE];
};

/* Connects to the current host and sets what the program relies on; the session is closed again
 * when that fails. */
enum database_result connection_open(struct connection *connection)
    __attribute__((warn_unused_result));

/* Takes one that is not open. Statements are closed before. */
void connection_close(struct connection *connection);

/* Whatever is sent to the server may take as long as one of its answers may: is there that time? */
bool connection_has_time(const struct connection *connection);

/* Runs SQL text that has no result. */
enum database_result connection_run(struct connection *connection, const char *what,
                                    const char *sql) __attribute__((warn_unused_result));

/* Runs SQL text whose result is one number: *answer receives whether it is 1. */
enum database_result connection_ask(struct connection *connection, const char *what,
                                    const char *sql, bool *answer)
    __attribute__((warn_unused_result));

/*
 * Commits the transaction, if it still stands: a commit of nothing succeeds. A Galera node that
 * rolls one back for another's sake while a bulk statement runs tells nobody, and what comes behind
 * it is a transaction of its own. So the node is asked. DATABASE_CONFLICT: it has been rolled back.
 */
enum database_result connection_commit(struct connection *connection)
    __attribute__((warn_unused_result));

/*
 * Notes of what failed, for connection->error and the log; the server's message never goes further.
 * The result is the failure's meaning.
 */
enum database_result connection_note(struct connection *connection, const char *what,
                                     unsigned error, const char *message);
enum database_result connection_note_last(struct connection *connection, const char *what);
enum database_result connection_note_no_time(struct connection *connection, const char *what);

/* A fault of the program or of the data: logged here, whoever hears of it. DATABASE_FAILED. */
enum database_result connection_fault(struct connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets connection->error to text of ours. */
void connection_set_error(struct connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
