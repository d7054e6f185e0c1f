/*
 * Slots: statements that look for many records at once, prepared for 1, 8 and 64 of them.
 *
 * A statement's text names its condition once for each slot; a group that is smaller than its
 * statement repeats its first record in the slots that are left over, which changes no result.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_SLOTS_H
#define PAYMENT_API_STORE_SLOTS_H

#include <mysql.h>
#include <stddef.h>

#include "domain/identifier.h"
#include "domain/mode.h"
#include "store/database.h"

enum slots {
    SLOTS_1,
    SLOTS_8,
    SLOTS_64,
    SLOTS_COUNT,
};

/* SQL text that stands there 8 and 64 times, with OR between. */
#define OR_8(text) \
    text " OR " text " OR " text " OR " text " OR " text " OR " text " OR " text " OR " text
#define OR_64(text) OR_8(OR_8(text))

/* Rows of a statement table: the same query for each number of slots. */
#define SLOT_STATEMENTS(base, title, select, condition, end, parameters_each, column_count) \
    [(base) + SLOTS_1] = {.name = title,                                                    \
                          .sql = select condition end,                                      \
                          .parameters = (parameters_each),                                  \
                          .columns = (column_count)},                                       \
              [(base) + SLOTS_8] = {.name = title ", 8",                                    \
                                    .sql = select OR_8(condition) end,                      \
                                    .parameters = 8 * (parameters_each),                    \
                                    .columns = (column_count),                              \
                                    .late = true},                                          \
              [(base) + SLOTS_64] = {.name = title ", 64",                                  \
                                     .sql = select OR_64(condition) end,                    \
                                     .parameters = 64 * (parameters_each),                  \
                                     .columns = (column_count),                             \
                                     .late = true}

/* The smallest number of slots that count (1 to STORE_GROUP_MAX) records fit into. */
enum slots slots_for(size_t count);

/* Fills the slots behind the first count records, of so many parameters each, with the first one.
 */
void slots_fill(MYSQL_BIND *parameters, size_t each, size_t count);

/* Which record of a merchant and mode a slot looks for. */
struct record_key {
    const struct identifier *merchant_id; /* not owned */
    const struct identifier *id;          /* not owned */
    const char *idempotency_key;          /* not owned; "" for none */
    enum mode mode;
};

#define RECORD_KEY_PARAMETERS 3 /* of each record, in both of the following */

/* Parameters for (id, merchant_id, mode) of count records, all slots filled. */
void slots_bind_ids(MYSQL_BIND *parameters, const struct record_key *keys, size_t count);

/* The same for (merchant_id, mode, idempotency_key), for those that have a key; how many. */
size_t slots_bind_keys(MYSQL_BIND *parameters, const struct record_key *keys, size_t count);

#endif
