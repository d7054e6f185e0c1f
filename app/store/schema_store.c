/*
 * The schema's version, as the numbered migrations in sql/ leave it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/schema_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_TEXT_SIZE 256

static const char *const state_names[] = {
    [SCHEMA_EMPTY] = "empty",     [SCHEMA_OUTDATED] = "outdated",
    [SCHEMA_CURRENT] = "current", [SCHEMA_HALF_UPGRADED] = "half-upgraded",
    [SCHEMA_NEWER] = "newer",     [SCHEMA_NEWER_COMPATIBLE] = "newer-compatible",
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

static void
take_oldest_program(void *arg, char **row, const unsigned long *lengths)
{
    struct schema_version *version = arg;

    (void)lengths;
    version->oldest_program = row[0] != NULL ? (int)strtol(row[0], NULL, 10) : 0;
}

static int
newest(const struct schema_version *version)
{
    return version->version > version->broken ? version->version : version->broken;
}

static enum schema_state
judge(const struct schema_version *version)
{
    if (newest(version) > SCHEMA_VERSION)
        return version->version >= SCHEMA_VERSION && version->oldest_program != 0 &&
                       version->oldest_program <= SCHEMA_VERSION
                   ? SCHEMA_NEWER_COMPATIBLE
                   : SCHEMA_NEWER;
    if (version->broken != 0)
        return SCHEMA_HALF_UPGRADED;
    if (version->version == SCHEMA_VERSION)
        return SCHEMA_CURRENT;
    return version->version == 0 ? SCHEMA_EMPTY : SCHEMA_OUTDATED;
}

bool
schema_store_serves(const struct schema_version *version)
{
    return version->state == SCHEMA_CURRENT || version->state == SCHEMA_NEWER_COMPATIBLE;
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
    /* An account that may not read the column is told nothing, and takes the schema for too new. */
    if (result == DATABASE_DONE && newest(version) > SCHEMA_VERSION) {
        result = database_query(database,
                                "SELECT oldest_program FROM schema_version"
                                " ORDER BY version DESC LIMIT 1",
                                take_oldest_program, version);
        if (result == DATABASE_FAILED)
            result = DATABASE_DONE;
    }
    if (result != DATABASE_DONE)
        return result;
    version->state = judge(version);
    return DATABASE_DONE;
}

void
schema_store_explain(const struct schema_version *version, char *text, size_t size)
{
    switch (version->state) {
    case SCHEMA_EMPTY:
        snprintf(text, size,
                 "the database has no schema (or this account may not see it): run"
                 " 'payment-admin schema upgrade', and where the workers have an account of their"
                 " own, sql/grants.sql");
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
                 "migration %d of the schema began and has not ended: 'payment-admin schema status'"
                 " tells whether it runs; if it does not, see what stopped it, then run"
                 " 'payment-admin schema upgrade --resume'",
                 version->broken);
        break;
    case SCHEMA_NEWER:
        snprintf(text, size,
                 "the schema has version %d, which is newer than this program's %d: install the"
                 " program that upgraded it",
                 newest(version), SCHEMA_VERSION);
        break;
    case SCHEMA_NEWER_COMPATIBLE:
        snprintf(
            text, size,
            "the schema has version %d, which is newer than this program's %d, but which it may"
            " work with: install the program that upgraded it",
            newest(version), SCHEMA_VERSION);
        break;
    }
}

enum database_result
schema_store_check(struct database *database)
{
    char text[SCHEMA_TEXT_SIZE];
    struct schema_version version;
    enum database_result result = schema_store_read(database, &version);

    if (result != DATABASE_DONE || schema_store_serves(&version))
        return result;
    schema_store_explain(&version, text, sizeof text);
    return database_fault(database, text);
}
