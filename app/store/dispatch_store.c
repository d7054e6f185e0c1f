/*
 * From events to deliveries: which webhook endpoints an event is to be sent to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/dispatch_store.h"

#include <string.h>

#include "store/binding.h"
#include "store/endpoint_store.h"

/* By so much the clocks of an endpoint's and an event's makers may differ: rather an event of the
 * time before than none of the first seconds. */
#define CLOCKS_DIFFER_MS 10000

enum {
    UNSEEN,
    TAKERS,
    MAKE,
    SEEN,
    ASKED,
    ASKED_EVENTS,
    MAKE_AGAIN,
    GO_ON,
};

#define EVENT_COLUMNS 5
#define TAKER_COLUMNS 3
#define ASKED_COLUMNS 6

static const struct statement statements[] = {
    [UNSEEN] = {.name = "events to be sent",
                .sql = "SELECT id, merchant_id, mode, type, created_at FROM events FORCE INDEX"
                       " (events_dispatch) WHERE dispatched_at IS NULL ORDER BY id LIMIT 64",
                .parameters = 0,
                .columns = EVENT_COLUMNS,
                .late = true},
    [TAKERS] = {.name = "webhook endpoints that stand",
                .sql = "SELECT id, events, created_at FROM webhook_endpoints FORCE INDEX"
                       " (webhook_endpoints_list) WHERE merchant_id = ? AND mode = ?"
                       " AND deleted_at IS NULL AND disabled_at IS NULL",
                .parameters = 2,
                .columns = TAKER_COLUMNS,
                .late = true},
    /* They may be there: by an earlier try, by another courier, or because somebody asked. */
    [MAKE] = {.name = "deliveries",
              .sql = "INSERT IGNORE INTO webhook_deliveries (endpoint_id, event_id, state, due_at)"
                     " VALUES (?, ?, 'pending', ?)",
              .parameters = 3,
              .late = true},
    [SEEN] = {.name = "events that are sent",
              .sql = "UPDATE events FORCE INDEX (PRIMARY) SET dispatched_at = ? WHERE id = ?",
              .parameters = 2,
              .late = true},
    [ASKED] = {.name = "webhook endpoint to be sent events once more",
               .sql = "SELECT id, merchant_id, mode, events, resend_after, resend_until FROM"
                      " webhook_endpoints FORCE INDEX (webhook_endpoints_resend)"
                      " WHERE resend_until IS NOT NULL LIMIT 1",
               .parameters = 0,
               .columns = ASKED_COLUMNS,
               .late = true},
    [ASKED_EVENTS] = {.name = "events to be sent once more",
                      .sql =
                          "SELECT id, merchant_id, mode, type, created_at FROM events FORCE INDEX"
                          " (events_list) WHERE merchant_id = ? AND mode = ? AND id > ?"
                          " AND id <= ? ORDER BY id LIMIT 64",
                      .parameters = 4,
                      .columns = EVENT_COLUMNS,
                      .late = true},
    [MAKE_AGAIN] = {.name = "deliveries once more",
                    .sql = "UPDATE webhook_deliveries FORCE INDEX (PRIMARY) SET state = 'pending',"
                           " tries = 0, due_at = ? WHERE endpoint_id = ? AND event_id = ?",
                    .parameters = 3,
                    .late = true},
    [GO_ON] = {.name = "webhook endpoint after a part of what is sent once more",
               .sql = "UPDATE webhook_endpoints FORCE INDEX (PRIMARY) SET resend_after = ?,"
                      " resend_until = ? WHERE id = ? AND resend_after = ? AND resend_until = ?",
               .parameters = 5,
               .late = true},
};

const struct statement_set dispatch_statements = {statements,
                                                  sizeof statements / sizeof statements[0]};

/* What says who wants an event. */
struct unseen {
    struct identifier id;
    struct identifier merchant_id;
    enum mode mode;
    enum event_type type;
    int64_t created_at;
};

struct taker {
    struct identifier id;
    uint32_t events;
    int64_t created_at;
};

/* Deliveries that are to be made, gathered to as few statements as they need. */
struct making {
    bool again; /* those that are there are made pending once more */
    struct text_rows endpoint_ids, event_ids;
    struct time_rows due_at;
    size_t count;
};

struct dispatching {
    int64_t now; /* Unix time in milliseconds */
    struct unseen events[STORE_GROUP_MAX];
    size_t count;
    /* All deliveries point into these. */
    struct taker takers[STORE_GROUP_MAX][ENDPOINTS_MAX]; /* of each event */
    size_t taker_counts[STORE_GROUP_MAX];
    struct making making;
    struct text_rows seen;
    struct time_rows seen_at;
    /* What is sent once more. */
    bool asked;
    struct identifier endpoint_id, merchant_id, after, until;
    enum mode mode;
    uint32_t wanted;
};

struct event_row {
    struct dispatching *dispatching;
    struct column columns[EVENT_COLUMNS];
    struct unseen event;
    char mode[8], type[33];
    MYSQL_TIME created_at;
};

static enum database_result
take_event(void *arg)
{
    struct event_row *row = arg;
    struct dispatching *dispatching = row->dispatching;

    column_end(&row->columns[2], row->mode);
    column_end(&row->columns[3], row->type);
    row->event.created_at = time_from_column(&row->created_at);
    /* One that only a newer program knows is for those who want all. */
    if (!event_type_parse(row->type, &row->event.type))
        row->event.type = (enum event_type)EVENT_TYPE_COUNT;
    if (!mode_parse(row->mode, &row->event.mode) || dispatching->count == STORE_GROUP_MAX)
        return DATABASE_FAILED;
    dispatching->events[dispatching->count++] = row->event;
    return DATABASE_DONE;
}

static enum database_result
read_events(struct database *database, struct dispatching *dispatching, size_t statement,
            MYSQL_BIND *parameters)
{
    struct event_row row = {.dispatching = dispatching};
    MYSQL_BIND columns[EVENT_COLUMNS] = {
        column_bytes(&row.columns[0], row.event.id.bytes, IDENTIFIER_SIZE),
        column_bytes(&row.columns[1], row.event.merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&row.columns[2], row.mode, sizeof row.mode),
        column_text(&row.columns[3], row.type, sizeof row.type),
        column_time(&row.columns[4], &row.created_at),
    };

    dispatching->count = 0;
    return database_execute_rows(database, &statements[statement], parameters, columns, take_event,
                                 &row);
}

struct taker_row {
    struct taker *takers;
    size_t *count;
    struct column columns[TAKER_COLUMNS];
    struct taker taker;
    char events[WEBHOOK_EVENTS_SIZE];
    MYSQL_TIME created_at;
};

static enum database_result
take_taker(void *arg)
{
    struct taker_row *row = arg;

    column_end(&row->columns[1], row->events);
    row->taker.created_at = time_from_column(&row->created_at);
    (void)webhook_events_parse(row->events, &row->taker.events); /* as far as they are known */
    if (*row->count < ENDPOINTS_MAX)
        row->takers[(*row->count)++] = row->taker;
    return DATABASE_DONE;
}

/* The endpoints of an event's merchant and mode. */
static enum database_result
read_takers(struct database *database, const struct unseen *event, struct taker *takers,
            size_t *count)
{
    struct taker_row row = {.takers = takers, .count = count};
    MYSQL_BIND parameters[] = {bind_identifier(&event->merchant_id),
                               bind_text(mode_name(event->mode))};
    MYSQL_BIND columns[TAKER_COLUMNS] = {
        column_bytes(&row.columns[0], row.taker.id.bytes, IDENTIFIER_SIZE),
        column_text(&row.columns[1], row.events, sizeof row.events),
        column_time(&row.columns[2], &row.created_at),
    };

    *count = 0;
    return database_execute_rows(database, &statements[TAKERS], parameters, columns, take_taker,
                                 &row);
}

/* For each event; a merchant's endpoints are read once. */
static enum database_result
read_all_takers(struct database *database, struct dispatching *dispatching)
{
    enum database_result result = DATABASE_DONE;

    for (size_t i = 0; i < dispatching->count && result == DATABASE_DONE; i++) {
        const struct unseen *event = &dispatching->events[i];
        size_t same = 0;

        while (same < i &&
               (!identifier_equal(&dispatching->events[same].merchant_id, &event->merchant_id) ||
                dispatching->events[same].mode != event->mode))
            same++;
        if (same < i) {
            memcpy(dispatching->takers[i], dispatching->takers[same],
                   sizeof dispatching->takers[i]);
            dispatching->taker_counts[i] = dispatching->taker_counts[same];
        } else {
            result =
                read_takers(database, event, dispatching->takers[i], &dispatching->taker_counts[i]);
        }
    }
    return result;
}

static enum database_result
flush(struct database *database, struct making *making)
{
    MYSQL_BIND made[] = {bind_text_rows(&making->endpoint_ids), bind_text_rows(&making->event_ids),
                         bind_time_rows(&making->due_at)};
    MYSQL_BIND again[] = {bind_time_rows(&making->due_at), bind_text_rows(&making->endpoint_ids),
                          bind_text_rows(&making->event_ids)};
    enum database_result result;
    size_t rows;

    if (making->count == 0)
        return DATABASE_DONE;
    result = database_execute_group(database, &statements[MAKE], made, making->count, &rows);
    if (result == DATABASE_DONE && making->again)
        result =
            database_execute_group(database, &statements[MAKE_AGAIN], again, making->count, &rows);
    making->count = 0;
    return result;
}

static enum database_result
make(struct database *database, struct making *making, const struct identifier *endpoint_id,
     const struct identifier *event_id, int64_t due_at)
{
    set_identifier(&making->endpoint_ids, making->count, endpoint_id);
    set_identifier(&making->event_ids, making->count, event_id);
    set_time(&making->due_at, making->count, due_at);
    making->count++;
    return making->count == STORE_GROUP_MAX ? flush(database, making) : DATABASE_DONE;
}

static bool
wants(uint32_t wanted, const struct unseen *event)
{
    return (wanted & (UINT32_C(1) << event->type)) != 0;
}

/* In a transaction: the deliveries of all, and that they are made. */
static enum database_result
make_all(struct database *database, void *arg)
{
    struct dispatching *dispatching = arg;
    MYSQL_BIND parameters[] = {bind_time_rows(&dispatching->seen_at),
                               bind_text_rows(&dispatching->seen)};
    enum database_result result = DATABASE_DONE;
    size_t rows;

    dispatching->making = (struct making){.count = 0};
    for (size_t i = 0; i < dispatching->count; i++) {
        const struct unseen *event = &dispatching->events[i];

        set_identifier(&dispatching->seen, i, &event->id);
        set_time(&dispatching->seen_at, i, dispatching->now);
        for (size_t j = 0; j < dispatching->taker_counts[i] && result == DATABASE_DONE; j++) {
            const struct taker *taker = &dispatching->takers[i][j];

            if (wants(taker->events, event) &&
                event->created_at >= taker->created_at - CLOCKS_DIFFER_MS)
                result =
                    make(database, &dispatching->making, &taker->id, &event->id, dispatching->now);
        }
    }
    if (result == DATABASE_DONE)
        result = flush(database, &dispatching->making);
    if (result == DATABASE_DONE)
        result = database_execute_group(database, &statements[SEEN], parameters, dispatching->count,
                                        &rows);
    return result;
}

static enum database_result
dispatch(struct database *database, void *arg)
{
    struct dispatching *dispatching = arg;
    enum database_result result = read_events(database, dispatching, UNSEEN, NULL);

    if (result != DATABASE_DONE || dispatching->count == 0)
        return result;
    result = read_all_takers(database, dispatching);
    return result == DATABASE_DONE ? database_transaction(database, make_all, dispatching) : result;
}

enum store_result
dispatch_store_take(struct database *database, struct deadline deadline, size_t *count)
{
    struct dispatching dispatching = {.now = clock_wall_ms()};
    enum database_result result = database_run(database, deadline, dispatch, &dispatching);

    *count = result == DATABASE_DONE ? dispatching.count : 0;
    return store_result_of(result, STORE_OK);
}

static enum database_result
read_asked(struct database *database, struct dispatching *dispatching)
{
    struct column columns[ASKED_COLUMNS];
    char mode[8], events[WEBHOOK_EVENTS_SIZE];
    MYSQL_BIND results[ASKED_COLUMNS] = {
        column_bytes(&columns[0], dispatching->endpoint_id.bytes, IDENTIFIER_SIZE),
        column_bytes(&columns[1], dispatching->merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&columns[2], mode, sizeof mode),
        column_text(&columns[3], events, sizeof events),
        column_bytes(&columns[4], dispatching->after.bytes, IDENTIFIER_SIZE),
        column_bytes(&columns[5], dispatching->until.bytes, IDENTIFIER_SIZE),
    };
    size_t rows;
    enum database_result result =
        database_execute(database, &statements[ASKED], NULL, results, &rows);

    dispatching->asked = result == DATABASE_DONE && rows > 0;
    if (!dispatching->asked)
        return result;
    column_end(&columns[2], mode);
    column_end(&columns[3], events);
    (void)webhook_events_parse(events, &dispatching->wanted);
    return mode_parse(mode, &dispatching->mode) ? DATABASE_DONE : DATABASE_FAILED;
}

/* In a transaction: a part of what is sent once more, and how far it came. */
static enum database_result
make_again(struct database *database, void *arg)
{
    struct dispatching *dispatching = arg;
    bool is_last = dispatching->count < STORE_GROUP_MAX;
    MYSQL_BIND parameters[] = {
        is_last ? bind_text(NULL)
                : bind_identifier(&dispatching->events[dispatching->count - 1].id),
        is_last ? bind_text(NULL) : bind_identifier(&dispatching->until),
        bind_identifier(&dispatching->endpoint_id),
        bind_identifier(&dispatching->after),
        bind_identifier(&dispatching->until),
    };
    enum database_result result = DATABASE_DONE;
    size_t rows;

    dispatching->making = (struct making){.again = true};
    for (size_t i = 0; i < dispatching->count && result == DATABASE_DONE; i++) {
        if (wants(dispatching->wanted, &dispatching->events[i]))
            result = make(database, &dispatching->making, &dispatching->endpoint_id,
                          &dispatching->events[i].id, dispatching->now);
    }
    if (result == DATABASE_DONE)
        result = flush(database, &dispatching->making);
    return result == DATABASE_DONE
               ? database_execute(database, &statements[GO_ON], parameters, NULL, &rows)
               : result;
}

static enum database_result
resend(struct database *database, void *arg)
{
    struct dispatching *dispatching = arg;
    enum database_result result = read_asked(database, dispatching);
    MYSQL_BIND parameters[] = {
        bind_identifier(&dispatching->merchant_id),
        bind_text(mode_name(dispatching->mode)),
        bind_identifier(&dispatching->after),
        bind_identifier(&dispatching->until),
    };

    dispatching->count = 0;
    if (result != DATABASE_DONE || !dispatching->asked)
        return result;
    result = read_events(database, dispatching, ASKED_EVENTS, parameters);
    return result == DATABASE_DONE ? database_transaction(database, make_again, dispatching)
                                   : result;
}

enum store_result
dispatch_store_resend(struct database *database, struct deadline deadline, size_t *count)
{
    struct dispatching dispatching = {.now = clock_wall_ms()};
    enum database_result result = database_run(database, deadline, resend, &dispatching);

    *count = result == DATABASE_DONE && dispatching.asked ? dispatching.count + 1 : 0;
    return store_result_of(result, STORE_OK);
}
