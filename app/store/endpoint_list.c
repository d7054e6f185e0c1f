/*
 * Webhook endpoints as operators see them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/endpoint_list.h"

#include "store/endpoint_row.h"

enum {
    SHOW_ALL,
    SHOW_OF_MERCHANT,
    FIND_ANY,
    EVENT_OWNER,
};

#define MODE_SIZE 8

#define SELECTED "SELECT " ENDPOINT_COLUMNS " FROM webhook_endpoints WHERE deleted_at IS NULL"

static const struct statement statements[] = {
    [SHOW_ALL] = {.name = "webhook endpoints of all merchants",
                  .sql = SELECTED " ORDER BY id",
                  .columns = ENDPOINT_COLUMN_COUNT},
    [SHOW_OF_MERCHANT] = {.name = "webhook endpoints of a merchant",
                          .sql = SELECTED " AND merchant_id = ? ORDER BY id",
                          .parameters = 1,
                          .columns = ENDPOINT_COLUMN_COUNT},
    [FIND_ANY] = {.name = "webhook endpoint of any merchant",
                  .sql = SELECTED " AND id = ?",
                  .parameters = 1,
                  .columns = ENDPOINT_COLUMN_COUNT},
    [EVENT_OWNER] = {.name = "owner of an event",
                     .sql = "SELECT merchant_id, mode FROM events WHERE id = ?",
                     .parameters = 1,
                     .columns = 2},
};

struct showing {
    const struct statement *statement;
    const struct identifier *id; /* of a merchant, or of an endpoint */
    endpoint_seen *seen;
    void *arg;
};

static enum database_result
show(struct database *database, void *arg)
{
    struct showing *showing = arg;
    MYSQL_BIND parameters[1] = {{0}};

    if (showing->id != NULL)
        parameters[0] = bind_identifier(showing->id);
    return endpoint_row_execute(database, showing->statement, parameters, showing->seen,
                                showing->arg);
}

enum store_result
endpoint_list_show(struct database *database, struct deadline deadline,
                   const struct identifier *merchant_id, endpoint_seen *seen, void *arg)
{
    struct showing showing = {.statement =
                                  &statements[merchant_id != NULL ? SHOW_OF_MERCHANT : SHOW_ALL],
                              .id = merchant_id,
                              .seen = seen,
                              .arg = arg};

    return store_result_of(database_run(database, deadline, show, &showing), STORE_OK);
}

struct owning {
    const struct identifier *id; /* of an event */
    struct endpoint_owner *owner;
    enum store_result found;
};

static void
take_owner(void *arg, const struct webhook_endpoint *endpoint)
{
    struct owning *owning = arg;

    *owning->owner =
        (struct endpoint_owner){.merchant_id = endpoint->merchant_id, .mode = endpoint->mode};
    owning->found = STORE_OK;
}

enum store_result
endpoint_list_owner(struct database *database, struct deadline deadline,
                    const struct identifier *id, struct endpoint_owner *owner)
{
    struct owning owning = {.owner = owner, .found = STORE_NOT_FOUND};
    struct showing showing = {
        .statement = &statements[FIND_ANY], .id = id, .seen = take_owner, .arg = &owning};
    enum database_result result = database_run(database, deadline, show, &showing);

    return store_result_of(result, owning.found);
}

static enum database_result
find_event_owner(struct database *database, void *arg)
{
    struct owning *owning = arg;
    struct column taken[2];
    char mode[MODE_SIZE];
    MYSQL_BIND parameters[] = {bind_identifier(owning->id)};
    MYSQL_BIND columns[] = {
        column_bytes(&taken[0], owning->owner->merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&taken[1], mode, sizeof mode),
    };
    size_t rows;
    enum database_result result =
        database_execute(database, &statements[EVENT_OWNER], parameters, columns, &rows);

    if (result != DATABASE_DONE || rows == 0)
        return result;
    column_end(&taken[1], mode);
    owning->found = STORE_OK;
    return mode_parse(mode, &owning->owner->mode) ? DATABASE_DONE : DATABASE_FAILED;
}

enum store_result
endpoint_list_event_owner(struct database *database, struct deadline deadline,
                          const struct identifier *id, struct endpoint_owner *owner)
{
    struct owning owning = {.id = id, .owner = owner, .found = STORE_NOT_FOUND};
    enum database_result result = database_run(database, deadline, find_event_owner, &owning);

    return store_result_of(result, owning.found);
}
