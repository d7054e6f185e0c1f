/*
 * Errors: what a number of the server or of Connector/C means for a unit of work.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_SERVER_ERROR_H
#define PAYMENT_API_STORE_SERVER_ERROR_H

#include "store/database.h"

/*
 * The meaning of mysql_errno() or mysql_stmt_errno(). Whatever leaves the outcome open, or is the
 * server's trouble and not the statement's, is DATABASE_UNAVAILABLE; what is not known is
 * DATABASE_FAILED.
 */
enum database_result server_error_meaning(unsigned error);

#endif
