/*
 * Errors: what a number of the server or of Connector/C means for a unit of work.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/server_error.h"

#include <errmsg.h>
#include <mysqld_error.h>

/* Of MariaDB only, so not in mysqld_error.h of every version. */
#define SERVER_CHECKREAD 1020
#define SERVER_CONSTRAINT_FAILED 4025
#define SERVER_CONNECTION_KILLED 1927
#define SERVER_STATEMENT_TIMEOUT 1969
#define SERVER_UNKNOWN_COMMAND 1047 /* Galera: the node is not in the primary component */

enum database_result
server_error_meaning(unsigned error)
{
    switch (error) {
    case 0: /* it failed, and nobody says why */
        return DATABASE_UNAVAILABLE;
    case ER_DUP_ENTRY:
        return DATABASE_DUPLICATE;
    case ER_LOCK_DEADLOCK:
    case SERVER_CHECKREAD:
        return DATABASE_CONFLICT;
    case ER_LOCK_WAIT_TIMEOUT:
        return DATABASE_LOCKED;
    case ER_DATA_TOO_LONG:
    case ER_WARN_DATA_OUT_OF_RANGE:
    case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
    case WARN_DATA_TRUNCATED:
    case ER_BAD_NULL_ERROR:
    case ER_NO_REFERENCED_ROW_2:
    case SERVER_CONSTRAINT_FAILED:
        return DATABASE_INVALID;
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
    case ER_OPTION_PREVENTS_STATEMENT:
    case ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION:
    case SERVER_STATEMENT_TIMEOUT: /* the statement was rolled back */
        return DATABASE_REFUSED;
    case ER_SERVER_SHUTDOWN:
    case ER_QUERY_INTERRUPTED:
    case ER_ERROR_DURING_COMMIT:
    case ER_GET_ERRNO:
    case ER_UNKNOWN_STMT_HANDLER:
    case ER_NEED_REPREPARE:
    case ER_ABORTING_CONNECTION:
    case ER_OUT_OF_RESOURCES:
    case ER_OUTOFMEMORY:
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_WRITE_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_HANDSHAKE_ERROR:
    case SERVER_UNKNOWN_COMMAND:
    case SERVER_CONNECTION_KILLED:
        return DATABASE_UNAVAILABLE;
    default:
        /* Connector/C's own errors are all of the connection. */
        return error >= CR_MIN_ERROR && error <= CR_MAX_ERROR ? DATABASE_UNAVAILABLE
                                                              : DATABASE_FAILED;
    }
}
