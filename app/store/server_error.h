/*
 * Errors: what a number of the server or of Connector/C means for a unit of work.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_SERVER_ERROR_H
#define PAYMENT_API_STORE_SERVER_ERROR_H

#include "store/result.h"

/*
 * The meaning of mysql_errno() or mysql_stmt_errno(). What proves that the server did not begin is
 * DATABASE_REFUSED; whatever leaves the outcome open, or is the server's trouble and not the
 * statement's, is DATABASE_UNAVAILABLE; what is not known is DATABASE_FAILED.
 */
enum database_result server_error_meaning(unsigned error);

#endif
