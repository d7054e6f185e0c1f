/*
 * payment-admin reconcile --since: what processors say of a time is held against our records.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_DIFFERENCES_H
#define PAYMENT_API_ADMIN_DIFFERENCES_H

#include "admin/command.h"

/* Shows what is different, in --since to --until. ADMIN_DONE: nothing; ADMIN_DIFFERENT: something;
 * ADMIN_REFUSED after a complaint: not all could be compared. */
enum admin_exit differences_show(struct admin *admin);

#endif
