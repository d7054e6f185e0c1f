/*
 * Lists of payments in the database: one page at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/payment_list.h"

#include "store/binding.h"
#include "store/page_slots.h"
#include "store/payment_row.h"

_Static_assert(PAYMENT_FAILED + 1 == PAGE_STATUSES, "a page is merged of all statuses");

struct finding {
    const struct identifier *merchant_id;
    enum mode mode;
    const struct payment_listing *listing;
    struct payment *payments;
    size_t *count;
};

static const char *
status_name(int status)
{
    return payment_status_name((enum payment_status)status);
}

static void
take(void *arg, const struct payment *found)
{
    struct finding *finding = arg;

    if (*finding->count <= (size_t)finding->listing->page.limit)
        finding->payments[(*finding->count)++] = *found;
}

static enum database_result
find(struct database *database, void *arg)
{
    struct finding *finding = arg;
    const struct payment_listing *listing = finding->listing;
    bool of_currency = listing->currency != NULL;
    const MYSQL_BIND condition[] = {
        bind_identifier(finding->merchant_id),
        bind_text(mode_name(finding->mode)),
        bind_text(of_currency ? listing->currency->code : NULL),
    };
    enum payment_list list = of_currency ? PAYMENT_LIST_OF_CURRENCY : PAYMENT_LIST;
    struct page_binding binding;

    if (listing->page.backward)
        list = of_currency ? PAYMENT_LIST_OF_CURRENCY_BACKWARD : PAYMENT_LIST_BACKWARD;
    page_bind(&binding, &listing->page, condition, of_currency ? 3 : 2, status_name,
              listing->status);
    *finding->count = 0;
    return payment_row_page(database, list, binding.parameters, take, finding);
}

enum database_result
payment_list_read(struct database *database, const struct identifier *merchant_id, enum mode mode,
                  const struct payment_listing *listing, struct payment *payments, size_t *count)
{
    struct finding finding = {.merchant_id = merchant_id,
                              .mode = mode,
                              .listing = listing,
                              .payments = payments,
                              .count = count};

    *count = 0;
    return find(database, &finding);
}

enum store_result
payment_list_find(struct database *database, struct deadline deadline,
                  const struct identifier *merchant_id, enum mode mode,
                  const struct payment_listing *listing, struct payment *payments, size_t *count)
{
    struct finding finding = {.merchant_id = merchant_id,
                              .mode = mode,
                              .listing = listing,
                              .payments = payments,
                              .count = count};

    *count = 0;
    return store_result_of(database_run(database, deadline, find, &finding), STORE_OK);
}
