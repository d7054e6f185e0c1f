/*
 * What is due: payments and refunds that stay "processing".
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/due_store.h"

#include "domain/attempt.h"
#include "store/binding.h"
#include "store/refund_row.h"

enum {
    POSTPONE_PAYMENT,
    POSTPONE_REFUND,
    COUNT_UNRESOLVED, /* and that of refunds behind it: see enum metrics_record */
};

/* Of the index alone, and of it only what is unresolved: the age is in the id. */
#define OLDER "COUNT(IF(id < ?, 1, NULL))"
#define COUNTS(table)                                                                    \
    {                                                                                    \
        .name = "unresolved " table,                                                     \
        .sql = "SELECT COUNT(*), " OLDER ", " OLDER ", " OLDER ", " OLDER " FROM " table \
               " FORCE INDEX (" table "_look_at) WHERE look_at IS NOT NULL",             \
        .parameters = METRICS_AGES - 1, .columns = METRICS_AGES, .late = true            \
    }

static const struct statement statements[] = {
    [POSTPONE_PAYMENT] = {.name = "payment claim",
                          .sql = "UPDATE payments SET look_at = ?"
                                 " WHERE id = ? AND status = 'processing'",
                          .parameters = 2},
    [POSTPONE_REFUND] = {.name = "refund claim",
                         .sql = "UPDATE refunds SET look_at = ?"
                                " WHERE id = ? AND status = 'processing'",
                         .parameters = 2},
    [COUNT_UNRESOLVED + METRICS_PAYMENT] = COUNTS("payments"),
    [COUNT_UNRESOLVED + METRICS_REFUND] = COUNTS("refunds"),
};

const struct statement_set due_statements = {statements, sizeof statements / sizeof statements[0]};

struct claim {
    int64_t now; /* Unix time in milliseconds */
    struct payment *payments;
    struct refund *refunds;
    size_t count;
    struct text_rows ids;
    struct time_rows look_at;
};

static enum database_result
postpone(struct database *database, struct claim *claim, int statement)
{
    MYSQL_BIND parameters[] = {bind_time_rows(&claim->look_at), bind_text_rows(&claim->ids)};
    size_t rows;

    return claim->count > 0 ? database_execute_group(database, &statements[statement], parameters,
                                                     claim->count, &rows)
                            : DATABASE_DONE;
}

static void
take_payment(void *arg, const struct payment *found)
{
    struct claim *claim = arg;
    struct payment *payment = &claim->payments[claim->count];

    *payment = *found;
    set_identifier(&claim->ids, claim->count, &payment->id);
    set_time(&claim->look_at, claim->count, attempt_next_look_at(found->created_at, claim->now));
    claim->count++;
}

static enum database_result
claim_payments(struct database *database, void *arg)
{
    struct claim *claim = arg;
    enum database_result result;

    claim->count = 0;
    result = payment_row_due(database, claim->now, take_payment, claim);
    return result == DATABASE_DONE ? postpone(database, claim, POSTPONE_PAYMENT) : result;
}

static void
take_refund(void *arg, const struct refund *found)
{
    struct claim *claim = arg;
    struct refund *refund = &claim->refunds[claim->count];

    *refund = *found;
    set_identifier(&claim->ids, claim->count, &refund->id);
    set_time(&claim->look_at, claim->count, attempt_next_look_at(found->created_at, claim->now));
    claim->count++;
}

static enum database_result
claim_refunds(struct database *database, void *arg)
{
    struct claim *claim = arg;
    enum database_result result;

    claim->count = 0;
    result = refund_row_due(database, claim->now, take_refund, claim);
    return result == DATABASE_DONE ? postpone(database, claim, POSTPONE_REFUND) : result;
}

/* Without locks between the rows, on which new payments would have to wait. */
static enum database_result
claim_payments_at_once(struct database *database, void *arg)
{
    enum database_result result = database_lock_rows_only(database);

    return result == DATABASE_DONE ? database_transaction(database, claim_payments, arg) : result;
}

static enum database_result
claim_refunds_at_once(struct database *database, void *arg)
{
    enum database_result result = database_lock_rows_only(database);

    return result == DATABASE_DONE ? database_transaction(database, claim_refunds, arg) : result;
}

enum store_result
due_store_claim_payments(struct database *database, struct deadline deadline,
                         struct payment payments[DUE_MAX], size_t *count)
{
    struct claim claim = {.now = clock_wall_ms(), .payments = payments};
    enum database_result result = database_run(database, deadline, claim_payments_at_once, &claim);

    *count = result == DATABASE_DONE ? claim.count : 0;
    return store_result_of(result, STORE_OK);
}

enum store_result
due_store_claim_refunds(struct database *database, struct deadline deadline,
                        struct refund refunds[DUE_MAX], size_t *count)
{
    struct claim claim = {.now = clock_wall_ms(), .refunds = refunds};
    enum database_result result = database_run(database, deadline, claim_refunds_at_once, &claim);

    *count = result == DATABASE_DONE ? claim.count : 0;
    return store_result_of(result, STORE_OK);
}

struct count {
    uint64_t (*counts)[METRICS_AGES];
};

static enum database_result
count_records(struct database *database, enum metrics_record record, uint64_t counts[METRICS_AGES])
{
    struct identifier bounds[METRICS_AGES - 1];
    MYSQL_BIND parameters[METRICS_AGES - 1];
    struct column columns[METRICS_AGES];
    int64_t older[METRICS_AGES] = {0};
    MYSQL_BIND results[METRICS_AGES];
    int64_t now = clock_wall_ms();
    enum database_result result;
    size_t rows;

    for (size_t i = 0; i < METRICS_AGES - 1; i++) {
        bounds[i] = identifier_first_of(now - (int64_t)metrics_ages[i] * 1000);
        parameters[i] = bind_identifier(&bounds[i]);
    }
    for (size_t i = 0; i < METRICS_AGES; i++)
        results[i] = column_number(&columns[i], &older[i]);
    result = database_execute(database, &statements[COUNT_UNRESOLVED + record], parameters, results,
                              &rows);
    for (size_t i = 0; i < METRICS_AGES; i++)
        counts[i] = (uint64_t)(older[i] - (i + 1 < METRICS_AGES ? older[i + 1] : 0));
    return result;
}

static enum database_result
count_all(struct database *database, void *arg)
{
    struct count *count = arg;
    enum database_result result =
        count_records(database, METRICS_PAYMENT, count->counts[METRICS_PAYMENT]);

    return result == DATABASE_DONE
               ? count_records(database, METRICS_REFUND, count->counts[METRICS_REFUND])
               : result;
}

enum store_result
due_store_count(struct database *database, struct deadline deadline,
                uint64_t counts[METRICS_RECORDS][METRICS_AGES])
{
    struct count count = {.counts = counts};

    return store_result_of(database_run(database, deadline, count_all, &count), STORE_OK);
}
