/*
 * Tables: what the simulated server keeps. Rows with their versions, transactions, locks of rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tables.h"

#include <string.h>

#include "world.h"

#define LOCK_WAIT_MS 1000
#define IDLE_MS 2000

static int64_t last_commit;
static void (*on_commit)(const struct table *table, const struct value *before,
                         const struct value *after);

struct value
value_number(int64_t number)
{
    return (struct value){.kind = VALUE_NUMBER, .number = number};
}

struct value
value_bytes(const void *bytes, size_t length)
{
    char *copy = world_memory(length + 1);

    memcpy(copy, bytes, length);
    return (struct value){.kind = VALUE_BYTES, .bytes = copy, .length = length};
}

struct value
value_text(const char *text)
{
    return (struct value){.kind = VALUE_BYTES, .bytes = text, .length = strlen(text)};
}

int
value_compare(const struct value *a, const struct value *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->kind == VALUE_NUMBER)
        return a->number < b->number ? -1 : a->number > b->number;
    if (a->kind == VALUE_NULL)
        return 0;
    order = shorter > 0 ? memcmp(a->bytes, b->bytes, shorter) : 0;
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

bool
value_equal(const struct value *a, const struct value *b)
{
    return value_compare(a, b) == 0;
}

int
table_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

const struct key_definition *
table_key(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->key_count; i++) {
        if (strcmp(table->keys[i].name, name) == 0)
            return &table->keys[i];
    }
    return NULL;
}

void
tables_on_commit(void (*function)(const struct table *table, const struct value *before,
                                  const struct value *after))
{
    on_commit = function;
}

struct transaction *
transaction_begin(enum isolation isolation)
{
    struct transaction *transaction = world_memory(sizeof *transaction);

    transaction->isolation = isolation;
    transaction->snapshot = -1;
    return transaction;
}

static void
commit_row(struct table *table, struct row *row)
{
    struct version *version = world_memory(sizeof *version);
    const struct value *before = row->version != NULL ? row->version->values : NULL;

    version->number = last_commit;
    version->values = row->is_deleted ? NULL : row->pending;
    version->older = row->version;
    row->version = version;
    if (on_commit != NULL)
        on_commit(table, before, version->values);
}

static void
free_row(struct row *row)
{
    row->owner = NULL;
    row->pending = NULL;
    row->is_deleted = false;
}

void
transaction_commit(struct transaction *transaction)
{
    last_commit++;
    for (struct change *change = transaction->changes; change != NULL; change = change->older) {
        struct row *row = change->row;

        if (row->owner != transaction)
            continue;
        if (row->pending != NULL || row->is_deleted)
            commit_row(change->table, row);
        free_row(row);
    }
    transaction->is_over = true;
}

void
transaction_roll_back(struct transaction *transaction)
{
    for (struct change *change = transaction->changes; change != NULL; change = change->older) {
        if (change->row->owner == transaction)
            free_row(change->row);
    }
    transaction->is_over = true;
}

void
transaction_undo(struct transaction *transaction, const struct change *until)
{
    for (struct change *change = transaction->changes; change != until; change = change->older) {
        change->row->pending = change->before;
        change->row->is_deleted = change->was_deleted;
    }
}

bool
transaction_is_abandoned(struct transaction *transaction)
{
    if (!transaction->is_over && transaction->wrote && transaction->quiet_since != 0 &&
        world_now() - transaction->quiet_since > IDLE_MS) {
        story("the server ends a transaction that was silent");
        transaction_roll_back(transaction);
    }
    return transaction->is_over;
}

const struct value *
row_latest(const struct row *row, const struct transaction *transaction)
{
    if (transaction != NULL && row->owner == transaction &&
        (row->pending != NULL || row->is_deleted))
        return row->is_deleted ? NULL : row->pending;
    return row->version != NULL ? row->version->values : NULL;
}

const struct value *
row_uncommitted(const struct row *row)
{
    return row_latest(row, row->owner);
}

const struct value *
row_seen(const struct row *row, struct transaction *transaction)
{
    struct version *version = row->version;

    if (transaction->isolation == READ_UNCOMMITTED)
        return row_uncommitted(row);
    if (row->owner == transaction && (row->pending != NULL || row->is_deleted))
        return row->is_deleted ? NULL : row->pending;
    if (transaction->snapshot < 0 || transaction->isolation == READ_COMMITTED)
        transaction->snapshot = last_commit;
    while (version != NULL && version->number > transaction->snapshot)
        version = version->older;
    return version != NULL ? version->values : NULL;
}

const struct value *
row_possible(const struct row *row, struct transaction *transaction)
{
    const struct value *there = row_uncommitted(row);

    if (there == NULL && row->owner != NULL && row->version != NULL)
        there = row->version->values;
    if (there == NULL && transaction->isolation == REPEATABLE_READ && transaction->snapshot >= 0 &&
        row->owner != transaction)
        there = row_seen(row, transaction);
    return there;
}

static bool
is_held(struct transaction *holder, const struct transaction *transaction)
{
    return holder != NULL && holder != transaction && !transaction_is_abandoned(holder);
}

bool
row_is_locked(const struct row *row, const struct transaction *transaction)
{
    return is_held(row->owner, transaction);
}

bool
row_is_edge(const struct row *row, const struct transaction *transaction)
{
    return is_held(row->edge, transaction);
}

/* True when waiting for this one would never end. */
static bool
is_circle(const struct transaction *transaction, const struct transaction *other)
{
    for (; other != NULL; other = other->waits_for) {
        if (other == transaction)
            return true;
    }
    return false;
}

static size_t
weight_of(const struct transaction *transaction)
{
    size_t weight = 0;

    for (const struct change *change = transaction->changes; change != NULL; change = change->older)
        weight++;
    return weight;
}

/* Of a circle the one that has done least, as the server chooses; of two, the one who closes it. */
static struct transaction *
lightest(struct transaction *transaction)
{
    struct transaction *chosen = transaction;

    for (struct transaction *other = transaction->waits_for; other != transaction;
         other = other->waits_for) {
        if (weight_of(other) < weight_of(chosen))
            chosen = other;
    }
    return chosen;
}

/* Until nobody else holds it. */
static unsigned
wait_for(struct transaction *transaction, struct transaction *const *holder)
{
    int64_t until = world_now() + LOCK_WAIT_MS;

    while (!transaction->is_over && is_held(*holder, transaction)) {
        transaction->waits_for = *holder;
        if (is_circle(transaction, *holder)) {
            story("deadlock");
            transaction_roll_back(lightest(transaction));
            transaction->waits_for = NULL;
            continue;
        }
        if (world_now() >= until) {
            transaction->waits_for = NULL;
            return ERROR_LOCK_WAIT;
        }
        story("waits for a lock");
        world_sleep(world_now() + chance_between(5, 250));
        transaction->waits_for = NULL;
    }
    return transaction->is_over ? ERROR_DEADLOCK : 0;
}

unsigned
transaction_wait(struct transaction *transaction, struct row *row)
{
    return wait_for(transaction, &row->owner);
}

unsigned
row_wait_for_edge(const struct row *row, struct transaction *transaction)
{
    return wait_for(transaction, &row->edge);
}

static void
note_change(struct table *table, struct row *row, struct transaction *transaction)
{
    struct change *change = world_memory(sizeof *change);

    change->table = table;
    change->row = row;
    change->before = row->pending;
    change->was_deleted = row->is_deleted;
    change->older = transaction->changes;
    transaction->changes = change;
}

/* Whoever has read the rows as they were is not to change what came since. */
static bool
is_behind(const struct row *row, const struct transaction *transaction)
{
    return transaction->isolation == REPEATABLE_READ && transaction->snapshot >= 0 &&
           row->version != NULL && row->version->number > transaction->snapshot;
}

unsigned
row_lock(struct table *table, struct row *row, struct transaction *transaction)
{
    unsigned error = transaction_wait(transaction, row);

    if (error != 0 || row->owner == transaction)
        return error;
    if (is_behind(row, transaction)) {
        transaction_roll_back(transaction);
        return ERROR_CHANGED;
    }
    row->owner = transaction;
    note_change(table, row, transaction);
    return 0;
}

void
row_unlock(struct row *row, struct transaction *transaction)
{
    if (row->owner == transaction && row->pending == NULL && !row->is_deleted)
        row->owner = NULL;
}

void
row_write(struct table *table, struct row *row, struct transaction *transaction,
          struct value *values)
{
    note_change(table, row, transaction);
    row->pending = values;
    row->is_deleted = values == NULL;
    transaction->wrote = true;
}

struct row *
row_new(struct table *table, struct transaction *transaction, struct value *values)
{
    struct row *row = world_memory(sizeof *row);

    *table->rows_end = row;
    table->rows_end = &row->next;
    row->owner = transaction;
    row_write(table, row, transaction, values);
    return row;
}
