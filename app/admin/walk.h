/*
 * A walk through the ledger, page by page. On a terminal a bar shows how far it is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_WALK_H
#define PAYMENT_API_ADMIN_WALK_H

#include <stdbool.h>

#include "admin/command.h"
#include "store/ledger_pages.h"

struct walk {
    const struct admin *admin;
    const struct ledger_filter *filter;
    int64_t page_size;
    bool rows_come; /* on standard output: no bar where that is the terminal, too */
    /* Does what the walk is for. *ends, which is false, is set where the rest is not wanted. */
    enum store_result (*page)(const struct walk *walk, const struct ledger_page *page, bool *ends);
    void *arg; /* of whoever walks */
};

/* STORE_OK once all pages were taken, or enough of them. */
enum store_result walk_ledger(const struct walk *walk) __attribute__((warn_unused_result));

#endif
