/*
 * The schema's version, as the numbered migrations in sql/ leave it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/schema_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
    [SCHEMA_EMPTY] = "empty",     [SCHEMA_OUTDATED] = "outdated",
    [SCHEMA_CURRENT] = "current", [SCHEMA_HALF_UPGRADED] = "half-upgraded",
    [SCHEMA_NEWER] = "newer",
};

const char *
schema_state_name(enum schema_state state)
{
    return state_names[state];
}

static void
take_presence(void *arg, char **row, const unsigned long *lengths)
{
    bool *present = arg;

    (void)row;
    (void)lengths;
    *present = true;
}

static void
take_version(void *arg, char **row, const unsigned long *lengths)
{
    struct schema_version *version = arg;
    int number = (int)strtol(row[0], NULL, 10);

    (void)lengths;
    if (row[1] == NULL)
        version->broken = number;
    else if (number > version->version)
        version->version = number;
}

enum database_result
schema_store_read(struct database *database, struct schema_version *version)
{
    enum database_result result;
    bool present = false;

    memset(version, 0, sizeof *version);
    result =
        database_query(database, "SHOW TABLES LIKE 'schema\\_version'", take_presence, &present);
    if (result == DATABASE_DONE && present)
        result = database_query(database, "SELECT version, completed_at FROM schema_version",
                                take_version, version);
    if (result != DATABASE_DONE)
        return result;
    if (version->version > SCHEMA_VERSION || version->broken > SCHEMA_VERSION)
        version->state = SCHEMA_NEWER;
    else if (version->broken != 0)
        version->state = SCHEMA_HALF_UPGRADED;
    else if (version->version == SCHEMA_VERSION)
        version->state = SCHEMA_CURRENT;
    else
        version->state = version->version == 0 ? SCHEMA_EMPTY : SCHEMA_OUTDATED;
    return DATABASE_DONE;
}

void
schema_store_explain(const struct schema_version *version, char *text, size_t size)
{
    switch (version->state) {
    case SCHEMA_EMPTY:
        snprintf(text, size,
                 "the database has no schema (or this account may not see it): run"
                 " 'payment-admin schema upgrade', and sql/grants.sql for the workers' account");
        break;
    case SCHEMA_OUTDATED:
        snprintf(text, size,
                 "the schema has version %d, this program needs %d: run 'payment-admin schema"
                 " upgrade'",
                 version->version, SCHEMA_VERSION);
        break;
    case SCHEMA_CURRENT:
        snprintf(text, size, "the schema has version %d, as this program needs it",
                 version->version);
        break;
    case SCHEMA_HALF_UPGRADED:
        snprintf(text, size,
                 "migration %d of the schema began and did not end: see what stopped it, then run"
                 " 'payment-admin schema upgrade --resume'",
                 version->broken);
        break;
    case SCHEMA_NEWER:
        snprintf(text, size,
                 "the schema has version %d, which is newer than this program's %d: install the"
                 " program that upgraded it",
                 version->version > version->broken ? version->version : version->broken,
                 SCHEMA_VERSION);
        break;
    }
}
