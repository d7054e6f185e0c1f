/*
 * Forgetting in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/forget_store.h"

#include "store/binding.h"

enum {
    FORGET_PAYMENTS,
    FORGET_REFUNDS,
};

#define OF_PAGE " WHERE id > ? AND id <= ? AND status <> 'processing'"

static const struct statement statements[] = {
    [FORGET_PAYMENTS] = {.name = "forget of payments",
                         .sql = "UPDATE payments FORCE INDEX (PRIMARY) SET description = NULL,"
                                " metadata = NULL, return_url = NULL, action_url = NULL,"
                                " forgotten_at = UTC_TIMESTAMP(3)" OF_PAGE
                                " AND (description IS NOT NULL OR metadata IS NOT NULL"
                                " OR return_url IS NOT NULL OR action_url IS NOT NULL)",
                         .parameters = 2},
    [FORGET_REFUNDS] = {.name = "forget of refunds",
                        .sql =
                            "UPDATE refunds FORCE INDEX (PRIMARY) SET metadata = NULL,"
                            " forgotten_at = UTC_TIMESTAMP(3)" OF_PAGE " AND metadata IS NOT NULL",
                        .parameters = 2},
};

struct step {
    const struct ledger_page *page;
    const struct audit_entry *entry;
    size_t payments, refunds; /* that were changed: a try after one that went through finds none */
};

static enum database_result
change(struct database *database, void *arg)
{
    struct step *step = arg;
    size_t payments = 0, refunds = 0;
    MYSQL_BIND parameters[] = {bind_identifier(&step->page->after),
                               bind_identifier(&step->page->last)};
    enum database_result result =
        database_execute(database, &statements[FORGET_PAYMENTS], parameters, NULL, &payments);

    if (result == DATABASE_DONE)
        result =
            database_execute(database, &statements[FORGET_REFUNDS], parameters, NULL, &refunds);
    if (result != DATABASE_DONE || payments + refunds == 0)
        return result;
    step->payments = payments;
    step->refunds = refunds;
    return audit_store_insert(database, step->entry);
}

static enum database_result
change_at_once(struct database *database, void *arg)
{
    enum database_result result = database_lock_rows_only(database);

    return result == DATABASE_DONE ? database_transaction(database, change, arg) : result;
}

enum store_result
forget_store_page(struct database *database, struct deadline deadline,
                  const struct ledger_page *page, const struct audit_entry *entry,
                  struct forgotten *forgotten)
{
    struct step step = {.page = page, .entry = entry};
    enum database_result result = database_run(database, deadline, change_at_once, &step);

    if (result == DATABASE_DONE) {
        forgotten->payments += (int64_t)step.payments;
        forgotten->refunds += (int64_t)step.refunds;
    }
    return store_result_of(result, STORE_OK);
}
