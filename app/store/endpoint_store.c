/*
 * Webhook endpoints in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/endpoint_store.h"

#include <string.h>

#include "store/binding.h"
#include "store/endpoint_row.h"

enum {
    INSERT,
    INSERT_SECRET,
    WANT_LIVE,
    WANT_TEST,
    CHANGE,
    EXPIRE,
    DELETE,
    DELETE_SECRETS,
};

static const struct statement statements[] = {
    /* A second try finds what the first one kept. */
    [INSERT] = {.name = "webhook endpoint insert",
                .sql = "INSERT IGNORE INTO webhook_endpoints (id, merchant_id, mode, url, events,"
                       " description, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                .parameters = 7,
                .late = true},
    [INSERT_SECRET] = {.name = "webhook secret insert",
                       .sql = "INSERT IGNORE INTO webhook_secrets (id, endpoint_id, secret)"
                              " VALUES (?, ?, ?)",
                       .parameters = 3,
                       .late = true},
    [WANT_LIVE] = {.name = "live events from now on",
                   .sql = "UPDATE merchants SET live_events = 1 WHERE id = ?",
                   .parameters = 1,
                   .late = true},
    [WANT_TEST] = {.name = "test events from now on",
                   .sql = "UPDATE merchants SET test_events = 1 WHERE id = ?",
                   .parameters = 1,
                   .late = true},
    [CHANGE] = {.name = "webhook endpoint change",
                .sql = "UPDATE webhook_endpoints SET url = ?, events = ?, description = ?,"
                       " disabled_at = IF(? IS NULL, NULL, IFNULL(disabled_at, ?)),"
                       " disabled_by = ?, failing_since = IF(?, NULL, failing_since)"
                       " WHERE id = ?",
                .parameters = 8,
                .late = true},
    [EXPIRE] = {.name = "end of webhook secrets",
                .sql = "UPDATE webhook_secrets SET expires_at = LEAST(IFNULL(expires_at, ?), ?)"
                       " WHERE endpoint_id = ? AND id <> ?",
                .parameters = 4,
                .late = true},
    [DELETE] = {.name = "webhook endpoint deletion",
                .sql = "UPDATE webhook_endpoints SET deleted_at = ?, disabled_at ="
                       " IFNULL(disabled_at, ?) WHERE id = ?",
                .parameters = 3,
                .late = true},
    [DELETE_SECRETS] = {.name = "webhook secrets taken away",
                        .sql = "UPDATE webhook_secrets SET secret = '', expires_at = ?"
                               " WHERE endpoint_id = ?",
                        .parameters = 2,
                        .late = true},
};

const struct statement_set endpoint_statements = {statements,
                                                  sizeof statements / sizeof statements[0]};

/* Endpoints that are read: all of an owner, or one. */
struct reading {
    const struct endpoint_owner *owner;
    const struct identifier *id; /* NULL: all */
    struct webhook_endpoint *endpoints;
    size_t room;
    size_t count;
};

static void
keep(void *arg, const struct webhook_endpoint *found)
{
    struct reading *reading = arg;

    if (reading->count < reading->room)
        reading->endpoints[reading->count++] = *found;
}

static enum database_result
execute_reading(struct database *database, struct reading *reading, enum endpoint_look_up look_up)
{
    reading->count = 0;
    return endpoint_row_look_up(database, look_up, reading->owner, reading->id, keep, reading);
}

static enum database_result
read_endpoints(struct database *database, void *arg)
{
    struct reading *reading = arg;

    return execute_reading(database, reading,
                           reading->id != NULL ? ENDPOINT_BY_ID : ENDPOINTS_OF_OWNER);
}

enum store_result
endpoint_store_list(struct database *database, struct deadline deadline,
                    const struct endpoint_owner *owner, struct webhook_endpoint *endpoints,
                    size_t *count)
{
    struct reading reading = {.owner = owner, .endpoints = endpoints, .room = ENDPOINTS_MAX};
    enum database_result result = database_run(database, deadline, read_endpoints, &reading);

    *count = reading.count;
    return store_result_of(result, STORE_OK);
}

enum store_result
endpoint_store_find(struct database *database, struct deadline deadline,
                    const struct endpoint_owner *owner, const struct identifier *id,
                    struct webhook_endpoint *endpoint)
{
    struct reading reading = {.owner = owner, .id = id, .endpoints = endpoint, .room = 1};
    enum database_result result = database_run(database, deadline, read_endpoints, &reading);

    return store_result_of(result, reading.count == 1 ? STORE_OK : STORE_NOT_FOUND);
}

static enum database_result
insert_secret(struct database *database, const struct identifier *endpoint_id,
              const struct webhook_secret *secret)
{
    MYSQL_BIND parameters[] = {
        bind_identifier(&secret->id),
        bind_identifier(endpoint_id),
        bind_bytes(secret->bytes, WEBHOOK_SECRET_SIZE),
    };
    size_t rows;

    return database_execute(database, &statements[INSERT_SECRET], parameters, NULL, &rows);
}

struct insertion {
    const struct webhook_endpoint *endpoint;
    const struct webhook_secret *secret;
    const struct audit_entry *entry; /* or NULL */
    enum store_result found;
};

static enum database_result
insert_row(struct database *database, const struct webhook_endpoint *endpoint)
{
    char events[WEBHOOK_EVENTS_SIZE];
    MYSQL_TIME created_at = time_to_column(endpoint->created_at);
    MYSQL_BIND parameters[] = {
        bind_identifier(&endpoint->id),
        bind_identifier(&endpoint->merchant_id),
        bind_text(mode_name(endpoint->mode)),
        bind_text(endpoint->url),
        bind_text(events),
        bind_text(endpoint->has_description ? endpoint->description : NULL),
        bind_time(&created_at),
    };
    size_t rows;

    webhook_events_format(endpoint->events, events);
    parameters[4] = bind_text(events);
    return database_execute(database, &statements[INSERT], parameters, NULL, &rows);
}

/* The merchant's row first: so two at once are one after the other. */
static enum database_result
insert(struct database *database, void *arg)
{
    struct insertion *insertion = arg;
    const struct webhook_endpoint *endpoint = insertion->endpoint;
    struct webhook_endpoint others[ENDPOINTS_MAX];
    const struct endpoint_owner owner = {.merchant_id = endpoint->merchant_id,
                                         .mode = endpoint->mode};
    struct reading reading = {.owner = &owner, .endpoints = others, .room = ENDPOINTS_MAX};
    MYSQL_BIND merchant[] = {bind_identifier(&endpoint->merchant_id)};
    size_t rows;
    enum database_result result =
        database_execute(database, &statements[endpoint->mode == MODE_LIVE ? WANT_LIVE : WANT_TEST],
                         merchant, NULL, &rows);

    if (result == DATABASE_DONE)
        result = execute_reading(database, &reading, ENDPOINTS_OF_OWNER);
    if (result != DATABASE_DONE)
        return result;
    insertion->found = STORE_OK;
    for (size_t i = 0; i < reading.count; i++) {
        if (identifier_equal(&others[i].id, &endpoint->id))
            return DATABASE_DONE; /* an earlier try has kept it */
    }
    if (reading.count == ENDPOINTS_MAX) {
        insertion->found = STORE_REFUSED;
        return DATABASE_DONE;
    }
    result = insert_row(database, endpoint);
    if (result == DATABASE_DONE)
        result = insert_secret(database, &endpoint->id, insertion->secret);
    if (result == DATABASE_DONE && insertion->entry != NULL)
        result = audit_store_insert(database, insertion->entry);
    return result;
}

static enum database_result
insert_at_once(struct database *database, void *arg)
{
    return database_transaction(database, insert, arg);
}

enum store_result
endpoint_store_insert(struct database *database, struct deadline deadline,
                      const struct webhook_endpoint *endpoint, const struct webhook_secret *secret,
                      const struct audit_entry *entry)
{
    struct insertion insertion = {
        .endpoint = endpoint, .secret = secret, .entry = entry, .found = STORE_FAILED};
    enum database_result result = database_run(database, deadline, insert_at_once, &insertion);

    return store_result_of(result, insertion.found);
}

/* One that is locked and written to. */
struct writing {
    const struct endpoint_owner *owner;
    const struct identifier *id;
    const struct endpoint_change *change; /* or NULL */
    const struct webhook_secret *secret;  /* or NULL: with neither it is deleted */
    int64_t time;                         /* of the end of what was before */
    struct webhook_endpoint *endpoint;
    const struct audit_entry *entry; /* or NULL */
    size_t changed;                  /* rows */
    bool found;
};

/* What stands afterwards. */
static void
apply(const struct endpoint_change *change, struct webhook_endpoint *endpoint)
{
    if (change->url != NULL)
        strcpy(endpoint->url, change->url);
    if (change->events != 0)
        endpoint->events = change->events;
    if (change->sets_description) {
        endpoint->has_description = change->description != NULL;
        strcpy(endpoint->description, change->description != NULL ? change->description : "");
    }
    if (change->sets_disabled && !change->disabled) {
        endpoint->disabled_by = WEBHOOK_NOBODY;
        endpoint->failing_since = 0;
    } else if (change->sets_disabled && endpoint->disabled_by == WEBHOOK_NOBODY) {
        endpoint->disabled_by = WEBHOOK_BY_MERCHANT;
    }
}

static enum database_result
change_row(struct database *database, struct writing *writing)
{
    struct webhook_endpoint *endpoint = writing->endpoint;
    const struct endpoint_change *change = writing->change;
    char events[WEBHOOK_EVENTS_SIZE];
    MYSQL_TIME now = time_to_column(change->now);
    int64_t enables = change->sets_disabled && !change->disabled ? 1 : 0;

    apply(change, endpoint);
    webhook_events_format(endpoint->events, events);
    {
        MYSQL_BIND parameters[] = {
            bind_text(endpoint->url),
            bind_text(events),
            bind_text(endpoint->has_description ? endpoint->description : NULL),
            bind_text(webhook_disabler_name(endpoint->disabled_by)),
            bind_time(&now),
            bind_text(webhook_disabler_name(endpoint->disabled_by)),
            bind_number(&enables),
            bind_identifier(writing->id),
        };

        return database_execute(database, &statements[CHANGE], parameters, NULL, &writing->changed);
    }
}

static enum database_result
rotate(struct database *database, struct writing *writing)
{
    MYSQL_TIME until = time_to_column(writing->time);
    MYSQL_BIND parameters[] = {
        bind_time(&until),
        bind_time(&until),
        bind_identifier(writing->id),
        bind_identifier(&writing->secret->id),
    };
    size_t rows;
    enum database_result result = insert_secret(database, writing->id, writing->secret);

    writing->changed = 1;
    return result == DATABASE_DONE
               ? database_execute(database, &statements[EXPIRE], parameters, NULL, &rows)
               : result;
}

static enum database_result
delete_row(struct database *database, struct writing *writing)
{
    MYSQL_TIME now = time_to_column(writing->time);
    MYSQL_BIND endpoint[] = {bind_time(&now), bind_time(&now), bind_identifier(writing->id)};
    MYSQL_BIND secrets[] = {bind_time(&now), bind_identifier(writing->id)};
    size_t rows;
    enum database_result result =
        database_execute(database, &statements[DELETE], endpoint, NULL, &writing->changed);

    return result == DATABASE_DONE
               ? database_execute(database, &statements[DELETE_SECRETS], secrets, NULL, &rows)
               : result;
}

static enum database_result
write_locked(struct database *database, struct writing *writing)
{
    if (writing->change != NULL)
        return change_row(database, writing);
    return writing->secret != NULL ? rotate(database, writing) : delete_row(database, writing);
}

/* What a plain SELECT has not found is not locked. */
static enum database_result
write_endpoint(struct database *database, void *arg)
{
    struct writing *writing = arg;
    struct reading reading = {
        .owner = writing->owner, .id = writing->id, .endpoints = writing->endpoint, .room = 1};
    enum database_result result = execute_reading(database, &reading, ENDPOINT_BY_ID);

    if (result == DATABASE_DONE && reading.count == 1)
        result = execute_reading(database, &reading, ENDPOINT_LOCKED);
    /* One that an earlier try has found, and this one has not, was deleted by it. */
    writing->found = writing->found || reading.count == 1;
    if (result != DATABASE_DONE || reading.count == 0)
        return result;
    result = write_locked(database, writing);
    if (result == DATABASE_DONE && writing->changed > 0 && writing->entry != NULL)
        result = audit_store_insert(database, writing->entry);
    return result;
}

static enum database_result
write_at_once(struct database *database, void *arg)
{
    return database_transaction(database, write_endpoint, arg);
}

static enum store_result
run_writing(struct database *database, struct deadline deadline, struct writing *writing)
{
    enum database_result result = database_run(database, deadline, write_at_once, writing);

    return store_result_of(result, writing->found ? STORE_OK : STORE_NOT_FOUND);
}

enum store_result
endpoint_store_change(struct database *database, struct deadline deadline,
                      const struct endpoint_owner *owner, const struct identifier *id,
                      const struct endpoint_change *change, const struct audit_entry *entry,
                      struct webhook_endpoint *endpoint)
{
    struct writing writing = {
        .owner = owner, .id = id, .change = change, .entry = entry, .endpoint = endpoint};

    return run_writing(database, deadline, &writing);
}

enum store_result
endpoint_store_rotate(struct database *database, struct deadline deadline,
                      const struct endpoint_owner *owner, const struct identifier *id,
                      const struct webhook_secret *secret, int64_t old_until,
                      const struct audit_entry *entry, struct webhook_endpoint *endpoint)
{
    struct writing writing = {.owner = owner,
                              .id = id,
                              .secret = secret,
                              .time = old_until,
                              .entry = entry,
                              .endpoint = endpoint};

    return run_writing(database, deadline, &writing);
}

enum store_result
endpoint_store_delete(struct database *database, struct deadline deadline,
                      const struct endpoint_owner *owner, const struct identifier *id, int64_t now,
                      const struct audit_entry *entry)
{
    struct webhook_endpoint endpoint;
    struct writing writing = {
        .owner = owner, .id = id, .time = now, .entry = entry, .endpoint = &endpoint};

    return run_writing(database, deadline, &writing);
}
