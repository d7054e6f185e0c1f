/*
 * The books: what clients were told, the records, and the acquirer's ledger; and what must be true
 * of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "books.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients.h"
#include "kept.h"
#include "ledger.h"
#include "outbox.h"
#include "world.h"

#define DUES_MAX 256

static bool
is(const struct record *record, const char *status)
{
    return strcmp(record->status, status) == 0;
}

/* When due_at was last written, as far as others could see: a record's. */
struct due {
    char id[IDENTIFIER_TEXT_SIZE];
    int64_t since;
};

static struct due dues[DUES_MAX];
static size_t due_count;

static void
note_due(const char *id)
{
    struct due *due = dues;

    while (due < dues + due_count && strcmp(due->id, id) != 0)
        due++;
    if (due == dues + DUES_MAX)
        abort();
    if (due == dues + due_count)
        due_count++;
    strcpy(due->id, id);
    due->since = world_wall();
}

static bool
was_due(const struct record *record, int64_t at)
{
    for (size_t i = 0; i < due_count; i++) {
        if (strcmp(dues[i].id, record->id) == 0 && dues[i].since >= at)
            return false;
    }
    return record->due_at != 0 && record->due_at < at;
}

/* What was committed: a final status never changes, and nothing but a few columns does. */
static void
note_commit(const struct table *table, const struct value *before, const struct value *after)
{
    struct record was;
    struct record now;

    if (strcmp(table->name, "payments") != 0 && strcmp(table->name, "refunds") != 0)
        return;
    if (after == NULL) {
        violation("a payment or refund was deleted");
        return;
    }
    now = kept_record(table, after);
    if (before == NULL) {
        story("on record: %s %s, key %s, %s", now.id, now.status, now.key, now.mode);
        return;
    }
    was = kept_record(table, before);
    if (was.due_at != now.due_at)
        note_due(now.id);
    if (strcmp(was.status, now.status) != 0)
        story("on record: %s is %s, was %s", now.id, now.status, was.status);
    if (!is(&was, "processing") && strcmp(was.status, now.status) != 0)
        violation("%s was %s and is %s", now.id, was.status, now.status);
    if (was.amount != now.amount || strcmp(was.id, now.id) != 0 || strcmp(was.key, now.key) != 0 ||
        strcmp(was.mode, now.mode) != 0)
        violation("%s is not what it was", now.id);
}

void
books_open(void)
{
    due_count = 0;
    tables_on_commit(note_commit);
}

void
books_note_call(const char *path, const char *body, const char *key)
{
    bool charges = body != NULL && strstr(body, "closed") == NULL &&
                   (strcmp(path, "/v1/charges") == 0 || strcmp(path, "/v1/payment_intents") == 0);
    bool refunds = body != NULL && strcmp(path, "/v1/refunds") == 0;
    size_t count;
    const struct record *records;
    const struct record *record;

    if (!charges && !refunds)
        return;
    if (strstr(key, "_back") != NULL) {
        violation("a payment that failed was charged: %s", key);
        return;
    }
    if (strstr(body, key) == NULL || key[0] == '\0') {
        violation("a call under a key that is not its record's: %s", key);
        return;
    }
    records = kept_read(refunds ? "refunds" : "payments", &count);
    record = kept_find(records, count, key);
    if (record == NULL)
        violation("the processor is called for %s, which is not on record", key);
    else if (world_wall() > record->due_at)
        violation("the processor is called for %s later than its record says", key);
}

void
books_note_conflict(unsigned merchant, bool is_live, bool is_refund, const char *key,
                    int64_t asked_at)
{
    size_t count;
    const struct record *records = kept_read(is_refund ? "refunds" : "payments", &count);

    for (size_t i = 0; i < count; i++) {
        if (records[i].merchant == merchant && strcmp(records[i].key, key) == 0 &&
            (strcmp(records[i].mode, "live") == 0) == is_live && was_due(&records[i], asked_at))
            violation("the key of %s is answered 409, though its request is over", records[i].id);
    }
}

/* How many objects of the ledger are this record's, those that moved money, and their sum. */
struct ledger_view {
    size_t count, moved;
    int64_t amount;
    const struct object *last;
};

static struct ledger_view
look_in_ledger(const char *id)
{
    struct ledger_view view = {.count = 0};
    size_t count;
    const struct object *objects = ledger_objects(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(objects[i].our_id, id) != 0)
            continue;
        view.count++;
        view.last = &objects[i];
        if (objects[i].status == OBJECT_SUCCEEDED) {
            view.moved++;
            view.amount += objects[i].amount;
        }
    }
    return view;
}

static bool
has_effects(const struct record *payment)
{
    return strcmp(payment->processor, "stripe") == 0;
}

/* A payment or a refund beside the ledger. */
static void
compare_with_ledger(const struct record *record)
{
    struct ledger_view view = look_in_ledger(record->id);

    if (view.moved > 1)
        violation("the money of %s moved %zu times", record->id, view.moved);
    if (view.count > 1)
        violation("%s was made %zu times at the acquirer", record->id, view.count);
    if (is(record, "succeeded") && view.moved == 0 && !record->is_returned)
        violation("%s is succeeded, and its money did not move", record->id);
    if (is(record, "failed") && view.moved > 0)
        violation("%s is failed, and its money moved", record->id);
    if (view.moved > 0 && view.amount != record->amount)
        violation("%s moved another amount", record->id);
    if (is(record, "succeeded") && view.last != NULL &&
        strcmp(view.last->id, record->reference) != 0)
        violation("%s has the reference %s, but is %s", record->id, record->reference,
                  view.last->id);
}

static void
compare_payment(const struct record *payment, const struct record *refunds, size_t count)
{
    int64_t taken = 0;
    int64_t moved = 0;

    if (is(payment, "processing"))
        violation("%s stays processing", payment->id);
    if (has_effects(payment) != (strcmp(payment->mode, "live") == 0))
        violation("%s is of the mode %s and of %s", payment->id, payment->mode, payment->processor);
    if (strstr(payment->source, "Declined") != NULL && is(payment, "succeeded"))
        violation("%s is succeeded, but was declined", payment->id);
    if (has_effects(payment))
        compare_with_ledger(payment);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(refunds[i].payment, payment->id) != 0)
            continue;
        if (!is(&refunds[i], "failed") && !refunds[i].is_returned)
            taken += refunds[i].amount;
        moved += look_in_ledger(refunds[i].id).amount;
    }
    if (taken != payment->refunded)
        violation("%s has given back %lld, but its refunds are %lld", payment->id,
                  (long long)payment->refunded, (long long)taken);
    if (taken > payment->amount || moved > payment->amount)
        violation("%s gave back more than it is", payment->id);
}

static void
compare_refund(const struct record *refund, const struct record *payments, size_t count)
{
    const struct record *payment = kept_find(payments, count, refund->payment);

    if (payment == NULL) {
        violation("%s is of no payment", refund->id);
        return;
    }
    if (is(refund, "processing"))
        violation("%s stays processing", refund->id);
    if (strcmp(payment->mode, refund->mode) != 0 || payment->merchant != refund->merchant)
        violation("%s is of another's payment", refund->id);
    if (has_effects(payment))
        compare_with_ledger(refund);
}

/* What the acquirer did is on record. */
static void
compare_ledger(const struct record *payments, size_t payment_count, const struct record *refunds,
               size_t refund_count)
{
    size_t count;
    const struct object *objects = ledger_objects(&count);

    for (size_t i = 0; i < count; i++) {
        const struct object *object = &objects[i];

        if (object->closed[0] != '\0')
            continue;
        if (kept_find(object->kind == OBJECT_REFUND ? refunds : payments,
                      object->kind == OBJECT_REFUND ? refund_count : payment_count,
                      object->our_id) == NULL)
            violation("%s of the acquirer is not on record", object->id);
    }
}

static void
compare_told(const struct operation *operation, const struct record *record,
             const struct record *records, size_t count)
{
    if (record == NULL) {
        violation("%s was told, and is not on record", operation->id);
        return;
    }
    if (record->amount != operation->amount || strcmp(record->key, operation->key) != 0 ||
        record->merchant != operation->client_key / 2 + 1 ||
        (strcmp(record->mode, "live") == 0) != operation_is_live(operation))
        violation("%s is not what was asked for", operation->id);
    if (operation->is_refund && strcmp(record->payment, operation->payment->id) != 0)
        violation("%s is of another payment", operation->id);
    if (operation->told == TOLD_SUCCEEDED && !is(record, "succeeded"))
        violation("%s was told as succeeded, and is %s", operation->id, record->status);
    if (operation->told == TOLD_FAILED && !is(record, "failed"))
        violation("%s was told as failed, and is %s", operation->id, record->status);
    for (size_t i = 0; i < count; i++) {
        if (&records[i] != record && record->key[0] != '\0' &&
            records[i].merchant == record->merchant && strcmp(records[i].mode, record->mode) == 0 &&
            strcmp(records[i].key, record->key) == 0)
            violation("two records have the key %s", record->key);
    }
}

/* A refund that was refused at the end, and would have fitted. */
static void
compare_refused(const struct operation *operation, const struct record *payment)
{
    if (payment == NULL)
        violation("the payment of a refund is not on record");
    else if (operation->key[0] != '\0' && payment->refunded + operation->amount <= payment->amount)
        violation("a refund of %s was refused, but fits (%s)", payment->id, operation->key);
}

/* One request of a client moves money once, whatever records there are. */
static void
compare_charges(const struct operation *operation, size_t number)
{
    char description[24];
    size_t count;
    size_t charged = 0;
    const struct object *objects = ledger_objects(&count);

    snprintf(description, sizeof description, "%zu", number);
    for (size_t i = 0; i < count; i++)
        charged += objects[i].kind != OBJECT_REFUND && objects[i].closed[0] == '\0' &&
                   objects[i].status == OBJECT_SUCCEEDED &&
                   strcmp(objects[i].description, description) == 0;
    if (charged > 1)
        violation("a client's request was charged %zu times (%s)", charged, operation->key);
}

void
books_compare(void)
{
    size_t payment_count, refund_count, operation_count;
    const struct record *payments = kept_read("payments", &payment_count);
    const struct record *refunds = kept_read("refunds", &refund_count);
    const struct operation *operations = clients_operations(&operation_count);

    for (size_t i = 0; i < payment_count; i++)
        compare_payment(&payments[i], refunds, refund_count);
    for (size_t i = 0; i < refund_count; i++)
        compare_refund(&refunds[i], payments, payment_count);
    compare_ledger(payments, payment_count, refunds, refund_count);
    outbox_compare();
    for (size_t i = 0; i < operation_count; i++) {
        const struct operation *operation = &operations[i];
        const struct record *records = operation->is_refund ? refunds : payments;
        size_t count = operation->is_refund ? refund_count : payment_count;

        if (operation->id[0] != '\0')
            compare_told(operation, kept_find(records, count, operation->id), records, count);
        else if (operation->told == TOLD_REFUSED)
            compare_refused(operation, kept_find(payments, payment_count, operation->payment->id));
        if (!operation->is_refund)
            compare_charges(operation, i);
    }
}
