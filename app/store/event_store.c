/*
 * Events in the database: written in the transaction of the change that they tell of.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/event_store.h"

#include "store/binding.h"
#include "store/slots.h"

enum {
    ASK,
    INSERT = ASK + SLOTS_COUNT,
};

#define ASK_COLUMNS 3

static const struct statement statements[] = {
    SLOT_STATEMENTS(
        ASK, "merchants that want events",
        "SELECT id, live_events, test_events FROM merchants FORCE INDEX (PRIMARY) WHERE ", "id = ?",
        "", 1, ASK_COLUMNS),
    [INSERT] = {.name = "event insert",
                .sql = "INSERT INTO events (id, merchant_id, mode, type, object_id, body,"
                       " created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                .parameters = 7,
                .late = true},
};

const struct statement_set event_statements = {statements,
                                               sizeof statements / sizeof statements[0]};

enum database_result
event_store_insert(struct database *database, const struct event *const *events, size_t count)
{
    struct text_rows id, merchant_id, mode, type, object_id, body;
    struct time_rows created_at;
    MYSQL_BIND parameters[] = {
        bind_text_rows(&id),         bind_text_rows(&merchant_id), bind_text_rows(&mode),
        bind_text_rows(&type),       bind_text_rows(&object_id),   bind_text_rows(&body),
        bind_time_rows(&created_at),
    };
    size_t rows;

    if (count == 0)
        return DATABASE_DONE;
    for (size_t i = 0; i < count; i++) {
        const struct event *event = events[i];

        set_identifier(&id, i, &event->id);
        set_identifier(&merchant_id, i, &event->merchant_id);
        set_text(&mode, i, mode_name(event->mode));
        set_text(&type, i, event_type_name(event->type));
        set_identifier(&object_id, i, &event->object_id);
        set_text(&body, i, event->body);
        set_time(&created_at, i, event->created_at);
    }
    return database_execute_group(database, &statements[INSERT], parameters, count, &rows);
}

/* One merchant's row, and who asks. */
struct asking {
    struct event_interest *interests;
    size_t count;
    struct column columns[ASK_COLUMNS];
    struct identifier merchant_id;
    int64_t live, test;
};

static enum database_result
take_interest(void *arg)
{
    struct asking *asking = arg;

    for (size_t i = 0; i < asking->count; i++) {
        struct event_interest *interest = &asking->interests[i];

        if (identifier_equal(interest->merchant_id, &asking->merchant_id))
            interest->wants_events =
                (interest->mode == MODE_LIVE ? asking->live : asking->test) != 0;
    }
    return DATABASE_DONE;
}

enum database_result
event_store_ask(struct database *database, struct event_interest *interests, size_t count)
{
    struct asking asking = {.interests = interests, .count = count};
    MYSQL_BIND parameters[STORE_GROUP_MAX];
    MYSQL_BIND columns[ASK_COLUMNS] = {
        column_bytes(&asking.columns[0], asking.merchant_id.bytes, IDENTIFIER_SIZE),
        column_number(&asking.columns[1], &asking.live),
        column_number(&asking.columns[2], &asking.test),
    };

    for (size_t i = 0; i < count; i++) {
        interests[i].wants_events = false;
        parameters[i] = bind_identifier(interests[i].merchant_id);
    }
    slots_fill(parameters, 1, count);
    return database_execute_rows(database, &statements[ASK + slots_for(count)], parameters, columns,
                                 take_interest, &asking);
}
