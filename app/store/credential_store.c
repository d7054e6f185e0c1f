/*
 * Credentials: which merchant an API key belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/credential_store.h"

#include "store/binding.h"
#include "store/slots.h"

enum {
    FIND,
};

#define COLUMN_COUNT 5

static const struct statement statements[] = {
    SLOT_STATEMENTS(FIND, "credential by hash",
                    "SELECT k.key_hash, k.merchant_id, k.mode,"
                    " IF(k.mode = 'live', m.live_processor, m.test_processor),"
                    " IF(k.mode = 'live', m.live_events, m.test_events) FROM api_keys k"
                    " FORCE INDEX (api_keys_hash) JOIN merchants m ON m.id = k.merchant_id"
                    " WHERE k.revoked_at IS NULL AND m.disabled_at IS NULL"
                    " AND (k.expires_at IS NULL OR k.expires_at > UTC_TIMESTAMP(3)) AND (",
                    "k.key_hash = ?", ")", 1, COLUMN_COUNT),
};

const struct statement_set credential_statements = {statements,
                                                    sizeof statements / sizeof statements[0]};

struct search_group {
    struct credential_search *searches;
    size_t count;
    struct column columns[COLUMN_COUNT];
    struct api_key_hash hash;
    struct credential credential;
    char mode[8];
    int64_t wants_events;
};

static enum database_result
take_found(void *arg)
{
    struct search_group *group = arg;

    column_end(&group->columns[2], group->mode);
    column_end(&group->columns[3], group->credential.processor);
    if (!mode_parse(group->mode, &group->credential.mode))
        return DATABASE_FAILED;
    group->credential.wants_events = group->wants_events != 0;
    for (size_t i = 0; i < group->count; i++) {
        struct credential_search *search = &group->searches[i];

        if (api_key_hash_equal(&search->hash, &group->hash)) {
            search->credential = group->credential;
            search->result = STORE_OK;
        }
    }
    return DATABASE_DONE;
}

static enum database_result
find(struct database *database, void *arg)
{
    struct search_group *group = arg;
    MYSQL_BIND parameters[STORE_GROUP_MAX];
    MYSQL_BIND columns[COLUMN_COUNT] = {
        column_bytes(&group->columns[0], group->hash.bytes, API_KEY_HASH_SIZE),
        column_bytes(&group->columns[1], group->credential.merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&group->columns[2], group->mode, sizeof group->mode),
        column_text(&group->columns[3], group->credential.processor,
                    sizeof group->credential.processor),
        column_number(&group->columns[4], &group->wants_events),
    };

    for (size_t i = 0; i < group->count; i++) {
        group->searches[i].result = STORE_NOT_FOUND;
        parameters[i] = bind_bytes(group->searches[i].hash.bytes, API_KEY_HASH_SIZE);
    }
    slots_fill(parameters, 1, group->count);
    return database_execute_rows(database, &statements[FIND + slots_for(group->count)], parameters,
                                 columns, take_found, group);
}

void
credential_store_find(struct database *database, struct deadline deadline,
                      struct credential_search *searches, size_t count)
{
    struct search_group group = {.searches = searches, .count = count};
    enum database_result result = database_run(database, deadline, find, &group);

    for (size_t i = 0; i < count && result != DATABASE_DONE; i++)
        searches[i].result = store_result_of(result, STORE_FAILED);
}
