/*
 * payment-admin refund: list. What else there is to do with one, payment-admin payment does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/command.h"
#include "admin/filter.h"
#include "admin/record_sheet.h"

enum admin_exit
refund_list(struct admin *admin)
{
    struct filter_texts texts;
    struct ledger_filter filter;
    struct record_sheet sheet;
    enum store_result result;

    if (!filter_take(admin, &filter, &texts))
        return ADMIN_REFUSED;
    record_sheet_begin(&sheet, admin_format(admin), RECORD_REFUND, "refunds");
    result = ledger_store_refunds(admin->database, &filter, record_sheet_row, &sheet);
    sheet_end(&sheet.sheet);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "refund");
}
