/*
 * Payments in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/payment_store.h"

#include <string.h>

#include "store/binding.h"
#include "store/slots.h"

enum {
    INSERT,
    FIND_BY_ID,
    FIND_BY_KEY = FIND_BY_ID + SLOTS_COUNT,
    LOCK_BY_ID = FIND_BY_KEY + SLOTS_COUNT,
    LOCK_FREE_BY_ID = LOCK_BY_ID + SLOTS_COUNT,
};

#define SELECT                                                                              \
    "SELECT id, merchant_id, mode, amount, refunded, currency, status, decline, processor," \
    " source, description, idempotency_key, created_at FROM payments"
#define COLUMN_COUNT 13
#define BY_ID "(id = ? AND merchant_id = ? AND mode = ?)"
#define BY_KEY "(merchant_id = ? AND mode = ? AND idempotency_key = ?)"
#define EACH 3 /* parameters of one record in each of the two */

/*
 * The index is named where the optimizer could think of another one for a long list of conditions:
 * each condition is one row of it.
 */
static const struct statement statements[] = {
    [INSERT] = {.name = "payment insert",
                .sql = "INSERT INTO payments (id, merchant_id, mode, amount, currency, status,"
                       " decline, processor, source, description, idempotency_key, created_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                .parameters = 12},
    SLOT_STATEMENTS(FIND_BY_ID, "payment by id", SELECT " FORCE INDEX (PRIMARY) WHERE ", BY_ID, "",
                    EACH, COLUMN_COUNT),
    SLOT_STATEMENTS(FIND_BY_KEY, "payment by idempotency key",
                    SELECT " FORCE INDEX (payments_mode_idempotency) WHERE ", BY_KEY, "", EACH,
                    COLUMN_COUNT),
    SLOT_STATEMENTS(LOCK_BY_ID, "payment by id, locked", SELECT " FORCE INDEX (PRIMARY) WHERE ",
                    BY_ID, " ORDER BY id FOR UPDATE", EACH, COLUMN_COUNT),
    SLOT_STATEMENTS(LOCK_FREE_BY_ID, "payment by id, locked if free",
                    SELECT " FORCE INDEX (PRIMARY) WHERE ", BY_ID,
                    " ORDER BY id FOR UPDATE SKIP LOCKED", EACH, COLUMN_COUNT),
};

const struct statement_set payment_statements = {statements,
                                                 sizeof statements / sizeof statements[0]};

/* One row of a result, as the columns leave it. */
struct payment_row {
    struct column columns[COLUMN_COUNT];
    struct payment payment;
    char mode[8], currency[8], status[16], decline[40];
    MYSQL_TIME created_at;
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
    payment->created_at = time_from_column(&row->created_at);
    payment->currency = currency_of_record(row->currency);
    payment->decline = DECLINE_NONE;
    return payment->currency != NULL && mode_parse(row->mode, &payment->mode) &&
           payment_status_parse(row->status, &payment->status) &&
           (row->decline[0] == '\0' || decline_parse(row->decline, &payment->decline));
}

/* The parameters of one INSERT, a row a payment. */
struct payment_rows {
    struct text_rows id, merchant_id, mode, currency, status, decline, processor, source,
        description, idempotency_key;
    struct number_rows amount;
    struct time_rows created_at;
};

static void
set_payment(struct payment_rows *rows, size_t row, const struct payment *payment)
{
    set_identifier(&rows->id, row, &payment->id);
    set_identifier(&rows->merchant_id, row, &payment->merchant_id);
    set_text(&rows->mode, row, mode_name(payment->mode));
    rows->amount.values[row] = payment->amount;
    set_text(&rows->currency, row, payment->currency->code);
    set_text(&rows->status, row, payment_status_name(payment->status));
    set_text(&rows->decline, row, decline_name(payment->decline));
    set_text(&rows->processor, row, payment->processor);
    set_text(&rows->source, row, payment->source);
    set_text(&rows->description, row, payment->has_description ? payment->description : NULL);
    set_text(&rows->idempotency_key, row,
             payment->idempotency_key[0] != '\0' ? payment->idempotency_key : NULL);
    set_time(&rows->created_at, row, payment->created_at);
}

/* The payments of a group that are still to be kept, by their places in it. */
struct pending {
    size_t places[STORE_GROUP_MAX];
    size_t count;
};

struct insertion_group {
    struct payment_insertion *insertions;
    struct pending pending;
};

static enum database_result
insert_rows(struct database *database, const struct payment_insertion *insertions,
            const size_t *places, size_t count)
{
    struct payment_rows rows;
    MYSQL_BIND parameters[] = {
        bind_text_rows(&rows.id),
        bind_text_rows(&rows.merchant_id),
        bind_text_rows(&rows.mode),
        bind_number_rows(&rows.amount),
        bind_text_rows(&rows.currency),
        bind_text_rows(&rows.status),
        bind_text_rows(&rows.decline),
        bind_text_rows(&rows.processor),
        bind_text_rows(&rows.source),
        bind_text_rows(&rows.description),
        bind_text_rows(&rows.idempotency_key),
        bind_time_rows(&rows.created_at),
    };
    size_t written;

    for (size_t i = 0; i < count; i++)
        set_payment(&rows, i, insertions[places[i]].payment);
    return database_execute_group(database, &statements[INSERT], parameters, count, &written);
}

/* Whether a row that was found is what a pending payment waits for. */
typedef bool matches(const struct payment *payment, const struct payment *found);

/* Gives a result to each pending payment that a row matches. */
struct settling {
    struct insertion_group *group;
    matches *matches;
    enum store_result result;
    struct payment_row row;
};

static enum database_result
settle_by_row(void *arg)
{
    struct settling *settling = arg;
    struct pending *pending = &settling->group->pending;
    size_t kept = 0;

    if (!take_payment(&settling->row))
        return DATABASE_FAILED;
    for (size_t i = 0; i < pending->count; i++) {
        struct payment_insertion *insertion = &settling->group->insertions[pending->places[i]];

        if (!settling->matches(insertion->payment, &settling->row.payment)) {
            pending->places[kept++] = pending->places[i];
            continue;
        }
        insertion->result = settling->result;
        if (insertion->result == STORE_EXISTS)
            *insertion->existing = settling->row.payment;
    }
    pending->count = kept;
    return DATABASE_DONE;
}

static bool
same_id(const struct payment *a, const struct payment *b)
{
    return identifier_equal(&a->id, &b->id);
}

static enum database_result
settle_found(struct database *database, struct insertion_group *group,
             const struct statement *slots, MYSQL_BIND *parameters, size_t count, matches *matching,
             enum store_result found)
{
    struct settling settling = {.group = group, .matches = matching, .result = found};
    MYSQL_BIND columns[COLUMN_COUNT];

    if (count == 0)
        return DATABASE_DONE;
    slots_fill(parameters, EACH, count);
    bind_row(&settling.row, columns);
    return database_execute_rows(database, &slots[slots_for(count)], parameters, columns,
                                 settle_by_row, &settling);
}

/* Which of the pending payments have been kept, by their ids? */
static enum database_result
settle_by_id(struct database *database, struct insertion_group *group)
{
    MYSQL_BIND parameters[EACH * STORE_GROUP_MAX];
    const struct pending *pending = &group->pending;

    for (size_t i = 0; i < pending->count; i++) {
        const struct payment *payment = group->insertions[pending->places[i]].payment;

        parameters[EACH * i] = bind_identifier(&payment->id);
        parameters[EACH * i + 1] = bind_identifier(&payment->merchant_id);
        parameters[EACH * i + 2] = bind_text(mode_name(payment->mode));
    }
    return settle_found(database, group, &statements[FIND_BY_ID], parameters, pending->count,
                        same_id, STORE_OK);
}

/* Whose idempotency keys are there? That is what they are given as their result. */
static enum database_result
settle_by_key(struct database *database, struct insertion_group *group, enum store_result found)
{
    MYSQL_BIND parameters[EACH * STORE_GROUP_MAX];
    const struct pending *pending = &group->pending;
    size_t count = 0;

    for (size_t i = 0; i < pending->count; i++) {
        const struct payment *payment = group->insertions[pending->places[i]].payment;

        if (payment->idempotency_key[0] == '\0')
            continue;
        parameters[EACH * count] = bind_identifier(&payment->merchant_id);
        parameters[EACH * count + 1] = bind_text(mode_name(payment->mode));
        parameters[EACH * count + 2] = bind_text(payment->idempotency_key);
        count++;
    }
    return settle_found(database, group, &statements[FIND_BY_KEY], parameters, count,
                        payment_same_key, found);
}

/* What is there already: asked after a duplicate, and before another try. */
static enum database_result
settle_known(struct database *database, struct insertion_group *group)
{
    enum database_result result = DATABASE_DONE;

    if (database_tried_before(database))
        result = settle_by_id(database, group);
    if (result == DATABASE_DONE)
        result = settle_by_key(database, group, STORE_EXISTS);
    return result;
}

/*
 * After a lock wait: whose keys are held by others? What a transaction has inserted and not
 * committed is seen by a reader of uncommitted rows only.
 */
static enum database_result
settle_locked(struct database *database, struct insertion_group *group)
{
    enum database_result result = settle_known(database, group);

    if (result == DATABASE_DONE)
        result = database_read_uncommitted(database);
    if (result == DATABASE_DONE)
        result = settle_by_key(database, group, STORE_LOCKED);
    return result;
}

/*
 * Inserts so many of the pending payments. A group in which the database refuses a row is halved
 * until that one stands alone; its neighbours are kept.
 */
static enum database_result
insert_part(struct database *database, struct insertion_group *group, const size_t *places,
            size_t count)
{
    enum database_result result = insert_rows(database, group->insertions, places, count);

    if (result == DATABASE_INVALID && count > 1) {
        result = insert_part(database, group, places, count / 2);
        if (result == DATABASE_DONE)
            result = insert_part(database, group, places + count / 2, count - count / 2);
        return result;
    }
    if (result != DATABASE_DONE && result != DATABASE_INVALID)
        return result;
    for (size_t i = 0; i < count; i++)
        group->insertions[places[i]].result = result == DATABASE_DONE ? STORE_OK : STORE_FAILED;
    return DATABASE_DONE;
}

/* Takes out of the pending payments those that insert_part() has given a result. */
static void
drop_settled(struct insertion_group *group)
{
    struct pending *pending = &group->pending;
    size_t kept = 0;

    for (size_t i = 0; i < pending->count; i++) {
        if (group->insertions[pending->places[i]].result == STORE_PENDING)
            pending->places[kept++] = pending->places[i];
    }
    pending->count = kept;
}

static enum database_result
insert_group(struct database *database, void *arg)
{
    struct insertion_group *group = arg;
    enum database_result result = DATABASE_DONE;

    if (database_tried_before(database))
        result = settle_known(database, group);
    while (result == DATABASE_DONE && group->pending.count > 0) {
        size_t before = group->pending.count;
        enum database_result inserted =
            insert_part(database, group, group->pending.places, group->pending.count);

        drop_settled(group);
        if (inserted == DATABASE_DUPLICATE)
            result = settle_known(database, group);
        else if (inserted == DATABASE_LOCKED)
            result = settle_locked(database, group);
        else
            result = inserted;
        /* Nothing explains it: who was in the way has rolled back, or holds something else. */
        if (result == DATABASE_DONE && inserted != DATABASE_DONE && group->pending.count == before)
            return inserted == DATABASE_DUPLICATE ? DATABASE_CONFLICT : inserted;
    }
    return result;
}

void
payment_store_insert(struct database *database, struct deadline deadline,
                     struct payment_insertion *insertions, size_t count)
{
    struct insertion_group group = {.insertions = insertions};
    enum database_result result;

    for (size_t i = 0; i < count; i++) {
        insertions[i].result = STORE_PENDING;
        group.pending.places[i] = i;
    }
    group.pending.count = count;
    result = database_run(database, deadline, insert_group, &group);
    for (size_t i = 0; i < group.pending.count; i++)
        insertions[group.pending.places[i]].result = store_result_of(result, STORE_FAILED);
}

struct search_group {
    struct payment_search *searches;
    size_t count;
    struct payment_row row;
};

static enum database_result
take_found(void *arg)
{
    struct search_group *group = arg;
    const struct payment *found = &group->row.payment;

    if (!take_payment(&group->row))
        return DATABASE_FAILED;
    for (size_t i = 0; i < group->count; i++) {
        struct payment_search *search = &group->searches[i];

        if (identifier_equal(search->id, &found->id) && search->mode == found->mode &&
            identifier_equal(search->merchant_id, &found->merchant_id)) {
            *search->payment = *found;
            search->result = STORE_OK;
        }
    }
    return DATABASE_DONE;
}

static enum database_result
read_by_id(struct database *database, const struct statement *slots,
           struct payment_search *searches, size_t count)
{
    struct search_group group = {.searches = searches, .count = count};
    MYSQL_BIND parameters[EACH * STORE_GROUP_MAX];
    MYSQL_BIND columns[COLUMN_COUNT];

    for (size_t i = 0; i < count; i++) {
        searches[i].result = STORE_NOT_FOUND;
        parameters[EACH * i] = bind_identifier(searches[i].id);
        parameters[EACH * i + 1] = bind_identifier(searches[i].merchant_id);
        parameters[EACH * i + 2] = bind_text(mode_name(searches[i].mode));
    }
    slots_fill(parameters, EACH, count);
    bind_row(&group.row, columns);
    return database_execute_rows(database, &slots[slots_for(count)], parameters, columns,
                                 take_found, &group);
}

enum database_result
payment_store_read(struct database *database, struct payment_search *searches, size_t count)
{
    return read_by_id(database, &statements[FIND_BY_ID], searches, count);
}

enum database_result
payment_store_lock(struct database *database, struct payment_search *searches, size_t count,
                   bool skip_locked)
{
    return read_by_id(database, &statements[skip_locked ? LOCK_FREE_BY_ID : LOCK_BY_ID], searches,
                      count);
}

struct finding {
    struct payment_search *searches;
    size_t count;
};

static enum database_result
find(struct database *database, void *arg)
{
    struct finding *finding = arg;

    return payment_store_read(database, finding->searches, finding->count);
}

void
payment_store_find(struct database *database, struct deadline deadline,
                   struct payment_search *searches, size_t count)
{
    struct finding finding = {.searches = searches, .count = count};
    enum database_result result = database_run(database, deadline, find, &finding);

    for (size_t i = 0; i < count && result != DATABASE_DONE; i++)
        searches[i].result = store_result_of(result, STORE_FAILED);
}
