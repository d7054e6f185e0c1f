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
    NOTE_USE = FIND + SLOTS_COUNT,
};

#define COLUMN_COUNT 7
#define NOTE_EACH_MS (INT64_C(3600) * 1000) /* how exactly the last use of a key is known */

#define NOTE_PARAMETERS 2 /* in front of the hashes */
#define NOTE_STATEMENT(slots, condition, count, is_late)                          \
    [NOTE_USE + (slots)] = {.name = "last use of keys",                           \
                            .sql = "UPDATE api_keys FORCE INDEX (api_keys_hash)"  \
                                   " SET last_used_at = ?"                        \
                                   " WHERE (last_used_at IS NULL OR last_used_at" \
                                   " < ?) AND (" condition ")",                   \
                            .parameters = NOTE_PARAMETERS + (count),              \
                            .late = (is_late)}

static const struct statement statements[] = {
    SLOT_STATEMENTS(FIND, "credential by hash",
                    "SELECT k.key_hash, k.merchant_id, k.mode,"
                    " IF(k.mode = 'live', m.live_processor, m.test_processor),"
                    " IF(k.mode = 'live', m.live_events, m.test_events),"
                    " k.read_only, k.last_used_at FROM api_keys k"
                    " FORCE INDEX (api_keys_hash) JOIN merchants m ON m.id = k.merchant_id"
                    " WHERE k.revoked_at IS NULL AND m.disabled_at IS NULL"
                    " AND (k.expires_at IS NULL OR k.expires_at > UTC_TIMESTAMP(3)) AND (",
                    "k.key_hash = ?", ")", 1, COLUMN_COUNT),
    NOTE_STATEMENT(SLOTS_1, "key_hash = ?", 1, false),
    NOTE_STATEMENT(SLOTS_8, OR_8("key_hash = ?"), 8, true),
    NOTE_STATEMENT(SLOTS_64, OR_64("key_hash = ?"), 64, true),
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
    int64_t read_only;
    MYSQL_TIME last_used_at;
    int64_t old_before; /* Unix milliseconds */
};

static enum database_result
take_found(void *arg)
{
    struct search_group *group = arg;

    column_end(&group->columns[2], group->mode);
    column_end(&group->columns[3], group->credential.processor);
    group->credential.read_only = group->read_only != 0;
    if (!mode_parse(group->mode, &group->credential.mode))
        return DATABASE_FAILED;
    group->credential.wants_events = group->wants_events != 0;
    for (size_t i = 0; i < group->count; i++) {
        struct credential_search *search = &group->searches[i];

        if (api_key_hash_equal(&search->hash, &group->hash)) {
            search->credential = group->credential;
            search->use_is_old = group->columns[6].is_null ||
                                 time_from_column(&group->last_used_at) < group->old_before;
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
        column_number(&group->columns[5], &group->read_only),
        column_time(&group->columns[6], &group->last_used_at),
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
    struct search_group group = {
        .searches = searches, .count = count, .old_before = clock_wall_ms() - NOTE_EACH_MS};
    enum database_result result = database_run(database, deadline, find, &group);

    for (size_t i = 0; i < count && result != DATABASE_DONE; i++)
        searches[i].result = store_result_of(result, STORE_FAILED);
}

struct use_note {
    const struct api_key_hash *hashes;
    size_t count;
};

static enum database_result
note_use(struct database *database, void *arg)
{
    const struct use_note *note = arg;
    int64_t now = clock_wall_ms();
    MYSQL_TIME used_at = time_to_column(now);
    MYSQL_TIME old_before = time_to_column(now - NOTE_EACH_MS);
    MYSQL_BIND parameters[NOTE_PARAMETERS + STORE_GROUP_MAX] = {bind_time(&used_at),
                                                                bind_time(&old_before)};
    size_t rows;

    for (size_t i = 0; i < note->count; i++)
        parameters[NOTE_PARAMETERS + i] = bind_bytes(note->hashes[i].bytes, API_KEY_HASH_SIZE);
    slots_fill(parameters + NOTE_PARAMETERS, 1, note->count);
    return database_execute(database, &statements[NOTE_USE + slots_for(note->count)], parameters,
                            NULL, &rows);
}

enum store_result
credential_store_note_use(struct database *database, struct deadline deadline,
                          const struct api_key_hash *hashes, size_t count)
{
    struct use_note note = {.hashes = hashes, .count = count};

    return store_result_of(database_run(database, deadline, note_use, &note), STORE_OK);
}
