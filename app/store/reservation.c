/*
 * Reservations: a refund and the amount that it takes from its payment, kept in one transaction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/reservation.h"

#include <stdlib.h>
#include <string.h>

#include "domain/attempt.h"
#include "store/binding.h"
#include "store/event_store.h"
#include "store/payment_store.h"

enum {
    KEEP_ONE,
    RESERVE,
    INSERT,
    INSERT_WITH_METADATA,
};

#define COLUMNS                                                                                \
    "id, merchant_id, mode, payment_id, amount, status, idempotency_key, created_at, due_at, " \
    "look_at"
#define VALUES "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define OF_PAYMENT                                                            \
    " WHERE id = ? AND merchant_id = ? AND mode = ? AND status = 'succeeded'" \
    " AND refunded <= amount - ?"

static const struct statement statements[] = {
    /*
     * The UPDATE goes first: it locks the payment, on which an INSERT first would take a shared
     * lock (foreign key) that two refunds could not both raise. The SELECT comes behind the COMMIT,
     * so that its row says what is durable; on Galera a COMMIT may still fail.
     */
    [KEEP_ONE] = {.name = "refund insert",
                  .sql = "BEGIN NOT ATOMIC"
                         " DECLARE reserved INT DEFAULT 0;"
                         " DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;"
                         " START TRANSACTION;"
                         " UPDATE payments FORCE INDEX (PRIMARY)"
                         " SET refunded = refunded + ?" OF_PAYMENT " AND processor = ?;"
                         " SET reserved = ROW_COUNT();"
                         " IF reserved = 1 THEN"
                         " INSERT INTO refunds (" COLUMNS ") VALUES " VALUES ";"
                         " COMMIT;"
                         " ELSE ROLLBACK;"
                         " END IF;"
                         " SELECT reserved;"
                         " END",
                  .parameters = 16},
    [RESERVE] = {.name = "payment reservation",
                 .sql = "UPDATE payments FORCE INDEX (PRIMARY)"
                        " SET refunded = refunded + ?" OF_PAYMENT,
                 .parameters = 5},
    [INSERT] = {.name = "refunds insert",
                .sql = "INSERT INTO refunds (" COLUMNS ") VALUES " VALUES,
                .parameters = 10},
    [INSERT_WITH_METADATA] = {.name = "refunds insert, with metadata",
                              .sql = "INSERT INTO refunds (" COLUMNS ", metadata)"
                                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                              .parameters = 11,
                              .late = true},
};

const struct statement_set reservation_statements = {statements,
                                                     sizeof statements / sizeof statements[0]};

static const char *
key_or_null(const struct refund *refund)
{
    return refund->idempotency_key[0] != '\0' ? refund->idempotency_key : NULL;
}

/* Nothing could be reserved: why? */
static enum database_result
explain_refusal(struct database *database, struct refund_insertion *insertion)
{
    const struct refund *refund = insertion->refund;
    struct payment payment;
    struct payment_search search = {.merchant_id = &refund->merchant_id,
                                    .id = &refund->payment_id,
                                    .mode = refund->mode,
                                    .payment = &payment};
    enum database_result result = payment_store_read(database, &search, 1);

    if (result != DATABASE_DONE)
        return result;
    if (search.result != STORE_OK || strcmp(payment.processor, insertion->processor) != 0) {
        insertion->result = STORE_NOT_FOUND;
        return DATABASE_DONE;
    }
    insertion->result = STORE_REFUSED;
    /* It would fit after all: the payment changed in between, or this node has just got it. */
    return payment_can_refund(&payment, refund->amount) ? DATABASE_CONFLICT : DATABASE_DONE;
}

enum database_result
reservation_keep_one(struct database *database, struct refund_insertion *insertion)
{
    const struct refund *refund = insertion->refund;
    MYSQL_TIME created_at = time_to_column(refund->created_at);
    MYSQL_TIME due_at = time_to_column(refund->due_at);
    MYSQL_TIME look_at = time_to_column(attempt_first_look_at(refund->due_at));
    MYSQL_BIND parameters[] = {
        bind_number(&refund->amount),
        bind_identifier(&refund->payment_id),
        bind_identifier(&refund->merchant_id),
        bind_text(mode_name(refund->mode)),
        bind_number(&refund->amount),
        bind_text(insertion->processor),
        bind_identifier(&refund->id),
        bind_identifier(&refund->merchant_id),
        bind_text(mode_name(refund->mode)),
        bind_identifier(&refund->payment_id),
        bind_number(&refund->amount),
        bind_text(refund_status_name(refund->status)),
        bind_text(key_or_null(refund)),
        bind_time(&created_at),
        bind_time(refund->due_at != 0 ? &due_at : NULL),
        bind_time(refund->due_at != 0 ? &look_at : NULL),
    };
    struct column column;
    int64_t reserved = 0;
    MYSQL_BIND columns[] = {column_number(&column, &reserved)};
    enum database_result result;
    size_t rows;

    result = database_execute(database, &statements[KEEP_ONE], parameters, columns, &rows);
    if (result != DATABASE_DONE)
        return result;
    if (reserved != 1)
        return explain_refusal(database, insertion);
    insertion->result = STORE_OK;
    return DATABASE_DONE;
}

/* The refunds of one transaction and their payments, each payment once, in the order of the ids. */
struct reservation {
    struct refund_insertion *const *insertions;
    size_t count;
    bool skip_locked;
    struct payment payments[STORE_GROUP_MAX];
    struct payment_search searches[STORE_GROUP_MAX];
    int64_t taken[STORE_GROUP_MAX]; /* by the refunds of this transaction, per payment */
    size_t payment_count;
};

static int
compare_searches(const void *a, const void *b)
{
    const struct payment_search *first = a;
    const struct payment_search *second = b;
    int order = memcmp(first->id->bytes, second->id->bytes, IDENTIFIER_SIZE);

    if (order == 0)
        order = memcmp(first->merchant_id->bytes, second->merchant_id->bytes, IDENTIFIER_SIZE);
    return order != 0 ? order : (int)first->mode - (int)second->mode;
}

static void
collect_payments(struct reservation *reservation)
{
    struct payment_search *searches = reservation->searches;
    size_t unique = 0;

    for (size_t i = 0; i < reservation->count; i++) {
        const struct refund *refund = reservation->insertions[i]->refund;

        searches[i] = (struct payment_search){
            .merchant_id = &refund->merchant_id, .id = &refund->payment_id, .mode = refund->mode};
    }
    qsort(searches, reservation->count, sizeof searches[0], compare_searches);
    for (size_t i = 0; i < reservation->count; i++) {
        if (unique == 0 || compare_searches(&searches[unique - 1], &searches[i]) != 0)
            searches[unique++] = searches[i];
    }
    for (size_t i = 0; i < unique; i++) {
        searches[i].payment = &reservation->payments[i];
        reservation->taken[i] = 0;
    }
    reservation->payment_count = unique;
}

/* The payment of a refund, by its place among those that were locked. */
static size_t
place_of(const struct reservation *reservation, const struct refund *refund)
{
    const struct payment_search wanted = {
        .merchant_id = &refund->merchant_id, .id = &refund->payment_id, .mode = refund->mode};
    const struct payment_search *found =
        bsearch(&wanted, reservation->searches, reservation->payment_count, sizeof wanted,
                compare_searches);

    return (size_t)(found - reservation->searches);
}

/* Decides about one refund, while its payment is locked. */
static enum store_result
decide(struct reservation *reservation, const struct refund_insertion *insertion)
{
    const struct refund *refund = insertion->refund;
    size_t place = place_of(reservation, refund);
    struct payment *payment = &reservation->payments[place];

    if (reservation->searches[place].result != STORE_OK)
        return reservation->skip_locked ? STORE_UNAVAILABLE : STORE_NOT_FOUND;
    if (strcmp(payment->processor, insertion->processor) != 0)
        return STORE_NOT_FOUND;
    if (!payment_can_refund(payment, refund->amount))
        return STORE_REFUSED;
    payment->refunded += refund->amount;
    reservation->taken[place] += refund->amount;
    return STORE_OK;
}

/* Takes what the refunds have taken together from each payment. */
static enum database_result
reserve(struct database *database, const struct reservation *reservation)
{
    struct text_rows id, merchant_id, mode;
    struct number_rows taken = {.values = {0}};
    MYSQL_BIND parameters[] = {
        bind_number_rows(&taken), bind_text_rows(&id),      bind_text_rows(&merchant_id),
        bind_text_rows(&mode),    bind_number_rows(&taken),
    };
    enum database_result result;
    size_t count = 0;
    size_t rows;

    for (size_t i = 0; i < reservation->payment_count; i++) {
        const struct payment_search *search = &reservation->searches[i];

        if (reservation->taken[i] == 0)
            continue;
        taken.values[count] = reservation->taken[i];
        set_identifier(&id, count, search->id);
        set_identifier(&merchant_id, count, search->merchant_id);
        set_text(&mode, count, mode_name(search->mode));
        count++;
    }
    if (count == 0)
        return DATABASE_DONE;
    result = database_execute_group(database, &statements[RESERVE], parameters, count, &rows);
    /* The rows are locked and were just read: another number cannot be, and is not kept. */
    return result == DATABASE_DONE && rows != count ? DATABASE_CONFLICT : result;
}

static enum database_result
insert(struct database *database, const struct reservation *reservation)
{
    struct text_rows id, merchant_id, mode, payment_id, status, key, metadata;
    struct number_rows amount;
    struct time_rows created_at, due_at, look_at;
    MYSQL_BIND parameters[] = {
        bind_text_rows(&id),         bind_text_rows(&merchant_id), bind_text_rows(&mode),
        bind_text_rows(&payment_id), bind_number_rows(&amount),    bind_text_rows(&status),
        bind_text_rows(&key),        bind_time_rows(&created_at),  bind_time_rows(&due_at),
        bind_time_rows(&look_at),    bind_text_rows(&metadata),
    };
    bool has_metadata = false;
    size_t count = 0;
    size_t rows;

    for (size_t i = 0; i < reservation->count; i++) {
        const struct refund *refund = reservation->insertions[i]->refund;

        if (reservation->insertions[i]->result != STORE_OK)
            continue;
        set_text(&metadata, count, refund->metadata.text);
        has_metadata = has_metadata || refund->metadata.text != NULL;
        set_identifier(&id, count, &refund->id);
        set_identifier(&merchant_id, count, &refund->merchant_id);
        set_text(&mode, count, mode_name(refund->mode));
        set_identifier(&payment_id, count, &refund->payment_id);
        amount.values[count] = refund->amount;
        set_text(&status, count, refund_status_name(refund->status));
        set_text(&key, count, key_or_null(refund));
        set_time(&created_at, count, refund->created_at);
        set_time_or_null(&due_at, count, refund->due_at);
        set_time_or_null(&look_at, count, attempt_first_look_at(refund->due_at));
        count++;
    }
    if (count == 0)
        return DATABASE_DONE;
    return database_execute_group(database,
                                  &statements[has_metadata ? INSERT_WITH_METADATA : INSERT],
                                  parameters, count, &rows);
}

static enum database_result
insert_events(struct database *database, const struct reservation *reservation)
{
    const struct event *events[STORE_GROUP_MAX];
    size_t count = 0;

    for (size_t i = 0; i < reservation->count; i++) {
        const struct refund_insertion *insertion = reservation->insertions[i];

        if (insertion->result == STORE_OK && insertion->event != NULL)
            events[count++] = insertion->event;
    }
    return event_store_insert(database, events, count);
}

static enum database_result
reserve_and_insert(struct database *database, void *arg)
{
    struct reservation *reservation = arg;
    enum database_result result;

    result = payment_store_lock(database, reservation->searches, reservation->payment_count,
                                reservation->skip_locked);
    if (result != DATABASE_DONE)
        return result;
    for (size_t i = 0; i < reservation->count; i++)
        reservation->insertions[i]->result = decide(reservation, reservation->insertions[i]);
    result = reserve(database, reservation);
    if (result == DATABASE_DONE)
        result = insert(database, reservation);
    if (result == DATABASE_DONE)
        result = insert_events(database, reservation);
    return result;
}

enum database_result
reservation_keep(struct database *database, struct refund_insertion *const *insertions,
                 size_t count, bool skip_locked)
{
    struct reservation reservation = {
        .insertions = insertions, .count = count, .skip_locked = skip_locked};
    enum database_result result;

    collect_payments(&reservation);
    result = database_transaction(database, reserve_and_insert, &reservation);
    for (size_t i = 0; i < count && result != DATABASE_DONE; i++)
        insertions[i]->result = STORE_PENDING;
    return result;
}
