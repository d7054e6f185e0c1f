/*
 * Records with all that belongs to them, as of one moment.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/full_store.h"

#include <stdlib.h>
#include <string.h>

#include "store/binding.h"
#include "store/payment_store.h"
#include "store/refund_row.h"

enum metadata_of {
    METADATA_OF_PAYMENT,
    METADATA_OF_REFUND,
};

#define BY_ID " WHERE id = ? AND merchant_id = ? AND mode = ?"

static const struct statement statements[] = {
    [METADATA_OF_PAYMENT] = {.name = "metadata of a payment",
                             .sql = "SELECT metadata FROM payments" BY_ID,
                             .parameters = 3,
                             .columns = 1,
                             .late = true},
    [METADATA_OF_REFUND] = {.name = "metadata of a refund",
                            .sql = "SELECT metadata FROM refunds" BY_ID,
                            .parameters = 3,
                            .columns = 1,
                            .late = true},
};

const struct statement_set full_statements = {statements, sizeof statements / sizeof statements[0]};

/* What is looked for: a page, or one record. */
struct finding {
    const struct identifier *merchant_id;
    enum mode mode;
    const struct identifier *id; /* NULL: a page */
    const struct payment_listing *payment_listing;
    const struct refund_listing *refund_listing;
    struct full_payment *payments;
    struct full_refund *refunds;
    size_t *count;
    char *buffer; /* METADATA_TEXT_SIZE */
    enum store_result found;
};

static enum database_result
read_metadata(struct database *database, const struct finding *finding, enum metadata_of of,
              const struct identifier *id, char **metadata)
{
    MYSQL_BIND parameters[] = {
        bind_identifier(id),
        bind_identifier(finding->merchant_id),
        bind_text(mode_name(finding->mode)),
    };
    struct column column;
    MYSQL_BIND columns[] = {column_text(&column, finding->buffer, METADATA_TEXT_SIZE)};
    enum database_result result;
    size_t rows;

    result = database_execute(database, &statements[of], parameters, columns, &rows);
    if (result != DATABASE_DONE || rows == 0 || column.is_null)
        return result;
    column_end(&column, finding->buffer);
    free(*metadata);
    *metadata = strdup(finding->buffer);
    return *metadata != NULL ? DATABASE_DONE : DATABASE_UNAVAILABLE;
}

/* A payment in the sandbox of which nothing was refunded has no refunds; with a processor there may
 * be some that failed. */
static bool
may_have_refunds(const struct payment *payment)
{
    return payment->refunded > 0 || payment->due_at != 0;
}

static enum database_result
read_refunds(struct database *database, const struct finding *finding, struct full_payment *full)
{
    struct refund_listing listing = {
        .status = -1, .has_payment = true, .payment_id = full->payment.id};

    full->refund_count = 0;
    if (!may_have_refunds(&full->payment))
        return DATABASE_DONE;
    page_init(&listing.page);
    listing.page.limit = FULL_REFUNDS_MAX;
    return refund_list_read(database, finding->merchant_id, finding->mode, &listing, full->refunds,
                            &full->refund_count);
}

/* Those of the page are found first: the records alone, then put into their places. */
static enum database_result
read_payments(struct database *database, struct finding *finding)
{
    struct payment_search search = {.merchant_id = finding->merchant_id,
                                    .id = finding->id,
                                    .mode = finding->mode,
                                    .payment = &finding->payments[0].payment};
    enum database_result result;
    struct payment *page;

    if (finding->id != NULL) {
        result = payment_store_read(database, &search, 1);
        finding->found = search.result;
        *finding->count = result == DATABASE_DONE && search.result == STORE_OK ? 1 : 0;
        return result;
    }
    page = malloc(PAGE_RECORDS_MAX * sizeof *page);
    if (page == NULL)
        return DATABASE_UNAVAILABLE;
    result = payment_list_read(database, finding->merchant_id, finding->mode,
                               finding->payment_listing, page, finding->count);
    finding->found = STORE_OK;
    for (size_t i = 0; i < *finding->count; i++)
        finding->payments[i].payment = page[i];
    free(page);
    return result;
}

static enum database_result
read_full_payments(struct database *database, void *arg)
{
    struct finding *finding = arg;
    enum database_result result = read_payments(database, finding);

    for (size_t i = 0; i < *finding->count && result == DATABASE_DONE; i++) {
        struct full_payment *full = &finding->payments[i];

        if (finding->id == NULL && i == (size_t)finding->payment_listing->page.limit)
            break; /* it is not shown */
        if (metadata_is_there(&full->payment.metadata))
            result = read_metadata(database, finding, METADATA_OF_PAYMENT, &full->payment.id,
                                   &full->metadata);
        if (result == DATABASE_DONE)
            result = read_refunds(database, finding, full);
    }
    return result;
}

static void
take_refund(void *arg, const struct refund *found)
{
    struct finding *finding = arg;

    finding->refunds[0].refund = *found;
    finding->found = STORE_OK;
    *finding->count = 1;
}

static enum database_result
read_refund_records(struct database *database, struct finding *finding)
{
    const struct record_key key = {
        .merchant_id = finding->merchant_id, .id = finding->id, .mode = finding->mode};
    enum database_result result;
    struct refund *page;

    finding->found = finding->id != NULL ? STORE_NOT_FOUND : STORE_OK;
    *finding->count = 0;
    if (finding->id != NULL)
        return refund_row_look_up(database, REFUND_WITH_CURRENCY, &key, 1, take_refund, finding);
    page = malloc(PAGE_RECORDS_MAX * sizeof *page);
    if (page == NULL)
        return DATABASE_UNAVAILABLE;
    result = refund_list_read(database, finding->merchant_id, finding->mode,
                              finding->refund_listing, page, finding->count);
    for (size_t i = 0; i < *finding->count; i++)
        finding->refunds[i].refund = page[i];
    free(page);
    return result;
}

static enum database_result
read_full_refunds(struct database *database, void *arg)
{
    struct finding *finding = arg;
    enum database_result result = read_refund_records(database, finding);

    for (size_t i = 0; i < *finding->count && result == DATABASE_DONE; i++) {
        struct full_refund *full = &finding->refunds[i];

        if (metadata_is_there(&full->refund.metadata))
            result = read_metadata(database, finding, METADATA_OF_REFUND, &full->refund.id,
                                   &full->metadata);
    }
    return result;
}

/* All of it is read in one transaction, so that what was refunded is the sum of the refunds. */
static enum database_result
find(struct database *database, void *arg)
{
    struct finding *finding = arg;

    *finding->count = 0;
    return database_transaction(
        database, finding->payments != NULL ? read_full_payments : read_full_refunds, finding);
}

static enum store_result
run(struct database *database, struct deadline deadline, struct finding *finding)
{
    enum database_result result;

    finding->found = STORE_FAILED;
    finding->buffer = malloc(METADATA_TEXT_SIZE);
    if (finding->buffer == NULL)
        return STORE_UNAVAILABLE;
    result = database_run(database, deadline, find, finding);
    free(finding->buffer);
    return store_result_of(result, finding->found);
}

enum store_result
full_store_payments(struct database *database, struct deadline deadline,
                    const struct identifier *merchant_id, enum mode mode,
                    const struct payment_listing *listing, struct full_payment *payments,
                    size_t *count)
{
    struct finding finding = {.merchant_id = merchant_id,
                              .mode = mode,
                              .payment_listing = listing,
                              .payments = payments,
                              .count = count};

    *count = 0;
    return run(database, deadline, &finding);
}

enum store_result
full_store_payment(struct database *database, struct deadline deadline,
                   const struct identifier *merchant_id, enum mode mode,
                   const struct identifier *id, struct full_payment *payment)
{
    size_t count = 0;
    struct finding finding = {
        .merchant_id = merchant_id, .mode = mode, .id = id, .payments = payment, .count = &count};

    return run(database, deadline, &finding);
}

enum store_result
full_store_refunds(struct database *database, struct deadline deadline,
                   const struct identifier *merchant_id, enum mode mode,
                   const struct refund_listing *listing, struct full_refund *refunds, size_t *count)
{
    struct finding finding = {.merchant_id = merchant_id,
                              .mode = mode,
                              .refund_listing = listing,
                              .refunds = refunds,
                              .count = count};

    *count = 0;
    return run(database, deadline, &finding);
}

enum store_result
full_store_refund(struct database *database, struct deadline deadline,
                  const struct identifier *merchant_id, enum mode mode, const struct identifier *id,
                  struct full_refund *refund)
{
    size_t count = 0;
    struct finding finding = {
        .merchant_id = merchant_id, .mode = mode, .id = id, .refunds = refund, .count = &count};

    return run(database, deadline, &finding);
}

void
full_payments_free(struct full_payment *payments, size_t size)
{
    for (size_t i = 0; payments != NULL && i < size; i++)
        free(payments[i].metadata);
    free(payments);
}

void
full_refunds_free(struct full_refund *refunds, size_t size)
{
    for (size_t i = 0; refunds != NULL && i < size; i++)
        free(refunds[i].metadata);
    free(refunds);
}
