/*
 * payment-admin export: payments and refunds for accountants, one line each, as they are read.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "admin/command.h"
#include "admin/filter.h"
#include "admin/progress.h"
#include "admin/record_sheet.h"
#include "store/ledger_pages.h"

#define EXPORT_PAGE 2000 /* records that are in memory at once */

enum admin_exit
export_records(struct admin *admin)
{
    struct filter_texts texts;
    struct ledger_filter filter;
    struct ledger_page page;
    struct record_sheet sheet;
    struct progress progress;
    enum store_result result;

    if (!filter_take(admin, &filter, &texts))
        return ADMIN_REFUSED;
    page = ledger_pages_begin(&filter);
    progress_begin(&progress, admin, &filter, true);
    record_sheet_begin(&sheet, admin->json ? SHEET_JSON : SHEET_CSV, RECORD_OF_LEDGER, "records");
    do {
        result =
            ledger_pages_next(admin->database, admin_deadline(admin), &filter, EXPORT_PAGE, &page);
        if (result != STORE_OK || page.count == 0)
            break;
        result = ledger_pages_read(admin->database, admin_deadline(admin), &filter, &page,
                                   record_sheet_row, &sheet);
        progress_show(&progress, &page);
    } while (result == STORE_OK && !ferror(stdout)); /* main() says of an error what it is */
    progress_end(&progress);
    sheet_end(&sheet.sheet);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "record");
}
