/*
 * Filters: which payments and refunds the options of a command ask for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/filter.h"

#include <string.h>

#include "domain/payment.h"

bool
filter_take(const struct admin *admin, struct ledger_filter *filter, struct filter_texts *texts)
{
    enum payment_status status;
    enum mode mode;

    *filter = (struct ledger_filter){.newest_first = true};
    if (!admin_range(admin, &filter->since, &filter->until) || !admin_limit(admin, &filter->limit))
        return false;
    if (admin->merchant != NULL) {
        if (!identifier_parse(IDENTIFIER_MERCHANT, admin->merchant, &texts->merchant_id)) {
            admin_complain("--merchant: '%s' is no merchant's id", admin->merchant);
            return false;
        }
        filter->merchant_id = &texts->merchant_id;
    }
    if (admin->mode != NULL && !mode_parse(admin->mode, &mode)) {
        admin_complain("--mode must be live or test");
        return false;
    }
    if (admin->status != NULL && !payment_status_parse(admin->status, &status)) {
        admin_complain("--status must be processing, succeeded or failed");
        return false;
    }
    filter->mode = admin->mode;
    filter->status = admin->status;
    return true;
}
