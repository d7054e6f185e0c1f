/*
 * Forgetting: what is personal is taken out of payments and refunds, and the rest stays. Of
 * payment-admin.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_FORGET_STORE_H
#define PAYMENT_API_STORE_FORGET_STORE_H

#include "store/audit_store.h"
#include "store/ledger_pages.h"

/* How many records something was taken out of. */
struct forgotten {
    int64_t payments;
    int64_t refunds;
};

/*
 * Takes description, metadata, return_url and action_url out of the records of a page whose status
 * is final, marks those that had any, and adds them to *forgotten. The row of the audit is kept
 * with the first page that is changed under its id. One short transaction, which locks no more than
 * the rows that it changes; a second one for the same page finds nothing to do.
 */
enum store_result forget_store_page(struct database *database, struct deadline deadline,
                                    const struct ledger_page *page, const struct audit_entry *entry,
                                    struct forgotten *forgotten)
    __attribute__((warn_unused_result));

#endif
