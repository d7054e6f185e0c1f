/*
 * Filters: which payments and refunds the options of a command ask for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_FILTER_H
#define PAYMENT_API_ADMIN_FILTER_H

#include "admin/command.h"
#include "store/ledger_store.h"

/* What a filter points to. */
struct filter_texts {
    struct identifier merchant_id;
};

/* --merchant, --mode, --status, --since, --until, --limit; the newest first. False after a
 * complaint. */
bool filter_take(const struct admin *admin, struct ledger_filter *filter,
                 struct filter_texts *texts) __attribute__((warn_unused_result));

#endif
