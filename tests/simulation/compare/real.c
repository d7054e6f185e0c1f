/*
 * The real side: a MariaDB that is there for this alone, and Connector/C as it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "side.h"

static const char *option_file;
static MYSQL *monitor; /* a connection beside those of the clients */

static void
run(MYSQL *mysql, const char *text)
{
    if (mysql_query(mysql, text) != 0) {
        fprintf(stderr, "compare: %s: %s\n", text, mysql_error(mysql));
        exit(3);
    }
}

void
side_begin(const char *argument)
{
    option_file = argument;
    monitor = mysql_init(NULL);
    mysql_optionsv(monitor, MYSQL_READ_DEFAULT_FILE, option_file);
    mysql_optionsv(monitor, MYSQL_READ_DEFAULT_GROUP, "database");
    if (mysql_real_connect(monitor, NULL, NULL, NULL, NULL, 0, NULL, 0) == NULL) {
        fprintf(stderr, "compare: %s\n", mysql_error(monitor));
        exit(3);
    }
    run(monitor, "SET SESSION foreign_key_checks = 0"); /* they are emptied in any order */
}

void
side_clear(void)
{
    MYSQL_RES *tables;
    MYSQL_ROW row;
    char text[256];

    run(monitor, "SHOW TABLES WHERE Tables_in_payment_api NOT LIKE 'schema\\_%'");
    tables = mysql_store_result(monitor);
    if (tables == NULL)
        abort();
    while ((row = mysql_fetch_row(tables)) != NULL) {
        snprintf(text, sizeof text, "DELETE FROM %s", row[0]);
        run(monitor, text);
    }
    mysql_free_result(tables);
}

static void
take_session(void *arg, char **row, const unsigned long *lengths)
{
    struct client *client = arg;

    (void)lengths;
    client->session = strtoul(row[0], NULL, 10);
}

void
side_connect(struct client *client)
{
    const struct database_settings settings = {
        .option_file = option_file, .group = "database", .timeout = 60, .prepare_on_use = true};

    client->database = database_new(&settings);
    /* No lock wait is too long, and nobody silent for too long: the turns are not real time. */
    if (client->database == NULL ||
        database_connect(client->database, deadline_in_ms(1000000)) != DATABASE_DONE ||
        database_query(client->database,
                       "SET SESSION innodb_lock_wait_timeout = 600,"
                       " idle_write_transaction_timeout = 0, max_statement_time = 0",
                       NULL, NULL) != DATABASE_DONE ||
        database_query(client->database, "SELECT CONNECTION_ID()", take_session, client) !=
            DATABASE_DONE) {
        fprintf(stderr, "compare: %s\n",
                client->database != NULL ? database_error(client->database) : "no memory");
        exit(3);
    }
}

void
side_disconnect(struct client *client)
{
    database_free(client->database);
}

void
side_set_time(struct client *client)
{
    char text[64];

    snprintf(text, sizeof text, "SET timestamp = %" PRId64 ".%03" PRId64, client->wall / 1000,
             client->wall % 1000);
    if (database_query(client->database, text, NULL, NULL) != DATABASE_DONE)
        abort();
}

/*
 * Whoever releases a lock takes this mark off those who get it, before his answer is sent. The
 * counters of waits and information_schema come later.
 */
bool
side_waits(const struct client *client)
{
    char wanted[64];
    MYSQL_RES *result;
    MYSQL_ROW row;
    char *transaction;
    bool waits = false;

    snprintf(wanted, sizeof wanted, " thread id %lu,", client->session);
    run(monitor, "SHOW ENGINE INNODB STATUS");
    result = mysql_store_result(monitor);
    row = result != NULL ? mysql_fetch_row(result) : NULL;
    /* Before it stands the last deadlock, which has such marks as well. */
    transaction = row != NULL ? strstr(row[2], "\nTRANSACTIONS\n") : NULL;
    while (transaction != NULL &&
           (transaction = strstr(transaction, "\n---TRANSACTION ")) != NULL) {
        char *end = strstr(transaction + 1, "\n---");

        if (end != NULL)
            *end = '\0';
        if (strstr(transaction, wanted) != NULL && strstr(transaction, "\nLOCK WAIT ") != NULL)
            waits = true;
        if (end != NULL)
            *end = '\n';
        transaction = end;
    }
    mysql_free_result(result);
    return waits;
}
