/*
 * Events that are sent to webhook endpoints once more.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/redelivery_store.h"

#include "store/endpoint_row.h"

enum {
    TYPE,
    MAKE,
    MAKE_DUE,
    WIDEN,
};

#define TYPE_SIZE 33

static const struct statement statements[] = {
    [TYPE] = {.name = "type of an event",
              .sql = "SELECT type FROM events WHERE id = ? AND merchant_id = ? AND mode = ?",
              .parameters = 3,
              .columns = 1,
              .late = true},
    [MAKE] = {.name = "deliveries that are asked for",
              .sql = "INSERT IGNORE INTO webhook_deliveries (endpoint_id, event_id, state, due_at)"
                     " VALUES (?, ?, 'pending', ?)",
              .parameters = 3,
              .late = true},
    [MAKE_DUE] = {.name = "deliveries that are due again",
                  .sql = "UPDATE webhook_deliveries FORCE INDEX (PRIMARY) SET state = 'pending',"
                         " tries = 0, due_at = ? WHERE endpoint_id = ? AND event_id = ?",
                  .parameters = 3,
                  .late = true},
    [WIDEN] = {.name = "webhook endpoint to be sent a range",
               .sql = "UPDATE webhook_endpoints FORCE INDEX (PRIMARY) SET"
                      " resend_after = LEAST(IFNULL(resend_after, ?), ?),"
                      " resend_until = GREATEST(IFNULL(resend_until, ?), ?) WHERE id = ?",
               .parameters = 5,
               .late = true},
};

const struct statement_set redelivery_statements = {statements,
                                                    sizeof statements / sizeof statements[0]};

/* One that is being carried out. */
struct asking {
    struct redelivery *redelivery;
    const struct audit_entry *entry; /* or NULL */
    enum event_type type;
    struct identifier takers[ENDPOINTS_MAX];
    struct text_rows endpoint_ids, event_ids;
    struct time_rows due_at;
};

/* *found: there is such an event, of the type that asking holds then. */
static enum database_result
find_event(struct database *database, struct asking *asking, bool *found)
{
    const struct redelivery *redelivery = asking->redelivery;
    char type[TYPE_SIZE];
    struct column column;
    MYSQL_BIND parameters[] = {
        bind_identifier(&redelivery->event_id),
        bind_identifier(&redelivery->owner.merchant_id),
        bind_text(mode_name(redelivery->owner.mode)),
    };
    MYSQL_BIND columns[] = {column_text(&column, type, sizeof type)};
    size_t rows;
    enum database_result result =
        database_execute(database, &statements[TYPE], parameters, columns, &rows);

    *found = result == DATABASE_DONE && rows == 1;
    if (!*found)
        return result;
    column_end(&column, type);
    return event_type_parse(type, &asking->type) ? DATABASE_DONE : DATABASE_FAILED;
}

/* One of the owner's endpoints: does it get the event? */
static void
consider(void *arg, const struct webhook_endpoint *endpoint)
{
    struct asking *asking = arg;
    struct redelivery *redelivery = asking->redelivery;

    if (redelivery->has_endpoint && !identifier_equal(&redelivery->endpoint_id, &endpoint->id))
        return;
    if (redelivery->end == REDELIVERY_NO_ENDPOINT)
        redelivery->end = REDELIVERY_UNWANTED;
    if (endpoint->disabled_by != WEBHOOK_NOBODY ||
        (endpoint->events & (UINT32_C(1) << asking->type)) == 0 ||
        redelivery->count == ENDPOINTS_MAX)
        return;
    asking->takers[redelivery->count++] = endpoint->id;
    redelivery->end = REDELIVERY_ASKED;
}

/* Those that are not there are made, then all are due. */
static enum database_result
make_due(struct database *database, struct asking *asking)
{
    MYSQL_BIND made[] = {bind_text_rows(&asking->endpoint_ids), bind_text_rows(&asking->event_ids),
                         bind_time_rows(&asking->due_at)};
    MYSQL_BIND due[] = {bind_time_rows(&asking->due_at), bind_text_rows(&asking->endpoint_ids),
                        bind_text_rows(&asking->event_ids)};
    size_t count = asking->redelivery->count;
    int64_t now = clock_wall_ms();
    enum database_result result;
    size_t rows;

    for (size_t i = 0; i < count; i++) {
        set_identifier(&asking->endpoint_ids, i, &asking->takers[i]);
        set_identifier(&asking->event_ids, i, &asking->redelivery->event_id);
        set_time(&asking->due_at, i, now);
    }
    result = database_execute_group(database, &statements[MAKE], made, count, &rows);
    return result == DATABASE_DONE
               ? database_execute_group(database, &statements[MAKE_DUE], due, count, &rows)
               : result;
}

static enum database_result
ask(struct database *database, void *arg)
{
    struct asking *asking = arg;
    struct redelivery *redelivery = asking->redelivery;
    bool found;
    enum database_result result = find_event(database, asking, &found);

    redelivery->count = 0;
    redelivery->end = REDELIVERY_NO_EVENT;
    if (!found)
        return result;
    redelivery->end = redelivery->has_endpoint ? REDELIVERY_NO_ENDPOINT : REDELIVERY_UNWANTED;
    if (result == DATABASE_DONE)
        result = endpoint_row_look_up(database, ENDPOINTS_OF_OWNER, &redelivery->owner, NULL,
                                      consider, asking);
    if (result == DATABASE_DONE && redelivery->count > 0)
        result = make_due(database, asking);
    if (result == DATABASE_DONE && redelivery->count > 0 && asking->entry != NULL)
        result = audit_store_insert(database, asking->entry);
    return result;
}

static enum database_result
ask_at_once(struct database *database, void *arg)
{
    return database_transaction(database, ask, arg);
}

enum store_result
redelivery_store_ask(struct database *database, struct deadline deadline,
                     struct redelivery *redelivery, const struct audit_entry *entry)
{
    struct asking asking = {.redelivery = redelivery, .entry = entry};

    return store_result_of(database_run(database, deadline, ask_at_once, &asking), STORE_OK);
}

/* A range that an endpoint is asked for. */
struct widening {
    const struct endpoint_owner *owner;
    const struct identifier *endpoint_id;
    const struct identifier *after, *until;
    const struct audit_entry *entry; /* or NULL */
    enum store_result found;
};

static void
look_at(void *arg, const struct webhook_endpoint *endpoint)
{
    struct widening *widening = arg;

    widening->found = endpoint->disabled_by == WEBHOOK_NOBODY ? STORE_OK : STORE_REFUSED;
}

static enum database_result
widen(struct database *database, void *arg)
{
    struct widening *widening = arg;
    MYSQL_BIND parameters[] = {
        bind_identifier(widening->after),       bind_identifier(widening->after),
        bind_identifier(widening->until),       bind_identifier(widening->until),
        bind_identifier(widening->endpoint_id),
    };
    enum database_result result;
    size_t rows;

    widening->found = STORE_NOT_FOUND;
    result = endpoint_row_look_up(database, ENDPOINT_BY_ID, widening->owner, widening->endpoint_id,
                                  look_at, widening);
    if (result == DATABASE_DONE && widening->found == STORE_OK)
        result = endpoint_row_look_up(database, ENDPOINT_LOCKED, widening->owner,
                                      widening->endpoint_id, look_at, widening);
    if (result == DATABASE_DONE && widening->found == STORE_OK)
        result = database_execute(database, &statements[WIDEN], parameters, NULL, &rows);
    if (result == DATABASE_DONE && widening->found == STORE_OK && widening->entry != NULL)
        result = audit_store_insert(database, widening->entry);
    return result;
}

static enum database_result
widen_at_once(struct database *database, void *arg)
{
    return database_transaction(database, widen, arg);
}

enum store_result
redelivery_store_ask_range(struct database *database, struct deadline deadline,
                           const struct endpoint_owner *owner, const struct identifier *endpoint_id,
                           const struct identifier *after, const struct identifier *until,
                           const struct audit_entry *entry)
{
    struct widening widening = {
        .owner = owner, .endpoint_id = endpoint_id, .after = after, .until = until, .entry = entry};
    enum database_result result = database_run(database, deadline, widen_at_once, &widening);

    return store_result_of(result, widening.found);
}
