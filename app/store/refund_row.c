/*
 * Refunds as rows: reading them, in one place.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/refund_row.h"

#include <string.h>

#include "store/binding.h"
#include "store/page_slots.h"
#include "store/slots.h"

#define DIGEST " UNHEX(SHA2(r.metadata, 256))"
#define COLUMNS                                                                         \
    "r.id, r.merchant_id, r.mode, r.payment_id, r.amount, r.status, r.idempotency_key," \
    " r.created_at, r.due_at, r.reference," DIGEST ", r.origin, r.returned_at, r.forgotten_at"
#define COLUMN_COUNT 15
#define SELECT "SELECT " COLUMNS ", NULL FROM refunds r"
#define BY_ID "(r.id = ? AND r.merchant_id = ? AND r.mode = ?)"
#define BY_KEY "(r.merchant_id = ? AND r.mode = ? AND r.idempotency_key = ?)"
#define EACH RECORD_KEY_PARAMETERS
#define LIST(title, index, condition, condition_parameters, order)                           \
    {                                                                                        \
        .name = (title),                                                                     \
        .sql = "SELECT " COLUMNS ", p.currency FROM " PAGE(                                  \
            "refunds", index, condition,                                                     \
            order) "refunds r FORCE INDEX (PRIMARY) ON r.id = page_id AND r.merchant_id = ?" \
                   " AND r.mode = ? STRAIGHT_JOIN payments p FORCE INDEX (PRIMARY)"          \
                   " ON p.id = r.payment_id ORDER BY page_id " order,                        \
        .parameters = PAGE_PARAMETERS(condition_parameters) + 2, .columns = COLUMN_COUNT,    \
        .late = true                                                                         \
    }
#define OF_MERCHANT "merchant_id = ? AND mode = ?"
#define OF_PAYMENT "payment_id = ?"
#define REFUND_LISTS (REFUND_LOOK_UPS * SLOTS_COUNT + 2)

static const struct statement statements[] = {
    SLOT_STATEMENTS(REFUND_BY_ID * SLOTS_COUNT, "refund by id",
                    SELECT " FORCE INDEX (PRIMARY) WHERE ", BY_ID, "", EACH, COLUMN_COUNT),
    SLOT_STATEMENTS(REFUND_BY_KEY *SLOTS_COUNT, "refund by idempotency key",
                    SELECT " FORCE INDEX (refunds_mode_idempotency) WHERE ", BY_KEY, "", EACH,
                    COLUMN_COUNT),
    SLOT_STATEMENTS(REFUND_LOCKED *SLOTS_COUNT, "refund by id, locked",
                    SELECT " FORCE INDEX (PRIMARY) WHERE ", BY_ID, " ORDER BY id FOR UPDATE", EACH,
                    COLUMN_COUNT),
    [REFUND_WITH_CURRENCY *
        SLOTS_COUNT] = {.name = "refund by id, with its currency",
                        .sql = "SELECT " COLUMNS ", p.currency FROM refunds r"
                               " JOIN payments p ON p.id = r.payment_id WHERE " BY_ID,
                        .parameters = EACH,
                        .columns = COLUMN_COUNT},
    [REFUND_LOOK_UPS * SLOTS_COUNT + 1] = {.name = "refunds due",
                                           .sql = SELECT " FORCE INDEX (refunds_look_at)"
                                                         " WHERE r.look_at <= ?"
                                                         " ORDER BY r.look_at LIMIT 16"
                                                         " FOR UPDATE SKIP LOCKED",
                                           .parameters = 1,
                                           .columns = COLUMN_COUNT,
                                           .late = true},
    [REFUND_LISTS + REFUND_LIST] = LIST("refunds, a page", "refunds_list", OF_MERCHANT, 2, "DESC"),
    [REFUND_LISTS + REFUND_LIST_BACKWARD] =
        LIST("refunds, a page backward", "refunds_list", OF_MERCHANT, 2, "ASC"),
    [REFUND_LISTS + REFUND_LIST_OF_PAYMENT] =
        LIST("refunds of a payment, a page", "refunds_payment_list", OF_PAYMENT, 1, "DESC"),
    [REFUND_LISTS + REFUND_LIST_OF_PAYMENT_BACKWARD] =
        LIST("refunds of a payment, a page backward", "refunds_payment_list", OF_PAYMENT, 1, "ASC"),
};

const struct statement_set refund_row_statements = {statements,
                                                    sizeof statements / sizeof statements[0]};

/* One row of a result, as the columns leave it, and who wants it. */
struct refund_row {
    struct column columns[COLUMN_COUNT];
    struct refund refund;
    char mode[8], status[16], currency[8], origin[16];
    MYSQL_TIME created_at, due_at, returned_at, forgotten_at;
    refund_found *found;
    void *arg;
};

static void
bind_row(struct refund_row *row, MYSQL_BIND columns[COLUMN_COUNT])
{
    struct refund *refund = &row->refund;
    const MYSQL_BIND bound[COLUMN_COUNT] = {
        column_bytes(&row->columns[0], refund->id.bytes, IDENTIFIER_SIZE),
        column_bytes(&row->columns[1], refund->merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&row->columns[2], row->mode, sizeof row->mode),
        column_bytes(&row->columns[3], refund->payment_id.bytes, IDENTIFIER_SIZE),
        column_number(&row->columns[4], &refund->amount),
        column_text(&row->columns[5], row->status, sizeof row->status),
        column_text(&row->columns[6], refund->idempotency_key, sizeof refund->idempotency_key),
        column_time(&row->columns[7], &row->created_at),
        column_time(&row->columns[8], &row->due_at),
        column_text(&row->columns[9], refund->reference, sizeof refund->reference),
        column_bytes(&row->columns[10], refund->metadata.digest, METADATA_DIGEST_SIZE),
        column_text(&row->columns[11], row->origin, sizeof row->origin),
        column_time(&row->columns[12], &row->returned_at),
        column_time(&row->columns[13], &row->forgotten_at),
        column_text(&row->columns[14], row->currency, sizeof row->currency),
    };

    memcpy(columns, bound, sizeof bound);
}

/* The row as a refund; false for a row that no program of ours writes. */
static bool
take_refund(struct refund_row *row)
{
    struct refund *refund = &row->refund;

    column_end(&row->columns[2], row->mode);
    column_end(&row->columns[5], row->status);
    column_end(&row->columns[6], refund->idempotency_key);
    column_end(&row->columns[9], refund->reference);
    column_end(&row->columns[11], row->origin);
    column_end(&row->columns[14], row->currency);
    if (row->columns[10].is_null)
        memset(&refund->metadata, 0, sizeof refund->metadata);
    refund->forgotten = !row->columns[13].is_null;
    refund->created_at = time_from_column(&row->created_at);
    refund->due_at = row->columns[8].is_null ? 0 : time_from_column(&row->due_at);
    refund->returned_at = row->columns[12].is_null ? 0 : time_from_column(&row->returned_at);
    refund->currency = currency_of_record(row->currency);
    return mode_parse(row->mode, &refund->mode) &&
           refund_status_parse(row->status, &refund->status) &&
           (refund->currency != NULL || row->columns[14].is_null) &&
           refund_origin_parse(row->origin, &refund->origin);
}

static enum database_result
hand_over(void *arg)
{
    struct refund_row *row = arg;

    if (!take_refund(row))
        return DATABASE_FAILED;
    row->found(row->arg, &row->refund);
    return DATABASE_DONE;
}

enum database_result
refund_row_look_up(struct database *database, enum refund_look_up by, const struct record_key *keys,
                   size_t count, refund_found *found, void *arg)
{
    struct refund_row row = {.found = found, .arg = arg};
    MYSQL_BIND parameters[EACH * STORE_GROUP_MAX];
    MYSQL_BIND columns[COLUMN_COUNT];

    if (by == REFUND_BY_KEY)
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
refund_row_due(struct database *database, int64_t now, refund_found *found, void *arg)
{
    struct refund_row row = {.found = found, .arg = arg};
    MYSQL_TIME until = time_to_column(now);
    MYSQL_BIND parameters[] = {bind_time(&until)};
    MYSQL_BIND columns[COLUMN_COUNT];

    bind_row(&row, columns);
    return database_execute_rows(database, &statements[REFUND_LOOK_UPS * SLOTS_COUNT + 1],
                                 parameters, columns, hand_over, &row);
}

enum database_result
refund_row_page(struct database *database, enum refund_list list, MYSQL_BIND *parameters,
                refund_found *found, void *arg)
{
    struct refund_row row = {.found = found, .arg = arg};
    MYSQL_BIND columns[COLUMN_COUNT];

    bind_row(&row, columns);
    return database_execute_rows(database, &statements[REFUND_LISTS + list], parameters, columns,
                                 hand_over, &row);
}
