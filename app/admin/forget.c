/*
 * payment-admin forget: what is personal is taken out of old payments and refunds; amounts stay.
 *
 * It goes through all of them in small steps. One that is stopped is begun again: what has been
 * done is found so.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>

#include "admin/command.h"
#include "admin/walk.h"
#include "store/forget_store.h"

#define FORGET_PAGE 500         /* records of one transaction */
#define FORGET_DAYS_AT_LEAST 30 /* a request may come again, and is compared with its record */
#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* What is to be forgotten; false after a complaint. */
static bool
take_filter(const struct admin *admin, struct ledger_filter *filter)
{
    int64_t latest = clock_wall_ms() - FORGET_DAYS_AT_LEAST * DAY_MS;
    char text[CLOCK_TEXT_SIZE];

    *filter = (struct ledger_filter){.since = 0};
    if (!admin_take_moment("--before", admin->before, &filter->until))
        return false;
    if (filter->until <= latest)
        return true;
    clock_format(latest, text);
    admin_complain("--before must be at least %d days ago (%s): a request that comes again is"
                   " compared with what its payment says",
                   FORGET_DAYS_AT_LEAST, text);
    return false;
}

struct forgetting {
    const struct audit_entry *entry;
    struct forgotten forgotten;
};

static enum store_result
forget_page(const struct walk *walk, const struct ledger_page *page, bool *ends)
{
    struct forgetting *forgetting = walk->arg;

    *ends = false;
    return forget_store_page(walk->admin->database, admin_deadline(walk->admin), page,
                             forgetting->entry, &forgetting->forgotten);
}

static enum database_result
change_nothing(struct database *database, void *arg)
{
    (void)database;
    (void)arg;
    return DATABASE_DONE;
}

/* How it ended, beside the row that says that it began. */
static bool
note_end(const struct admin *admin, const char *before, const struct forgotten *forgotten)
{
    const bool changed = true;
    char detail[AUDIT_DETAIL_SIZE];
    struct audit_entry entry;

    snprintf(detail, sizeof detail, "before %s: %" PRId64 " payments, %" PRId64 " refunds", before,
             forgotten->payments, forgotten->refunds);
    if (!admin_audit(admin, &entry, "records", detail))
        return false;
    if (audit_store_run(admin->database, admin_deadline(admin), &entry, change_nothing, NULL,
                        &changed) == DATABASE_DONE)
        return true;
    admin_complain("all was done, but the audit does not say how it ended: %s",
                   database_error(admin->database));
    return false;
}

enum admin_exit
forget(struct admin *admin)
{
    char detail[AUDIT_DETAIL_SIZE], before[CLOCK_TEXT_SIZE];
    struct ledger_filter filter;
    struct audit_entry entry;
    struct forgetting forgetting = {.entry = &entry};
    const struct forgotten *forgotten = &forgetting.forgotten;
    const struct walk walk = {.admin = admin,
                              .filter = &filter,
                              .page_size = FORGET_PAGE,
                              .page = forget_page,
                              .arg = &forgetting};
    enum store_result result;

    if (admin->before == NULL) {
        admin_complain("forget needs --before: what was made before then is to be forgotten");
        return ADMIN_USAGE;
    }
    if (!take_filter(admin, &filter))
        return ADMIN_REFUSED;
    clock_format(filter.until, before);
    snprintf(detail, sizeof detail, "before %s: begun", before);
    if (!admin_audit(admin, &entry, "records", detail))
        return ADMIN_REFUSED;
    result = walk_ledger(&walk);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "record");
    if (forgotten->payments + forgotten->refunds > 0 && !note_end(admin, before, forgotten))
        return ADMIN_REFUSED;
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:I, s:I}", "before", before, "payments",
                                   (json_int_t)forgotten->payments, "refunds",
                                   (json_int_t)forgotten->refunds));
    else
        printf("Took what is personal out of %" PRId64 " payments and %" PRId64
               " refunds from before %s.\n",
               forgotten->payments, forgotten->refunds, before);
    return ADMIN_DONE;
}
