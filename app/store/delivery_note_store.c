/*
 * What became of deliveries, in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/delivery_note_store.h"

#include "store/binding.h"

enum {
    ATTEMPT,
    NOTE,
    WORKS,
    FAILS,
    DISABLE,
    WAITING,
};

static const struct statement statements[] = {
    /* A second try of the same transaction finds what the first one kept. */
    [ATTEMPT] = {.name = "delivery attempts",
                 .sql = "INSERT IGNORE INTO webhook_attempts (id, endpoint_id, event_id,"
                        " attempted_at, milliseconds, status, answer)"
                        " VALUES (?, ?, ?, ?, ?, NULLIF(?, 0), ?)",
                 .parameters = 7,
                 .late = true},
    [NOTE] = {.name = "delivery note",
              .sql = "UPDATE webhook_deliveries FORCE INDEX (PRIMARY) SET state = ?, tries = ?,"
                     " due_at = ? WHERE endpoint_id = ? AND event_id = ? AND state = 'pending'"
                     " AND due_at = ?",
              .parameters = 6,
              .late = true},
    [WORKS] = {.name = "webhook endpoint works",
               .sql = "UPDATE webhook_endpoints FORCE INDEX (PRIMARY) SET failing_since = NULL"
                      " WHERE id = ?",
               .parameters = 1,
               .late = true},
    [FAILS] = {.name = "webhook endpoint fails",
               .sql = "UPDATE webhook_endpoints FORCE INDEX (PRIMARY) SET failing_since ="
                      " IFNULL(failing_since, ?) WHERE id = ?",
               .parameters = 2,
               .late = true},
    [DISABLE] = {.name = "webhook endpoint disabled",
                 .sql = "UPDATE webhook_endpoints FORCE INDEX (PRIMARY) SET disabled_at = ?,"
                        " disabled_by = ? WHERE id = ? AND disabled_at IS NULL",
                 .parameters = 3,
                 .late = true},
    [WAITING] = {.name = "deliveries that wait",
                 .sql = "SELECT COUNT(*), MIN(d.due_at) FROM webhook_deliveries d FORCE INDEX"
                        " (webhook_deliveries_waiting) JOIN webhook_endpoints e ON"
                        " e.id = d.endpoint_id WHERE d.state = 'pending' AND"
                        " e.disabled_at IS NULL AND e.deleted_at IS NULL",
                 .parameters = 0,
                 .columns = 2,
                 .late = true},
};

const struct statement_set delivery_note_statements = {statements,
                                                       sizeof statements / sizeof statements[0]};

struct noting {
    const struct delivery_note *notes;
    size_t count;
};

static enum database_result
insert_attempts(struct database *database, const struct noting *noting)
{
    struct text_rows id, endpoint_id, event_id, answer;
    struct time_rows attempted_at;
    struct number_rows milliseconds, status;
    MYSQL_BIND parameters[] = {
        bind_text_rows(&id),           bind_text_rows(&endpoint_id),    bind_text_rows(&event_id),
        bind_time_rows(&attempted_at), bind_number_rows(&milliseconds), bind_number_rows(&status),
        bind_text_rows(&answer),
    };
    size_t rows;

    for (size_t i = 0; i < noting->count; i++) {
        const struct delivery_note *note = &noting->notes[i];

        set_identifier(&id, i, &note->attempt.id);
        set_identifier(&endpoint_id, i, &note->delivery->endpoint_id);
        set_identifier(&event_id, i, &note->delivery->event_id);
        set_time(&attempted_at, i, note->attempt.attempted_at);
        milliseconds.values[i] = note->attempt.milliseconds;
        status.values[i] = note->attempt.status;
        set_bytes(&answer, i, note->attempt.answer, note->attempt.answer_length);
    }
    return database_execute_group(database, &statements[ATTEMPT], parameters, noting->count, &rows);
}

static enum database_result
write_notes(struct database *database, void *arg)
{
    const struct noting *noting = arg;
    struct text_rows state, endpoint_id, event_id;
    struct number_rows tries;
    struct time_rows due_at, claimed;
    MYSQL_BIND parameters[] = {
        bind_text_rows(&state),       bind_number_rows(&tries),  bind_time_rows(&due_at),
        bind_text_rows(&endpoint_id), bind_text_rows(&event_id), bind_time_rows(&claimed),
    };
    enum database_result result = insert_attempts(database, noting);
    size_t rows;

    for (size_t i = 0; i < noting->count; i++) {
        const struct delivery_note *note = &noting->notes[i];

        set_text(&state, i, delivery_state_name(note->state));
        tries.values[i] = note->delivery->tries + 1;
        set_time_or_null(&due_at, i, note->state == DELIVERY_PENDING ? note->due_at : 0);
        set_identifier(&endpoint_id, i, &note->delivery->endpoint_id);
        set_identifier(&event_id, i, &note->delivery->event_id);
        set_time(&claimed, i, note->delivery->claimed);
    }
    return result == DATABASE_DONE ? database_execute_group(database, &statements[NOTE], parameters,
                                                            noting->count, &rows)
                                   : result;
}

static enum database_result
note_at_once(struct database *database, void *arg)
{
    return database_transaction(database, write_notes, arg);
}

enum store_result
delivery_note_store_keep(struct database *database, struct deadline deadline,
                         const struct delivery_note *notes, size_t count)
{
    struct noting noting = {.notes = notes, .count = count};

    if (count == 0)
        return STORE_OK;
    return store_result_of(database_run(database, deadline, note_at_once, &noting), STORE_OK);
}

struct marking {
    const struct identifier *endpoint_id;
    enum receiver_change change;
    int64_t now;
};

static enum database_result
write_mark(struct database *database, void *arg)
{
    const struct marking *marking = arg;
    MYSQL_TIME now = time_to_column(marking->now);
    MYSQL_BIND works[] = {bind_identifier(marking->endpoint_id)};
    MYSQL_BIND fails[] = {bind_time(&now), bind_identifier(marking->endpoint_id)};
    MYSQL_BIND disabled[] = {
        bind_time(&now),
        bind_text(marking->change == RECEIVER_IS_GONE ? "gone" : "failing"),
        bind_identifier(marking->endpoint_id),
    };
    size_t rows;

    switch (marking->change) {
    case RECEIVER_WORKS:
        return database_execute(database, &statements[WORKS], works, NULL, &rows);
    case RECEIVER_FAILS:
        return database_execute(database, &statements[FAILS], fails, NULL, &rows);
    case RECEIVER_IS_GONE:
    case RECEIVER_FAILS_FOR_DAYS:
        break;
    }
    return database_execute(database, &statements[DISABLE], disabled, NULL, &rows);
}

enum store_result
delivery_note_store_mark(struct database *database, struct deadline deadline,
                         const struct identifier *endpoint_id, enum receiver_change change,
                         int64_t now)
{
    struct marking marking = {.endpoint_id = endpoint_id, .change = change, .now = now};

    return store_result_of(database_run(database, deadline, write_mark, &marking), STORE_OK);
}

static enum database_result
count_waiting(struct database *database, void *arg)
{
    struct delivery_queue *queue = arg;
    struct column columns[2];
    MYSQL_TIME due_at;
    MYSQL_BIND results[2] = {
        column_number(&columns[0], &queue->waiting),
        column_time(&columns[1], &due_at),
    };
    size_t rows;
    enum database_result result =
        database_execute(database, &statements[WAITING], NULL, results, &rows);

    queue->due_at = result == DATABASE_DONE && !columns[1].is_null ? time_from_column(&due_at) : 0;
    return result;
}

enum store_result
delivery_note_store_count(struct database *database, struct deadline deadline,
                          struct delivery_queue *queue)
{
    return store_result_of(database_run(database, deadline, count_waiting, queue), STORE_OK);
}
