/*
 * Payments in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/payment_store.h"

#include <string.h>

#include "domain/attempt.h"
#include "store/binding.h"
#include "store/event_store.h"
#include "store/payment_row.h"

static const struct statement statements[] = {
    {.name = "payment insert",
     .sql = "INSERT INTO payments (id, merchant_id, mode, amount, currency, status, decline,"
            " processor, source, description, idempotency_key, created_at, due_at, look_at,"
            " return_url)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     .parameters = 15},
    {.name = "payment insert, with metadata",
     .sql = "INSERT INTO payments (id, merchant_id, mode, amount, currency, status, decline,"
            " processor, source, description, idempotency_key, created_at, due_at, look_at,"
            " return_url, metadata)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     .parameters = 16,
     .late = true},
};

const struct statement_set payment_statements = {statements,
                                                 sizeof statements / sizeof statements[0]};

/* The parameters of one INSERT, a row a payment. */
struct payment_rows {
    struct text_rows id, merchant_id, mode, currency, status, decline, processor, source,
        description, idempotency_key, return_url;
    struct number_rows amount;
    struct time_rows created_at, due_at, look_at;
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
    set_time_or_null(&rows->due_at, row, payment->due_at);
    set_time_or_null(&rows->look_at, row, attempt_first_look_at(payment->due_at));
    set_text(&rows->return_url, row, payment->return_url[0] != '\0' ? payment->return_url : NULL);
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

/* Some of the payments of a group. */
struct insertion_part {
    const struct payment_insertion *insertions;
    const size_t *places;
    size_t count;
};

static enum database_result
insert_rows(struct database *database, void *arg)
{
    const struct insertion_part *part = arg;
    struct payment_rows rows;
    struct text_rows metadata; /* of the second statement only */
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
        bind_time_rows(&rows.due_at),
        bind_time_rows(&rows.look_at),
        bind_text_rows(&rows.return_url),
        bind_text_rows(&metadata),
    };
    bool has_metadata = false;
    size_t written;

    for (size_t i = 0; i < part->count; i++) {
        const struct payment *payment = part->insertions[part->places[i]].payment;

        set_payment(&rows, i, payment);
        has_metadata = has_metadata || payment->metadata.text != NULL;
    }
    for (size_t i = 0; i < part->count && has_metadata; i++)
        set_text(&metadata, i, part->insertions[part->places[i]].payment->metadata.text);
    return database_execute_group(database, &statements[has_metadata ? 1 : 0], parameters,
                                  part->count, &written);
}

static bool
has_events(const struct insertion_part *part)
{
    for (size_t i = 0; i < part->count; i++) {
        if (part->insertions[part->places[i]].event != NULL)
            return true;
    }
    return false;
}

static enum database_result
insert_rows_and_events(struct database *database, void *arg)
{
    const struct insertion_part *part = arg;
    const struct event *events[STORE_GROUP_MAX];
    enum database_result result = insert_rows(database, arg);
    size_t count = 0;

    for (size_t i = 0; i < part->count; i++) {
        const struct payment_insertion *insertion = &part->insertions[part->places[i]];

        if (insertion->event != NULL)
            events[count++] = insertion->event;
    }
    return result == DATABASE_DONE ? event_store_insert(database, events, count) : result;
}

/* One statement is a transaction of its own; with events it needs one. */
static enum database_result
insert_together(struct database *database, struct insertion_part *part)
{
    if (has_events(part))
        return database_transaction(database, insert_rows_and_events, part);
    return database_is_cluster(database) ? database_transaction(database, insert_rows, part)
                                         : insert_rows(database, part);
}

/* Gives a result to each pending payment that a row matches. */
struct settling {
    struct insertion_group *group;
    bool (*matches)(const struct payment *payment, const struct payment *found);
    enum store_result result;
};

static void
settle_by_row(void *arg, const struct payment *found)
{
    struct settling *settling = arg;
    struct pending *pending = &settling->group->pending;
    size_t kept = 0;

    for (size_t i = 0; i < pending->count; i++) {
        struct payment_insertion *insertion = &settling->group->insertions[pending->places[i]];

        if (!settling->matches(insertion->payment, found)) {
            pending->places[kept++] = pending->places[i];
            continue;
        }
        insertion->result = settling->result;
        if (insertion->result == STORE_EXISTS)
            *insertion->existing = *found;
    }
    pending->count = kept;
}

static bool
same_id(const struct payment *a, const struct payment *b)
{
    return identifier_equal(&a->id, &b->id);
}

/* The pending payments whose id or key is there get this result. */
static enum database_result
settle(struct database *database, struct insertion_group *group, enum payment_look_up by,
       enum store_result found)
{
    struct settling settling = {
        .group = group,
        .matches = by == PAYMENT_BY_KEY ? payment_same_key : same_id,
        .result = found,
    };
    struct record_key keys[STORE_GROUP_MAX];

    for (size_t i = 0; i < group->pending.count; i++) {
        const struct payment *payment = group->insertions[group->pending.places[i]].payment;

        keys[i] = (struct record_key){.merchant_id = &payment->merchant_id,
                                      .id = &payment->id,
                                      .idempotency_key = payment->idempotency_key,
                                      .mode = payment->mode};
    }
    return payment_row_look_up(database, by, keys, group->pending.count, settle_by_row, &settling);
}

/* What is there already: asked after a duplicate, and before another try. */
static enum database_result
settle_known(struct database *database, struct insertion_group *group)
{
    enum database_result result = DATABASE_DONE;

    if (database_tried_before(database))
        result = settle(database, group, PAYMENT_BY_ID, STORE_OK);
    if (result == DATABASE_DONE)
        result = settle(database, group, PAYMENT_BY_KEY, STORE_EXISTS);
    return result;
}

static bool
has_key(const struct insertion_group *group)
{
    for (size_t i = 0; i < group->pending.count; i++) {
        if (group->insertions[group->pending.places[i]].payment->idempotency_key[0] != '\0')
            return true;
    }
    return false;
}

/*
 * After a lock wait: whose keys are held by others? What a transaction has inserted and not
 * committed is seen by a reader of uncommitted rows only.
 */
static enum database_result
settle_locked(struct database *database, struct insertion_group *group)
{
    enum database_result result = settle_known(database, group);

    if (result != DATABASE_DONE || !has_key(group))
        return result;
    result = database_read_uncommitted(database);
    if (result == DATABASE_DONE)
        result = settle(database, group, PAYMENT_BY_KEY, STORE_LOCKED);
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
    struct insertion_part part = {
        .insertions = group->insertions, .places = places, .count = count};
    enum database_result result = insert_together(database, &part);

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
};

static void
take_found(void *arg, const struct payment *found)
{
    struct search_group *group = arg;

    for (size_t i = 0; i < group->count; i++) {
        struct payment_search *search = &group->searches[i];

        if (identifier_equal(search->id, &found->id) && search->mode == found->mode &&
            identifier_equal(search->merchant_id, &found->merchant_id)) {
            *search->payment = *found;
            search->result = STORE_OK;
        }
    }
}

static enum database_result
read_by_id(struct database *database, enum payment_look_up by, struct payment_search *searches,
           size_t count)
{
    struct search_group group = {.searches = searches, .count = count};
    struct record_key keys[STORE_GROUP_MAX];

    for (size_t i = 0; i < count; i++) {
        searches[i].result = STORE_NOT_FOUND;
        keys[i] = (struct record_key){
            .merchant_id = searches[i].merchant_id, .id = searches[i].id, .mode = searches[i].mode};
    }
    return payment_row_look_up(database, by, keys, count, take_found, &group);
}

enum database_result
payment_store_read(struct database *database, struct payment_search *searches, size_t count)
{
    return read_by_id(database, PAYMENT_BY_ID, searches, count);
}

enum database_result
payment_store_lock(struct database *database, struct payment_search *searches, size_t count,
                   bool skip_locked)
{
    return read_by_id(database, skip_locked ? PAYMENT_LOCKED_IF_FREE : PAYMENT_LOCKED, searches,
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
