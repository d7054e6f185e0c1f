/*
 * API keys in the database, for payment-admin.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/api_key_store.h"

#include <stdio.h>
#include <string.h>

#include "store/binding.h"
#include "store/marking.h"

enum {
    INSERT_KEY,
    REVOKE_KEY,
    EXPIRE_KEY,
    COUNT_GOOD_KEY,
    FIND_KEY,
    COUNT_KEY,
    COUNT_MERCHANT,
    COUNT_DISABLED,
};

static const struct statement statements[] = {
    [INSERT_KEY] = {.name = "API key insert",
                    .sql = "INSERT INTO api_keys (id, merchant_id, key_hash, prefix, mode,"
                           " read_only, label, created_at, expires_at)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    .parameters = 9},
    [REVOKE_KEY] = {.name = "API key revoke",
                    .sql = "UPDATE api_keys SET revoked_at ="
                           " COALESCE(revoked_at, UTC_TIMESTAMP(3)) WHERE id = ?",
                    .parameters = 1},
    [EXPIRE_KEY] = {.name = "API key expire",
                    .sql = "UPDATE api_keys SET expires_at = LEAST(COALESCE(expires_at, ?), ?)"
                           " WHERE id = ?",
                    .parameters = 3},
    [COUNT_GOOD_KEY] = {.name = "API key in force",
                        .sql = "SELECT COUNT(*) FROM api_keys WHERE id = ? AND revoked_at IS NULL"
                               " AND (expires_at IS NULL OR expires_at > UTC_TIMESTAMP(3))"
                               " FOR UPDATE",
                        .parameters = 1,
                        .columns = 1},
    [FIND_KEY] = {.name = "API key to be replaced",
                  .sql = "SELECT merchant_id, mode, read_only, label, expires_at FROM api_keys"
                         " WHERE id = ?",
                  .parameters = 1,
                  .columns = 5},
    [COUNT_KEY] = {.name = "API key by id",
                   .sql = "SELECT COUNT(*) FROM api_keys WHERE id = ?",
                   .parameters = 1,
                   .columns = 1},
    [COUNT_MERCHANT] = {.name = "merchant of a key",
                        .sql = "SELECT COUNT(*) FROM merchants WHERE id = ?",
                        .parameters = 1,
                        .columns = 1},
    [COUNT_DISABLED] = {.name = "disabled merchant of a key",
                        .sql = "SELECT COUNT(*) FROM merchants"
                               " WHERE id = ? AND disabled_at IS NOT NULL",
                        .parameters = 1,
                        .columns = 1},
};

/* A new key; old: the one that it replaces. */
struct insertion {
    const struct new_api_key *key;
    const struct identifier *old; /* NULL: none */
    int64_t ends_at;
    enum store_result found;
    bool changed;
};

static enum database_result
insert_row(struct database *database, const struct new_api_key *key)
{
    MYSQL_TIME created_at = time_to_column(key->created_at);
    MYSQL_TIME expires_at = time_to_column(key->expires_at);
    int64_t read_only = key->read_only ? 1 : 0;
    MYSQL_BIND parameters[] = {
        bind_identifier(&key->id),
        bind_identifier(&key->merchant_id),
        bind_bytes(key->hash.bytes, API_KEY_HASH_SIZE),
        bind_text(key->prefix),
        bind_text(mode_name(key->mode)),
        bind_number(&read_only),
        bind_text(key->label),
        bind_time(&created_at),
        bind_time(key->expires_at != 0 ? &expires_at : NULL),
    };
    size_t rows;

    return database_execute(database, &statements[INSERT_KEY], parameters, NULL, &rows);
}

/* found is STORE_OK when the merchant may have a new key. */
static enum database_result
check_merchant(struct database *database, const struct identifier *id, enum store_result *found)
{
    enum store_result disabled = STORE_NOT_FOUND;
    enum database_result result = marking_find(database, &statements[COUNT_MERCHANT], id, found);

    if (result == DATABASE_DONE && *found == STORE_OK)
        result = marking_find(database, &statements[COUNT_DISABLED], id, &disabled);
    if (result == DATABASE_DONE && disabled == STORE_OK)
        *found = STORE_REFUSED;
    return result;
}

/* A key that is there already, or was: so no gap is locked. */
static enum database_result
expire_old(struct database *database, struct insertion *insertion)
{
    MYSQL_TIME ends_at = time_to_column(insertion->ends_at);
    MYSQL_BIND parameters[] = {bind_time(&ends_at), bind_time(&ends_at),
                               bind_identifier(insertion->old)};
    enum database_result result =
        marking_find(database, &statements[COUNT_GOOD_KEY], insertion->old, &insertion->found);
    size_t rows;

    if (result != DATABASE_DONE || insertion->found != STORE_OK) {
        insertion->found = STORE_REFUSED;
        return result;
    }
    return database_execute(database, &statements[EXPIRE_KEY], parameters, NULL, &rows);
}

static enum database_result
insert_key(struct database *database, void *arg)
{
    struct insertion *insertion = arg;
    const struct new_api_key *key = insertion->key;
    enum database_result result = DATABASE_DONE;

    insertion->changed = false;
    insertion->found = STORE_NOT_FOUND;
    /* The id was made for this key: an earlier try may have kept it. */
    if (database_tried_before(database))
        result = marking_find(database, &statements[COUNT_KEY], &key->id, &insertion->found);
    if (result != DATABASE_DONE || insertion->found == STORE_OK)
        return result;
    result = check_merchant(database, &key->merchant_id, &insertion->found);
    if (result == DATABASE_DONE && insertion->found == STORE_OK && insertion->old != NULL)
        result = expire_old(database, insertion);
    if (result != DATABASE_DONE || insertion->found != STORE_OK)
        return result;
    result = insert_row(database, key);
    insertion->changed = result == DATABASE_DONE;
    return result;
}

static enum store_result
run(struct database *database, struct deadline deadline, struct insertion *insertion,
    const struct audit_entry *entry)
{
    enum database_result result =
        audit_store_run(database, deadline, entry, insert_key, insertion, &insertion->changed);

    return store_result_of(result, insertion->found);
}

enum store_result
api_key_store_insert(struct database *database, struct deadline deadline,
                     const struct new_api_key *key, const struct audit_entry *entry)
{
    struct insertion insertion = {.key = key, .found = STORE_FAILED};

    return run(database, deadline, &insertion, entry);
}

enum store_result
api_key_store_rotate(struct database *database, struct deadline deadline,
                     const struct identifier *old, int64_t ends_at, const struct new_api_key *key,
                     const struct audit_entry *entry)
{
    struct insertion insertion = {
        .key = key, .old = old, .ends_at = ends_at, .found = STORE_FAILED};

    return run(database, deadline, &insertion, entry);
}

struct finding {
    const struct identifier *id;
    struct old_api_key *key;
    enum store_result found;
};

static enum database_result
find_key(struct database *database, void *arg)
{
    struct finding *finding = arg;
    struct old_api_key *key = finding->key;
    struct column column[5];
    MYSQL_TIME expires_at;
    char mode[8];
    int64_t read_only = 0;
    MYSQL_BIND parameters[] = {bind_identifier(finding->id)};
    MYSQL_BIND columns[] = {
        column_bytes(&column[0], key->merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&column[1], mode, sizeof mode),
        column_number(&column[2], &read_only),
        column_text(&column[3], key->label, sizeof key->label),
        column_time(&column[4], &expires_at),
    };
    enum database_result result;
    size_t rows;

    result = database_execute(database, &statements[FIND_KEY], parameters, columns, &rows);
    finding->found = rows == 1 ? STORE_OK : STORE_NOT_FOUND;
    if (result != DATABASE_DONE || rows != 1)
        return result;
    column_end(&column[1], mode);
    column_end(&column[3], key->label);
    key->read_only = read_only != 0;
    key->expires_at = column[4].is_null ? 0 : time_from_column(&expires_at);
    return mode_parse(mode, &key->mode) ? DATABASE_DONE : DATABASE_FAILED;
}

enum store_result
api_key_store_find(struct database *database, struct deadline deadline, const struct identifier *id,
                   struct old_api_key *key)
{
    struct finding work = {.id = id, .key = key, .found = STORE_FAILED};
    enum database_result result = database_run(database, deadline, find_key, &work);

    return store_result_of(result, work.found);
}

enum store_result
api_key_store_revoke(struct database *database, struct deadline deadline,
                     const struct identifier *id, const struct audit_entry *entry)
{
    MYSQL_BIND parameters[] = {bind_identifier(id)};
    const struct marking marking = {.update = &statements[REVOKE_KEY],
                                    .parameters = parameters,
                                    .count = &statements[COUNT_KEY],
                                    .id = id};

    return marking_run(database, deadline, &marking, entry);
}

/* The function that a list is shown to. */
struct listing {
    api_key_seen *seen;
    void *arg;
};

static void
show_key(void *arg, char **row, const unsigned long *lengths)
{
    const struct listing *listing = arg;
    struct api_key_row key = {
        .mode = row[2],
        .read_only = row[3][0] == '1',
        .prefix = row[4],
        .label = row[5],
        .created_at = row[6],
        .expires_at = row[7],
        .revoked_at = row[8],
        .last_used_at = row[9],
    };

    (void)lengths;
    memcpy(key.id.bytes, row[0], IDENTIFIER_SIZE);
    memcpy(key.merchant_id.bytes, row[1], IDENTIFIER_SIZE);
    listing->seen(listing->arg, &key);
}

#define LIFE_OF_KEY                                                                    \
    ", " TIME_AS_TEXT("created_at") ", " TIME_AS_TEXT("expires_at") ", " TIME_AS_TEXT( \
        "revoked_at") ", " TIME_AS_TEXT("last_used_at")

enum store_result
api_key_store_list(struct database *database, const struct identifier *merchant_id,
                   api_key_seen *seen, void *arg)
{
    static const char select[] =
        "SELECT id, merchant_id, mode, read_only, prefix, label" LIFE_OF_KEY " FROM api_keys";
    struct listing listing = {.seen = seen, .arg = arg};
    char sql[sizeof select + 128];
    int length = snprintf(sql, sizeof sql, "%s", select);

    if (merchant_id != NULL) {
        length += snprintf(sql + length, sizeof sql - (size_t)length, " WHERE merchant_id = x'");
        for (size_t i = 0; i < IDENTIFIER_SIZE; i++)
            length += snprintf(sql + length, sizeof sql - (size_t)length, "%02x",
                               (unsigned)merchant_id->bytes[i]);
        length += snprintf(sql + length, sizeof sql - (size_t)length, "'");
    }
    snprintf(sql + length, sizeof sql - (size_t)length, " ORDER BY id");
    return store_result_of(database_query(database, sql, show_key, &listing), STORE_OK);
}
