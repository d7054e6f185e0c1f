/*
 * How far a reading of the ledger is: a bar on a terminal, nothing elsewhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_PROGRESS_H
#define PAYMENT_API_ADMIN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/command.h"
#include "store/ledger_pages.h"

struct progress {
    bool shown;
    int64_t begin; /* Unix time in milliseconds of what is read first; 0: not known yet */
    int64_t end;   /* of what is read last */
    int64_t count; /* of records so far */
};

/* It is shown on standard error where that is a terminal, unless the rows come to one meanwhile. */
void progress_begin(struct progress *progress, const struct admin *admin,
                    const struct ledger_filter *filter, bool rows_come);

/* A page has been read. How far it is, is known by time. */
void progress_show(struct progress *progress, const struct ledger_page *page);

/* Takes the bar away. */
void progress_end(const struct progress *progress);

#endif
