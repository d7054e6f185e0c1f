/*
 * payment-admin check: the accounts with processors.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_CHECK_PROCESSORS_H
#define PAYMENT_API_ADMIN_CHECK_PROCESSORS_H

#include "admin/command.h"

/* What was found of one: the subject, whether it is good, and what it is or what to do. */
typedef void processor_found(void *arg, const char *subject, bool is_good, const char *text);

/* Asks each account of the configuration what it is; moves nothing. */
void check_processors(const struct admin *admin, processor_found *found, void *arg);

#endif
