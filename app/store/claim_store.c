/*
 * The claim to upgrade the schema: one row, so that one upgrade runs at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/claim_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_NAME "CONCAT('payment-api schema ', "

static void
take_presence(void *arg, char **row, const unsigned long *lengths)
{
    bool *present = arg;

    (void)row;
    (void)lengths;
    *present = true;
}

static void
take_count(void *arg, char **row, const unsigned long *lengths)
{
    long *count = arg;

    (void)lengths;
    *count = row[0] != NULL ? strtol(row[0], NULL, 10) : 0;
}

static void
take_claim(void *arg, char **row, const unsigned long *lengths)
{
    struct claim *claim = arg;

    (void)lengths;
    snprintf(claim->token, sizeof claim->token, "%s", row[0]);
    snprintf(claim->host, sizeof claim->host, "%s", row[1]);
    claim->process = strtol(row[2], NULL, 10);
    snprintf(claim->connection, sizeof claim->connection, "%s", row[3]);
    snprintf(claim->began_at, sizeof claim->began_at, "%s", row[4]);
    snprintf(claim->beat, sizeof claim->beat, "%s", row[5]);
    claim->locked = row[6] != NULL;
}

/* Runs a statement that writes; how many rows it wrote. */
static enum database_result
write_rows(struct database *database, const char *sql, long *rows)
{
    enum database_result result = database_query(database, sql, take_count, rows);

    if (result == DATABASE_DONE)
        result = database_query(database, "SELECT ROW_COUNT()", take_count, rows);
    return result;
}

enum database_result
claim_store_prepare(struct database *database)
{
    long ignored = 0;

    return database_query(database,
                          "CREATE TABLE IF NOT EXISTS schema_upgrade ("
                          " id TINYINT UNSIGNED NOT NULL DEFAULT 1,"
                          " token CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
                          " host VARCHAR(64) NOT NULL,"
                          " process BIGINT UNSIGNED NOT NULL,"
                          " connection BIGINT UNSIGNED NOT NULL COMMENT 'CONNECTION_ID()',"
                          " began_at DATETIME(3) NOT NULL,"
                          " beat BIGINT UNSIGNED NOT NULL COMMENT 'grows while its owner lives',"
                          " PRIMARY KEY (id),"
                          " CONSTRAINT schema_upgrade_one CHECK (id = 1)"
                          ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
                          " COMMENT='The upgrade that runs, in no row or one'",
                          take_count, &ignored);
}

enum database_result
claim_store_read(struct database *database, struct claim *claim)
{
    enum database_result result;
    bool present = false;

    memset(claim, 0, sizeof *claim);
    result =
        database_query(database, "SHOW TABLES LIKE 'schema\\_upgrade'", take_presence, &present);
    if (result == DATABASE_DONE && present)
        result = database_query(
            database,
            "SELECT token, host, process, connection,"
            " DATE_FORMAT(began_at, '%Y-%m-%dT%H:%i:%sZ'), beat, IS_USED_LOCK(" LOCK_NAME
            "token)) FROM schema_upgrade",
            take_claim, claim);
    return result;
}

enum database_result
claim_store_take(struct database *database, const struct claim *claim, const struct claim *old,
                 bool *taken)
{
    enum database_result result;
    char sql[512];
    long rows = 0;

    *taken = false;
    /* Before the row can be seen: whoever reads it must find the lock. */
    snprintf(sql, sizeof sql, "SELECT GET_LOCK(" LOCK_NAME "'%s'), 0)", claim->token);
    result = database_query(database, sql, take_count, &rows);
    if (result != DATABASE_DONE)
        return result;
    if (old->token[0] == '\0')
        snprintf(sql, sizeof sql,
                 "INSERT INTO schema_upgrade (token, host, process, connection, began_at, beat)"
                 " VALUES ('%s', '%s', %ld, CONNECTION_ID(), UTC_TIMESTAMP(3), 0)",
                 claim->token, claim->host, claim->process);
    else
        snprintf(sql, sizeof sql,
                 "UPDATE schema_upgrade SET token = '%s', host = '%s', process = %ld,"
                 " connection = CONNECTION_ID(), began_at = UTC_TIMESTAMP(3), beat = 0"
                 " WHERE token = '%s' AND beat = %s",
                 claim->token, claim->host, claim->process, old->token, old->beat);
    result = write_rows(database, sql, &rows);
    /* Galera refuses the slower one of two nodes' writes as a conflict. */
    if (result == DATABASE_DUPLICATE || result == DATABASE_CONFLICT)
        return DATABASE_DONE;
    *taken = result == DATABASE_DONE && rows == 1;
    return result;
}

enum database_result
claim_store_beat(struct database *database, const char *token, bool *held)
{
    enum database_result result;
    char sql[128];
    long rows = 0;

    snprintf(sql, sizeof sql, "UPDATE schema_upgrade SET beat = beat + 1 WHERE token = '%s'",
             token);
    result = write_rows(database, sql, &rows);
    *held = result != DATABASE_DONE || rows == 1;
    return result;
}

enum database_result
claim_store_release(struct database *database, const char *token)
{
    char sql[128];
    long ignored = 0;

    snprintf(sql, sizeof sql, "DELETE FROM schema_upgrade WHERE token = '%s'", token);
    return database_query(database, sql, take_count, &ignored);
}
