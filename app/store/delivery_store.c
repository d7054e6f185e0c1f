/*
 * Deliveries in the database: which event is still to be sent to which webhook endpoint.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/delivery_store.h"

#include <string.h>

#include "store/binding.h"
#include "store/slots.h"

enum {
    TEXTS,
    FIND_DUE = TEXTS + SLOTS_COUNT,
    DUE,
    CLAIM,
    SECRETS,
};

#define RECEIVER_COLUMNS 3
#define DUE_COLUMNS 2
#define SECRET_COLUMNS 2

static const struct statement statements[] = {
    SLOT_STATEMENTS(TEXTS, "texts of events",
                    "SELECT id, body FROM events FORCE INDEX (PRIMARY) WHERE ", "id = ?", "", 1, 2),
    /* One dive into an index for each endpoint that stands, whatever waits for it. */
    [FIND_DUE] = {.name = "webhook endpoints with something due",
                  .sql =
                      "SELECT id, url, failing_since FROM webhook_endpoints FORCE INDEX (PRIMARY)"
                      " WHERE id > ? AND deleted_at IS NULL AND disabled_at IS NULL AND"
                      " (SELECT due_at FROM webhook_deliveries FORCE INDEX"
                      " (webhook_deliveries_due) WHERE endpoint_id = webhook_endpoints.id AND"
                      " state = 'pending' ORDER BY due_at LIMIT 1) <= ? ORDER BY id LIMIT 64",
                  .parameters = 2,
                  .columns = RECEIVER_COLUMNS,
                  .late = true},
    [DUE] = {.name = "deliveries due",
             .sql = "SELECT event_id, tries FROM webhook_deliveries FORCE INDEX"
                    " (webhook_deliveries_due) WHERE endpoint_id = ? AND state = 'pending' AND"
                    " due_at <= ? ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED",
             .parameters = 3,
             .columns = DUE_COLUMNS,
             .late = true},
    [CLAIM] = {.name = "delivery claim",
               .sql = "UPDATE webhook_deliveries FORCE INDEX (PRIMARY) SET due_at = ?"
                      " WHERE endpoint_id = ? AND event_id = ? AND state = 'pending'",
               .parameters = 3,
               .late = true},
    [SECRETS] = {.name = "webhook secrets",
                 .sql = "SELECT id, secret FROM webhook_secrets FORCE INDEX"
                        " (webhook_secrets_endpoint) WHERE endpoint_id = ? AND"
                        " (expires_at IS NULL OR expires_at > ?) AND secret <> ''"
                        " ORDER BY id DESC LIMIT 4",
                 .parameters = 2,
                 .columns = SECRET_COLUMNS,
                 .late = true},
};

_Static_assert(DELIVERY_SECRETS_MAX == 4, "the statement says it");

const struct statement_set delivery_statements = {statements,
                                                  sizeof statements / sizeof statements[0]};

struct finding {
    const struct identifier *after;
    struct receiver_row *rows;
    size_t count;
    struct column columns[RECEIVER_COLUMNS];
    struct receiver_row row;
    MYSQL_TIME failing_since;
};

static enum database_result
take_receiver(void *arg)
{
    struct finding *finding = arg;

    column_end(&finding->columns[1], finding->row.url);
    finding->row.failing_since =
        finding->columns[2].is_null ? 0 : time_from_column(&finding->failing_since);
    if (finding->count < RECEIVERS_MAX)
        finding->rows[finding->count++] = finding->row;
    return DATABASE_DONE;
}

static enum database_result
find_due(struct database *database, void *arg)
{
    static const struct identifier lowest;
    struct finding *finding = arg;
    MYSQL_TIME now = time_to_column(clock_wall_ms());
    MYSQL_BIND parameters[] = {bind_identifier(finding->after != NULL ? finding->after : &lowest),
                               bind_time(&now)};
    MYSQL_BIND columns[RECEIVER_COLUMNS] = {
        column_bytes(&finding->columns[0], finding->row.id.bytes, IDENTIFIER_SIZE),
        column_text(&finding->columns[1], finding->row.url, sizeof finding->row.url),
        column_time(&finding->columns[2], &finding->failing_since),
    };

    finding->count = 0;
    return database_execute_rows(database, &statements[FIND_DUE], parameters, columns,
                                 take_receiver, finding);
}

enum store_result
delivery_store_find_due(struct database *database, struct deadline deadline,
                        const struct identifier *after, struct receiver_row rows[RECEIVERS_MAX],
                        size_t *count)
{
    struct finding finding = {.after = after, .rows = rows};
    enum database_result result = database_run(database, deadline, find_due, &finding);

    *count = result == DATABASE_DONE ? finding.count : 0;
    return store_result_of(result, STORE_OK);
}

struct claim {
    const struct identifier *endpoint_id;
    int64_t lease_ms;
    int64_t limit;
    struct delivery *deliveries;
    size_t count;
    struct delivery_secrets *secrets;
    /* One row of what is due. */
    struct column columns[DUE_COLUMNS];
    struct identifier event_id;
    int64_t tries;
    /* One text. */
    struct column text_columns[2];
    char body[EVENT_BODY_SIZE];
    size_t texts;
    /* One secret. */
    struct column secret_columns[SECRET_COLUMNS];
    struct webhook_secret secret;
    struct text_rows endpoint_ids, event_ids;
    struct time_rows claimed;
};

static enum database_result
take_due(void *arg)
{
    struct claim *claim = arg;

    if (claim->count == DELIVERY_CLAIM_MAX)
        return DATABASE_FAILED;
    claim->deliveries[claim->count++] = (struct delivery){
        .endpoint_id = *claim->endpoint_id,
        .event_id = claim->event_id,
        .tries = (unsigned)claim->tries,
    };
    return DATABASE_DONE;
}

static enum database_result
claim_due(struct database *database, void *arg)
{
    struct claim *claim = arg;
    int64_t now = clock_wall_ms();
    MYSQL_TIME until = time_to_column(now);
    MYSQL_BIND parameters[] = {bind_identifier(claim->endpoint_id), bind_time(&until),
                               bind_number(&claim->limit)};
    MYSQL_BIND columns[DUE_COLUMNS] = {
        column_bytes(&claim->columns[0], claim->event_id.bytes, IDENTIFIER_SIZE),
        column_number(&claim->columns[1], &claim->tries),
    };
    MYSQL_BIND claimed[] = {bind_time_rows(&claim->claimed), bind_text_rows(&claim->endpoint_ids),
                            bind_text_rows(&claim->event_ids)};
    enum database_result result;
    size_t rows;

    claim->count = 0;
    result =
        database_execute_rows(database, &statements[DUE], parameters, columns, take_due, claim);
    if (result != DATABASE_DONE || claim->count == 0)
        return result;
    for (size_t i = 0; i < claim->count; i++) {
        claim->deliveries[i].claimed = now + claim->lease_ms;
        set_time(&claim->claimed, i, now + claim->lease_ms);
        set_identifier(&claim->endpoint_ids, i, claim->endpoint_id);
        set_identifier(&claim->event_ids, i, &claim->deliveries[i].event_id);
    }
    return database_execute_group(database, &statements[CLAIM], claimed, claim->count, &rows);
}

static enum database_result
take_text(void *arg)
{
    struct claim *claim = arg;

    column_end(&claim->text_columns[1], claim->body);
    for (size_t i = 0; i < claim->count; i++) {
        struct delivery *delivery = &claim->deliveries[i];

        if (identifier_equal(&delivery->event_id, &claim->event_id) && delivery->body[0] == '\0') {
            strcpy(delivery->body, claim->body);
            claim->texts++;
        }
    }
    return DATABASE_DONE;
}

static enum database_result
read_texts(struct database *database, struct claim *claim)
{
    MYSQL_BIND parameters[STORE_GROUP_MAX];
    MYSQL_BIND columns[2] = {
        column_bytes(&claim->text_columns[0], claim->event_id.bytes, IDENTIFIER_SIZE),
        column_text(&claim->text_columns[1], claim->body, sizeof claim->body),
    };
    enum database_result result;

    for (size_t i = 0; i < claim->count; i++)
        parameters[i] = bind_identifier(&claim->deliveries[i].event_id);
    slots_fill(parameters, 1, claim->count);
    claim->texts = 0;
    result = database_execute_rows(database, &statements[TEXTS + slots_for(claim->count)],
                                   parameters, columns, take_text, claim);
    if (result == DATABASE_DONE && claim->texts != claim->count)
        return database_fault(database, "a delivery's event is not there");
    return result;
}

static enum database_result
take_secret(void *arg)
{
    struct claim *claim = arg;

    if (claim->secret_columns[1].length != WEBHOOK_SECRET_SIZE ||
        claim->secrets->count == DELIVERY_SECRETS_MAX)
        return DATABASE_FAILED;
    claim->secrets->list[claim->secrets->count++] = claim->secret;
    return DATABASE_DONE;
}

static enum database_result
read_secrets(struct database *database, struct claim *claim)
{
    MYSQL_TIME now = time_to_column(clock_wall_ms());
    MYSQL_BIND parameters[] = {bind_identifier(claim->endpoint_id), bind_time(&now)};
    MYSQL_BIND columns[SECRET_COLUMNS] = {
        column_bytes(&claim->secret_columns[0], claim->secret.id.bytes, IDENTIFIER_SIZE),
        column_bytes(&claim->secret_columns[1], claim->secret.bytes, WEBHOOK_SECRET_SIZE),
    };

    claim->secrets->count = 0;
    return database_execute_rows(database, &statements[SECRETS], parameters, columns, take_secret,
                                 claim);
}

/* Without locks between the rows, on which new deliveries would have to wait. */
static enum database_result
claim_at_once(struct database *database, void *arg)
{
    struct claim *claim = arg;
    enum database_result result = database_lock_rows_only(database);

    if (result == DATABASE_DONE)
        result = database_transaction(database, claim_due, claim);
    if (result == DATABASE_DONE && claim->count > 0)
        result = read_texts(database, claim);
    return result == DATABASE_DONE && claim->count > 0 ? read_secrets(database, claim) : result;
}

enum store_result
delivery_store_claim(struct database *database, struct deadline deadline,
                     const struct identifier *endpoint_id, int64_t lease_ms, size_t limit,
                     struct delivery deliveries[DELIVERY_CLAIM_MAX], size_t *count,
                     struct delivery_secrets *secrets)
{
    struct claim claim = {
        .endpoint_id = endpoint_id,
        .lease_ms = lease_ms,
        .limit = (int64_t)(limit < DELIVERY_CLAIM_MAX ? limit : DELIVERY_CLAIM_MAX),
        .deliveries = deliveries,
        .secrets = secrets,
    };
    enum database_result result = database_run(database, deadline, claim_at_once, &claim);

    *count = result == DATABASE_DONE ? claim.count : 0;
    return store_result_of(result, STORE_OK);
}
