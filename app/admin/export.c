/*
 * payment-admin export: payments and refunds for accountants, one line each, as they are read.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "admin/command.h"
#include "admin/filter.h"
#include "admin/record_sheet.h"
#include "admin/walk.h"

#define EXPORT_PAGE 2000 /* records that are in memory at once */

static enum store_result
export_page(const struct walk *walk, const struct ledger_page *page, bool *ends)
{
    enum store_result result = ledger_pages_read(walk->admin->database, admin_deadline(walk->admin),
                                                 walk->filter, page, record_sheet_row, walk->arg);

    *ends = ferror(stdout) != 0; /* main() says of an error what it is */
    return result;
}

enum admin_exit
export_records(struct admin *admin)
{
    struct filter_texts texts;
    struct ledger_filter filter;
    struct record_sheet sheet;
    const struct walk walk = {.admin = admin,
                              .filter = &filter,
                              .page_size = EXPORT_PAGE,
                              .rows_come = true,
                              .page = export_page,
                              .arg = &sheet};
    enum store_result result;

    if (!filter_take(admin, &filter, &texts))
        return ADMIN_REFUSED;
    record_sheet_begin(&sheet, admin->json ? SHEET_JSON : SHEET_CSV, RECORD_OF_LEDGER, "records");
    result = walk_ledger(&walk);
    sheet_end(&sheet.sheet);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "record");
}
