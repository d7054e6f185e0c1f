/*
 * Credentials: which merchant an API key belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/credential_store.h"

#include <string.h>

#include "store/binding.h"

enum {
    FIND,
};

static const struct statement statements[] = {
    [FIND] = {.name = "credential by hash",
              .sql = "SELECT k.merchant_id, k.mode FROM api_keys k"
                     " JOIN merchants m ON m.id = k.merchant_id"
                     " WHERE k.key_hash = ? AND k.revoked_at IS NULL AND m.disabled_at IS NULL"
                     " AND (k.expires_at IS NULL OR k.expires_at > UTC_TIMESTAMP(3))",
              .parameters = 1,
              .columns = 2},
};

const struct statement_set credential_statements = {statements,
                                                    sizeof statements / sizeof statements[0]};

struct find {
    const struct api_key_hash *hash;
    struct credential *credential;
    enum store_result found;
};

static enum database_result
find(struct database *database, void *arg)
{
    struct find *find = arg;
    struct credential *credential = find->credential;
    struct column column[2];
    char mode[8];
    MYSQL_BIND parameters[] = {bind_bytes(find->hash->bytes, API_KEY_HASH_SIZE)};
    MYSQL_BIND columns[] = {
        column_bytes(&column[0], credential->merchant_id.bytes, IDENTIFIER_SIZE),
        column_text(&column[1], mode, sizeof mode),
    };
    enum database_result result;
    size_t rows;

    result = database_execute(database, &statements[FIND], parameters, columns, &rows);
    if (result != DATABASE_DONE)
        return result;
    find->found = rows == 1 ? STORE_OK : STORE_NOT_FOUND;
    if (rows == 1) {
        column_end(&column[1], mode);
        credential->mode = strcmp(mode, "live") == 0 ? API_KEY_LIVE : API_KEY_TEST;
    }
    return DATABASE_DONE;
}

enum store_result
credential_store_find(struct database *database, struct deadline deadline,
                      const struct api_key_hash *hash, struct credential *credential)
{
    struct find work = {.hash = hash, .credential = credential, .found = STORE_FAILED};
    enum database_result result;

    result = database_run(database, deadline, find, &work);
    return store_result_of(result, work.found);
}
