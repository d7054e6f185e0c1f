/*
 * payment-admin audit: list.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/audit_store.h"

#include "admin/command.h"
#include "admin/sheet.h"

static const struct sheet_column columns[] = {
    {.name = "done_at", .width = 20},   {.name = "system_user", .width = 12},
    {.name = "sudo_user", .width = 10}, {.name = "account"},
    {.name = "act", .width = 16},       {.name = "object", .width = 33},
    {.name = "detail", .width = 30},    {.name = "reason", .width = 6},
};

static void
show(void *arg, const struct audit_row *row)
{
    const char *const cells[] = {
        row->done_at, row->system_user, row->sudo_user, row->account,
        row->act,     row->object,      row->detail,    row->reason,
    };

    sheet_row(arg, cells);
}

enum admin_exit
audit_list(struct admin *admin)
{
    struct audit_filter filter = {.object = admin->argument};
    struct sheet sheet;
    enum store_result result;

    if (!admin_range(admin, &filter.since, &filter.until) || !admin_limit(admin, &filter.limit))
        return ADMIN_REFUSED;
    sheet_begin(&sheet, admin_format(admin), "acts", columns, sizeof columns / sizeof columns[0]);
    result = audit_store_list(admin->database, admin_deadline(admin), &filter, show, &sheet);
    sheet_end(&sheet);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "act");
}
