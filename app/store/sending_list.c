/*
 * What was sent to webhook endpoints, as it is read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/sending_list.h"

#include "domain/utf8.h"
#include "store/binding.h"

#define COLUMNS 7
#define ATTEMPTS(index, column)                                                                 \
    "SELECT a.endpoint_id, a.event_id, a.attempted_at, a.milliseconds, IFNULL(a.status, 0),"    \
    " a.answer, d.state FROM webhook_attempts a FORCE INDEX (" index ") LEFT JOIN"              \
    " webhook_deliveries d ON d.endpoint_id = a.endpoint_id AND d.event_id = a.event_id WHERE " \
    "a." column " = ? ORDER BY a.id DESC LIMIT ?"

static const struct statement statements[] = {
    [SENDINGS_OF_EVENT] = {.name = "attempts of an event",
                           .sql = ATTEMPTS("webhook_attempts_event", "event_id"),
                           .parameters = 2,
                           .columns = COLUMNS,
                           .late = true},
    [SENDINGS_OF_ENDPOINT] = {.name = "attempts of a webhook endpoint",
                              .sql = ATTEMPTS("webhook_attempts_endpoint", "endpoint_id"),
                              .parameters = 2,
                              .columns = COLUMNS,
                              .late = true},
};

const struct statement_set sending_statements = {statements,
                                                 sizeof statements / sizeof statements[0]};

struct showing {
    enum sending_of of;
    const struct identifier *id;
    int64_t limit;
    sending_seen *seen;
    void *arg;
    struct column columns[COLUMNS];
    struct sending row;
    char answer[SENDING_ANSWER_MAX];
    MYSQL_TIME attempted_at;
};

static enum database_result
take(void *arg)
{
    struct showing *showing = arg;
    size_t length = showing->columns[5].length;

    showing->row.attempted_at = time_from_column(&showing->attempted_at);
    if (length > sizeof showing->answer)
        return DATABASE_FAILED;
    utf8_mend(showing->answer, length, showing->row.answer, sizeof showing->row.answer);
    column_end(&showing->columns[6], showing->row.state);
    showing->seen(showing->arg, &showing->row);
    return DATABASE_DONE;
}

static enum database_result
show(struct database *database, void *arg)
{
    struct showing *showing = arg;
    struct sending *row = &showing->row;
    MYSQL_BIND parameters[] = {bind_identifier(showing->id), bind_number(&showing->limit)};
    MYSQL_BIND columns[COLUMNS] = {
        column_bytes(&showing->columns[0], row->endpoint_id.bytes, IDENTIFIER_SIZE),
        column_bytes(&showing->columns[1], row->event_id.bytes, IDENTIFIER_SIZE),
        column_time(&showing->columns[2], &showing->attempted_at),
        column_number(&showing->columns[3], &row->milliseconds),
        column_number(&showing->columns[4], &row->status),
        column_bytes(&showing->columns[5], showing->answer, sizeof showing->answer),
        column_text(&showing->columns[6], row->state, sizeof row->state),
    };

    return database_execute_rows(database, &statements[showing->of], parameters, columns, take,
                                 showing);
}

enum store_result
sending_list_show(struct database *database, struct deadline deadline, enum sending_of of,
                  const struct identifier *id, int64_t limit, sending_seen *seen, void *arg)
{
    struct showing showing = {.of = of, .id = id, .limit = limit, .seen = seen, .arg = arg};

    return store_result_of(database_run(database, deadline, show, &showing), STORE_OK);
}
