/*
 * Payments as rows: reading them, in one place.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/payment_row.h"

#include <string.h>

#include "store/binding.h"
#include "store/page_slots.h"
#include "store/slots.h"

#define DIGEST " UNHEX(SHA2(metadata, 256))" /* the text may be long, and few want it */
#define COLUMNS                                                                      \
    "id, merchant_id, mode, amount, refunded, currency, status, decline, processor," \
    " source, description, idempotency_key, created_at, due_at, reference,"          \
    " return_url, action_url," DIGEST ", disputed_at, forgotten_at"
#define SELECT "SELECT " COLUMNS " FROM payments"
#define COLUMN_COUNT 20
#define BY_ID "(id = ? AND merchant_id = ? AND mode = ?)"
#define BY_KEY "(merchant_id = ? AND mode = ? AND idempotency_key = ?)"
#define EACH RECORD_KEY_PARAMETERS
#define LIST(title, index, condition, condition_parameters, order)                                 \
    {                                                                                              \
        .name = (title),                                                                           \
        .sql = "SELECT " COLUMNS " FROM " PAGE(                                                    \
            "payments", index, condition,                                                          \
            order) "payments FORCE INDEX (PRIMARY) ON id = page_id ORDER BY page_id " order,       \
        .parameters = PAGE_PARAMETERS(condition_parameters), .columns = COLUMN_COUNT, .late = true \
    }
#define OF_MERCHANT "merchant_id = ? AND mode = ?"
#define OF_CURRENCY "merchant_id = ? AND mode = ? AND currency = ?"

/* Places in the table, behind those of the look-ups. */
enum { PAYMENTS_DUE = PAYMENT_LOOK_UPS * SLOTS_COUNT, PAYMENT_LISTS };

/*
 * The index is named where the optimizer could think of another one for a long list of conditions:
 * each condition is one row of it.
 */
static const struct statement statements[] = {
    SLOT_STATEMENTS(PAYMENT_BY_ID * SLOTS_COUNT, "payment by id",
                    SELECT " FORCE INDEX (PRIMARY) WHERE ", BY_ID, "", EACH, COLUMN_COUNT),
    SLOT_STATEMENTS(PAYMENT_BY_KEY *SLOTS_COUNT, "payment by idempotency key",
                    SELECT " FORCE INDEX (payments_mode_idempotency) WHERE ", BY_KEY, "", EACH,
                    COLUMN_COUNT),
    SLOT_STATEMENTS(PAYMENT_LOCKED *SLOTS_COUNT, "payment by id, locked",
                    SELECT " FORCE INDEX (PRIMARY) WHERE ", BY_ID, " ORDER BY id FOR UPDATE", EACH,
                    COLUMN_COUNT),
    SLOT_STATEMENTS(PAYMENT_LOCKED_IF_FREE *SLOTS_COUNT, "payment by id, locked if free",
                    SELECT " FORCE INDEX (PRIMARY) WHERE ", BY_ID,
                    " ORDER BY id FOR UPDATE SKIP LOCKED", EACH, COLUMN_COUNT),
    [PAYMENTS_DUE] = {.name = "payments due",
                      .sql = SELECT
                      " FORCE INDEX (payments_look_at) WHERE look_at <= ? ORDER BY look_at LIMIT 16"
                      " FOR UPDATE SKIP LOCKED",
                      .parameters = 1,
                      .columns = COLUMN_COUNT,
                      .late = true},
    [PAYMENT_LISTS + PAYMENT_LIST] =
        LIST("payments, a page", "payments_list", OF_MERCHANT, 2, "DESC"),
    [PAYMENT_LISTS + PAYMENT_LIST_BACKWARD] =
        LIST("payments, a page backward", "payments_list", OF_MERCHANT, 2, "ASC"),
    [PAYMENT_LISTS + PAYMENT_LIST_OF_CURRENCY] =
        LIST("payments of a currency, a page", "payments_currency_list", OF_CURRENCY, 3, "DESC"),
    [PAYMENT_LISTS + PAYMENT_LIST_OF_CURRENCY_BACKWARD] = LIST(
        "payments of a currency, a page backward", "payments_currency_list", OF_CURRENCY, 3, "ASC"),
};

const struct statement_set payment_row_statements = {statements,
                                                     sizeof statements / sizeof statements[0]};

/* One row of a result, as the columns leave it, and who wants it. */
struct payment_row {
    struct column columns[COLUMN_COUNT];
    struct payment payment;
    char mode[8], currency[8], status[16], decline[40];
    MYSQL_TIME created_at, due_at, disputed_at, forgotten_at;
    payment_found *found;
    void *arg;
};

static void
bind_row(struct payment_row *row, MYSQL_BIND columns[COLUMN_COUNT])
{
    struct payment *payment = &row->payment;
    const MYSQL_BIND bound[COLUMN_COUNT] = {
        column_bytes(&row->columns[0], payment->id.bytes, IDENTIFIER_SIZE),
        column_bytes(&row->columns[1], payment->merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&row->columns[2], row->mode, sizeof row->mode),
        column_number(&row->columns[3], &payment->amount),
        column_number(&row->columns[4], &payment->refunded),
        column_text(&row->columns[5], row->currency, sizeof row->currency),
        column_text(&row->columns[6], row->status, sizeof row->status),
        column_text(&row->columns[7], row->decline, sizeof row->decline),
        column_text(&row->columns[8], payment->processor, sizeof payment->processor),
        column_text(&row->columns[9], payment->source, sizeof payment->source),
        column_text(&row->columns[10], payment->description, sizeof payment->description),
        column_text(&row->columns[11], payment->idempotency_key, sizeof payment->idempotency_key),
        column_time(&row->columns[12], &row->created_at),
        column_time(&row->columns[13], &row->due_at),
        column_text(&row->columns[14], payment->reference, sizeof payment->reference),
        column_text(&row->columns[15], payment->return_url, sizeof payment->return_url),
        column_text(&row->columns[16], payment->action_url, sizeof payment->action_url),
        column_bytes(&row->columns[17], payment->metadata.digest, METADATA_DIGEST_SIZE),
        column_time(&row->columns[18], &row->disputed_at),
        column_time(&row->columns[19], &row->forgotten_at),
    };

    memcpy(columns, bound, sizeof bound);
}

/* The row as a payment; false for a row that no program of ours writes. */
static bool
take_payment(struct payment_row *row)
{
    struct payment *payment = &row->payment;

    column_end(&row->columns[2], row->mode);
    column_end(&row->columns[5], row->currency);
    column_end(&row->columns[6], row->status);
    column_end(&row->columns[7], row->decline);
    column_end(&row->columns[8], payment->processor);
    column_end(&row->columns[9], payment->source);
    column_end(&row->columns[10], payment->description);
    column_end(&row->columns[11], payment->idempotency_key);
    payment->has_description = !row->columns[10].is_null;
    column_end(&row->columns[14], payment->reference);
    column_end(&row->columns[15], payment->return_url);
    column_end(&row->columns[16], payment->action_url);
    if (row->columns[17].is_null)
        memset(&payment->metadata, 0, sizeof payment->metadata);
    payment->forgotten = !row->columns[19].is_null;
    payment->created_at = time_from_column(&row->created_at);
    payment->due_at = row->columns[13].is_null ? 0 : time_from_column(&row->due_at);
    payment->is_disputed = !row->columns[18].is_null;
    payment->currency = currency_of_record(row->currency);
    payment->decline = DECLINE_NONE;
    return payment->currency != NULL && mode_parse(row->mode, &payment->mode) &&
           payment_status_parse(row->status, &payment->status) &&
           (row->decline[0] == '\0' || decline_parse(row->decline, &payment->decline));
}

static enum database_result
hand_over(void *arg)
{
    struct payment_row *row = arg;

    if (!take_payment(row))
        return DATABASE_FAILED;
    row->found(row->arg, &row->payment);
    return DATABASE_DONE;
}

enum database_result
payment_row_look_up(struct database *database, enum payment_look_up by,
                    const struct record_key *keys, size_t count, payment_found *found, void *arg)
{
    struct payment_row row = {.found = found, .arg = arg};
    MYSQL_BIND parameters[EACH * STORE_GROUP_MAX];
    MYSQL_BIND columns[COLUMN_COUNT];

    if (by == PAYMENT_BY_KEY)
        count = slots_bind_keys(parameters, keys, count);
    else if (count > 0)
        slots_bind_ids(parameters, keys, count);
    if (count == 0)
        return DATABASE_DONE;
    bind_row(&row, columns);
    return database_execute_rows(database, &statements[by * SLOTS_COUNT + slots_for(count)],
                                 parameters, columns, hand_over, &row);
}

enum database_result
payment_row_due(struct database *database, int64_t now, payment_found *found, void *arg)
{
    struct payment_row row = {.found = found, .arg = arg};
    MYSQL_TIME until = time_to_column(now);
    MYSQL_BIND parameters[] = {bind_time(&until)};
    MYSQL_BIND columns[COLUMN_COUNT];

    bind_row(&row, columns);
    return database_execute_rows(database, &statements[PAYMENTS_DUE], parameters, columns,
                                 hand_over, &row);
}

enum database_result
payment_row_page(struct database *database, enum payment_list list, MYSQL_BIND *parameters,
                 payment_found *found, void *arg)
{
    struct payment_row row = {.found = found, .arg = arg};
    MYSQL_BIND columns[COLUMN_COUNT];

    bind_row(&row, columns);
    return database_execute_rows(database, &statements[PAYMENT_LISTS + list], parameters, columns,
                                 hand_over, &row);
}
