/*
 * Lists of refunds in the database: one page at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/refund_list.h"

#include "store/binding.h"
#include "store/page_slots.h"
#include "store/refund_row.h"

_Static_assert(REFUND_FAILED + 1 == PAGE_STATUSES, "a page is merged of all statuses");

struct finding {
    const struct identifier *merchant_id;
    enum mode mode;
    const struct refund_listing *listing;
    struct refund *refunds;
    size_t *count;
};

static const char *
status_name(int status)
{
    return refund_status_name((enum refund_status)status);
}

static void
take(void *arg, const struct refund *found)
{
    struct finding *finding = arg;

    if (*finding->count <= (size_t)finding->listing->page.limit)
        finding->refunds[(*finding->count)++] = *found;
}

static enum database_result
find(struct database *database, void *arg)
{
    struct finding *finding = arg;
    const struct refund_listing *listing = finding->listing;
    const MYSQL_BIND owner[] = {
        bind_identifier(finding->merchant_id),
        bind_text(mode_name(finding->mode)),
    };
    const MYSQL_BIND payment[] = {bind_identifier(&listing->payment_id)};
    enum refund_list list = listing->has_payment ? REFUND_LIST_OF_PAYMENT : REFUND_LIST;
    struct page_binding binding;

    if (listing->page.backward)
        list = listing->has_payment ? REFUND_LIST_OF_PAYMENT_BACKWARD : REFUND_LIST_BACKWARD;
    page_bind(&binding, &listing->page, listing->has_payment ? payment : owner,
              listing->has_payment ? 1 : 2, status_name, listing->status);
    binding.parameters[binding.count] = owner[0];
    binding.parameters[binding.count + 1] = owner[1];
    *finding->count = 0;
    return refund_row_page(database, list, binding.parameters, take, finding);
}

enum database_result
refund_list_read(struct database *database, const struct identifier *merchant_id, enum mode mode,
                 const struct refund_listing *listing, struct refund *refunds, size_t *count)
{
    struct finding finding = {.merchant_id = merchant_id,
                              .mode = mode,
                              .listing = listing,
                              .refunds = refunds,
                              .count = count};

    *count = 0;
    return find(database, &finding);
}

enum store_result
refund_list_find(struct database *database, struct deadline deadline,
                 const struct identifier *merchant_id, enum mode mode,
                 const struct refund_listing *listing, struct refund *refunds, size_t *count)
{
    struct finding finding = {.merchant_id = merchant_id,
                              .mode = mode,
                              .listing = listing,
                              .refunds = refunds,
                              .count = count};

    *count = 0;
    return store_result_of(database_run(database, deadline, find, &finding), STORE_OK);
}
