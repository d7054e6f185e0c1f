/*
 * Refunds in the database: how they are kept, and found.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/refund_store.h"

#include <string.h>

#include "store/refund_row.h"
#include "store/reservation.h"

/* The refunds of a group that are still to be kept, by their places in it. */
struct insertion_group {
    struct refund_insertion *insertions;
    size_t places[STORE_GROUP_MAX];
    size_t count;
    bool skip_locked; /* a lock wait has ended a try: the payments that are locked are left out */
};

/* Gives a result to each pending refund that a row matches. */
struct settling {
    struct insertion_group *group;
    bool (*matches)(const struct refund *refund, const struct refund *found);
    enum store_result result;
};

static void
settle_by_row(void *arg, const struct refund *found)
{
    struct settling *settling = arg;
    struct insertion_group *group = settling->group;
    size_t kept = 0;

    for (size_t i = 0; i < group->count; i++) {
        struct refund_insertion *insertion = &group->insertions[group->places[i]];

        if (!settling->matches(insertion->refund, found)) {
            group->places[kept++] = group->places[i];
            continue;
        }
        insertion->result = settling->result;
        if (insertion->result == STORE_EXISTS)
            *insertion->existing = *found;
    }
    group->count = kept;
}

static bool
same_id(const struct refund *a, const struct refund *b)
{
    return identifier_equal(&a->id, &b->id);
}

static enum database_result
settle(struct database *database, struct insertion_group *group, enum refund_look_up by,
       enum store_result found)
{
    struct settling settling = {
        .group = group,
        .matches = by == REFUND_BY_KEY ? refund_same_key : same_id,
        .result = found,
    };
    struct record_key keys[STORE_GROUP_MAX];

    for (size_t i = 0; i < group->count; i++) {
        const struct refund *refund = group->insertions[group->places[i]].refund;

        keys[i] = (struct record_key){.merchant_id = &refund->merchant_id,
                                      .id = &refund->id,
                                      .idempotency_key = refund->idempotency_key,
                                      .mode = refund->mode};
    }
    return refund_row_look_up(database, by, keys, group->count, settle_by_row, &settling);
}

/* What is there already. */
static enum database_result
settle_known(struct database *database, struct insertion_group *group)
{
    enum database_result result = DATABASE_DONE;

    if (database_tried_before(database))
        result = settle(database, group, REFUND_BY_ID, STORE_OK);
    if (result == DATABASE_DONE)
        result = settle(database, group, REFUND_BY_KEY, STORE_EXISTS);
    return result;
}

static bool
has_key(const struct insertion_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->insertions[group->places[i]].refund->idempotency_key[0] != '\0')
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
        result = settle(database, group, REFUND_BY_KEY, STORE_LOCKED);
    return result;
}

/*
 * Keeps so many of the pending refunds: a single one in one round trip, several, or one with an
 * event, in one transaction.
 * A group in which the database refuses a row is halved until that one stands alone.
 */
static enum database_result
insert_part(struct database *database, struct insertion_group *group, const size_t *places,
            size_t count)
{
    struct refund_insertion *part[STORE_GROUP_MAX];
    enum database_result result;

    for (size_t i = 0; i < count; i++)
        part[i] = &group->insertions[places[i]];
    if (count == 1 && !group->skip_locked && part[0]->event == NULL &&
        part[0]->refund->metadata.text == NULL)
        result = reservation_keep_one(database, part[0]);
    else
        result = reservation_keep(database, part, count, group->skip_locked);
    if (result != DATABASE_INVALID)
        return result;
    if (count == 1) {
        part[0]->result = STORE_FAILED;
        return DATABASE_DONE;
    }
    result = insert_part(database, group, places, count / 2);
    if (result == DATABASE_DONE)
        result = insert_part(database, group, places + count / 2, count - count / 2);
    return result;
}

/*
 * Takes out of the pending refunds those that have their result. One that found too little left of
 * its payment stays: a try of it, or of its key, may be what took it.
 */
static size_t
drop_settled(struct insertion_group *group)
{
    size_t kept = 0;
    size_t refused = 0;

    for (size_t i = 0; i < group->count; i++) {
        const struct refund_insertion *insertion = &group->insertions[group->places[i]];

        refused += insertion->result == STORE_REFUSED;
        if (insertion->result == STORE_PENDING || insertion->result == STORE_REFUSED)
            group->places[kept++] = group->places[i];
    }
    group->count = kept;
    return refused;
}

/* The refusals that nothing else explains are the answer. */
static void
accept_refusals(struct insertion_group *group)
{
    size_t kept = 0;

    for (size_t i = 0; i < group->count; i++) {
        if (group->insertions[group->places[i]].result != STORE_REFUSED)
            group->places[kept++] = group->places[i];
    }
    group->count = kept;
}

/* A try begins: what an earlier one has found and not committed is nothing. */
static void
forget_results(struct insertion_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        group->insertions[group->places[i]].result = STORE_PENDING;
}

static enum database_result
insert_group(struct database *database, void *arg)
{
    struct insertion_group *group = arg;
    enum database_result result = DATABASE_DONE;

    forget_results(group);
    if (database_tried_before(database) || (group->count > 1 && has_key(group)))
        result = settle_known(database, group);
    while (result == DATABASE_DONE && group->count > 0) {
        enum database_result inserted = insert_part(database, group, group->places, group->count);
        size_t refused = drop_settled(group);
        size_t before = group->count;

        if (inserted == DATABASE_DONE && refused == 0)
            return DATABASE_DONE;
        if (inserted == DATABASE_DONE || inserted == DATABASE_DUPLICATE) {
            result = settle_known(database, group);
        } else if (inserted == DATABASE_LOCKED) {
            group->skip_locked = true;
            result = settle_locked(database, group);
        } else {
            result = inserted;
        }
        if (result == DATABASE_DONE && inserted == DATABASE_DONE)
            accept_refusals(group);
        /* Nothing explains it: who was in the way has rolled back, or holds something else. */
        else if (result == DATABASE_DONE && group->count == before)
            return inserted == DATABASE_DUPLICATE ? DATABASE_CONFLICT : inserted;
    }
    return result;
}

void
refund_store_insert(struct database *database, struct deadline deadline,
                    struct refund_insertion *insertions, size_t count)
{
    struct insertion_group group = {.insertions = insertions, .count = count};
    enum database_result result;

    for (size_t i = 0; i < count; i++)
        group.places[i] = i;
    result = database_run(database, deadline, insert_group, &group);
    for (size_t i = 0; i < group.count; i++)
        insertions[group.places[i]].result = store_result_of(result, STORE_FAILED);
}

struct finding {
    struct record_key wanted;
    struct refund *refund;
    enum store_result found;
};

static void
take_found(void *arg, const struct refund *found)
{
    struct finding *finding = arg;

    *finding->refund = *found;
    finding->found = STORE_OK;
}

static enum database_result
find(struct database *database, void *arg)
{
    struct finding *finding = arg;

    finding->found = STORE_NOT_FOUND;
    return refund_row_look_up(database, REFUND_WITH_CURRENCY, &finding->wanted, 1, take_found,
                              finding);
}

enum store_result
refund_store_find(struct database *database, struct deadline deadline,
                  const struct identifier *merchant_id, enum mode mode, const struct identifier *id,
                  struct refund *refund)
{
    struct finding finding = {
        .wanted = {.merchant_id = merchant_id, .id = id, .mode = mode},
        .refund = refund,
        .found = STORE_FAILED,
    };
    enum database_result result = database_run(database, deadline, find, &finding);

    return store_result_of(result, finding.found);
}
