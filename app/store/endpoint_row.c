/*
 * Webhook endpoints as rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/endpoint_row.h"

#define MODE_SIZE 8
#define DISABLER_SIZE 16

#define OWNED "merchant_id = ? AND mode = ? AND deleted_at IS NULL"

static const struct statement statements[] = {
    [ENDPOINTS_OF_OWNER] = {.name = "webhook endpoints",
                            .sql = "SELECT " ENDPOINT_COLUMNS " FROM webhook_endpoints FORCE INDEX"
                                   " (webhook_endpoints_list) WHERE " OWNED " ORDER BY id",
                            .parameters = 2,
                            .columns = ENDPOINT_COLUMN_COUNT,
                            .late = true},
    [ENDPOINT_BY_ID] = {.name = "webhook endpoint by id",
                        .sql = "SELECT " ENDPOINT_COLUMNS
                               " FROM webhook_endpoints WHERE id = ? AND " OWNED,
                        .parameters = 3,
                        .columns = ENDPOINT_COLUMN_COUNT,
                        .late = true},
    [ENDPOINT_LOCKED] = {.name = "webhook endpoint, locked",
                         .sql = "SELECT " ENDPOINT_COLUMNS
                                " FROM webhook_endpoints WHERE id = ? AND " OWNED " FOR UPDATE",
                         .parameters = 3,
                         .columns = ENDPOINT_COLUMN_COUNT,
                         .late = true},
};

const struct statement_set endpoint_row_statements = {statements,
                                                      sizeof statements / sizeof statements[0]};

/* What a row is read into. */
struct endpoint_row {
    struct column columns[ENDPOINT_COLUMN_COUNT];
    struct webhook_endpoint endpoint;
    char mode[MODE_SIZE];
    char events[WEBHOOK_EVENTS_SIZE];
    char disabler[DISABLER_SIZE];
    MYSQL_TIME created_at, failing_since;
    endpoint_found *found;
    void *arg;
};

/* False for a row that no program of ours writes. */
static bool
take_endpoint(struct endpoint_row *row)
{
    struct webhook_endpoint *endpoint = &row->endpoint;

    column_end(&row->columns[1], row->mode);
    column_end(&row->columns[3], endpoint->url);
    column_end(&row->columns[4], row->events);
    column_end(&row->columns[5], endpoint->description);
    column_end(&row->columns[7], row->disabler);
    endpoint->has_description = !row->columns[5].is_null;
    endpoint->created_at = time_from_column(&row->created_at);
    endpoint->failing_since = row->columns[8].is_null ? 0 : time_from_column(&row->failing_since);
    return mode_parse(row->mode, &endpoint->mode) &&
           webhook_events_parse(row->events, &endpoint->events) &&
           webhook_disabler_parse(row->columns[7].is_null ? NULL : row->disabler,
                                  &endpoint->disabled_by);
}

static enum database_result
hand_over(void *arg)
{
    struct endpoint_row *row = arg;

    if (!take_endpoint(row))
        return DATABASE_FAILED;
    row->found(row->arg, &row->endpoint);
    return DATABASE_DONE;
}

enum database_result
endpoint_row_execute(struct database *database, const struct statement *statement,
                     MYSQL_BIND *parameters, endpoint_found *found, void *arg)
{
    struct endpoint_row row = {.found = found, .arg = arg};
    struct webhook_endpoint *endpoint = &row.endpoint;
    MYSQL_BIND columns[ENDPOINT_COLUMN_COUNT] = {
        column_bytes(&row.columns[0], endpoint->merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&row.columns[1], row.mode, sizeof row.mode),
        column_bytes(&row.columns[2], endpoint->id.bytes, IDENTIFIER_SIZE),
        column_text(&row.columns[3], endpoint->url, sizeof endpoint->url),
        column_text(&row.columns[4], row.events, sizeof row.events),
        column_text(&row.columns[5], endpoint->description, sizeof endpoint->description),
        column_time(&row.columns[6], &row.created_at),
        column_text(&row.columns[7], row.disabler, sizeof row.disabler),
        column_time(&row.columns[8], &row.failing_since),
    };

    return database_execute_rows(database, statement, parameters, columns, hand_over, &row);
}

enum database_result
endpoint_row_look_up(struct database *database, enum endpoint_look_up look_up,
                     const struct endpoint_owner *owner, const struct identifier *id,
                     endpoint_found *found, void *arg)
{
    MYSQL_BIND parameters[] = {
        bind_identifier(look_up == ENDPOINTS_OF_OWNER ? &owner->merchant_id : id),
        bind_identifier(&owner->merchant_id),
        bind_text(mode_name(owner->mode)),
    };

    return endpoint_row_execute(database, &statements[look_up],
                                look_up == ENDPOINTS_OF_OWNER ? parameters + 1 : parameters, found,
                                arg);
}
