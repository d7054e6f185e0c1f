/*
 * Gates: what the program calls of Connector/C, the clocks and libcrypto comes by here (the
 * linker's --wrap), on both sides. So each statement is a turn, and time and chance are the run's.
 *
 * SPDX-License-Identifier: MIT
 */
#include <mysql.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "turns.h"

#define ERROR_DEADLOCK 1213

int __real_mysql_query(MYSQL *mysql, const char *text);
my_bool __real_mysql_commit(MYSQL *mysql);
my_bool __real_mysql_rollback(MYSQL *mysql);
int __real_mysql_stmt_prepare(MYSQL_STMT *statement, const char *text, unsigned long length);
int __real_mysql_stmt_execute(MYSQL_STMT *statement);

int __wrap_mysql_query(MYSQL *mysql, const char *text);
my_bool __wrap_mysql_commit(MYSQL *mysql);
my_bool __wrap_mysql_rollback(MYSQL *mysql);
int __wrap_mysql_stmt_prepare(MYSQL_STMT *statement, const char *text, unsigned long length);
int __wrap_mysql_stmt_execute(MYSQL_STMT *statement);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);
int __wrap_RAND_bytes(unsigned char *bytes, int size);

static void
note(unsigned error, long long changed)
{
    struct client *client = turns_client();

    if (client == NULL)
        return;
    if (error == 0 && changed >= 0)
        snprintf(client->outcome, sizeof client->outcome, ": done, %lld changed", changed);
    else if (error == 0)
        snprintf(client->outcome, sizeof client->outcome, ": done");
    else
        snprintf(client->outcome, sizeof client->outcome, ": error %u", error);
    client->is_deadlocked = client->is_deadlocked || error == ERROR_DEADLOCK;
}

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool
writes(const char *text)
{
    return begins(text, "INSERT") || begins(text, "UPDATE") || begins(text, "DELETE");
}

int
__wrap_mysql_query(MYSQL *mysql, const char *text)
{
    bool is_turn = turns_client() != NULL && !begins(text, "SET timestamp");
    int result;

    if (is_turn)
        turns_end(text);
    result = __real_mysql_query(mysql, text);
    if (is_turn)
        note(mysql_errno(mysql),
             writes(text) && result == 0 ? (long long)mysql_affected_rows(mysql) : -1);
    return result;
}

my_bool
__wrap_mysql_commit(MYSQL *mysql)
{
    my_bool result;

    if (turns_client() != NULL)
        turns_end("COMMIT");
    result = __real_mysql_commit(mysql);
    note(mysql_errno(mysql), -1);
    return result;
}

my_bool
__wrap_mysql_rollback(MYSQL *mysql)
{
    my_bool result;

    if (turns_client() != NULL)
        turns_end("ROLLBACK");
    result = __real_mysql_rollback(mysql);
    note(mysql_errno(mysql), -1);
    return result;
}

int
__wrap_mysql_stmt_prepare(MYSQL_STMT *statement, const char *text, unsigned long length)
{
    struct client *client = turns_client();

    if (client != NULL && client->text_count < CLIENT_TEXTS_MAX) {
        client->handles[client->text_count] = statement;
        client->texts[client->text_count++] = text;
    }
    return __real_mysql_stmt_prepare(statement, text, length);
}

static const char *
text_of(const struct client *client, const MYSQL_STMT *statement)
{
    for (size_t i = client->text_count; i-- > 0;) {
        if (client->handles[i] == statement)
            return client->texts[i];
    }
    return "?";
}

int
__wrap_mysql_stmt_execute(MYSQL_STMT *statement)
{
    struct client *client = turns_client();
    const char *text = client != NULL ? text_of(client, statement) : "";
    int result;

    if (client != NULL)
        turns_end(text);
    result = __real_mysql_stmt_execute(statement);
    note(result != 0 ? mysql_stmt_errno(statement) : 0,
         writes(text) && result == 0 ? (long long)mysql_stmt_affected_rows(statement) : -1);
    return result;
}

/* It stands still within a call. */
int
__wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    const struct client *client = turns_client();
    int64_t now = clock == CLOCK_REALTIME && client != NULL ? client->wall : 1000000;

    time->tv_sec = (time_t)(now / 1000);
    time->tv_nsec = (long)(now % 1000) * 1000000;
    return 0;
}

int
__wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
    (void)time;
    (void)rest;
    return 0;
}

/* Of its own for each client: the store makes ids as well, and not only at the client's turn. */
int
__wrap_RAND_bytes(unsigned char *bytes, int size)
{
    struct client *client = turns_client();

    for (int i = 0; i < size; i++)
        bytes[i] = (unsigned char)draw_of(&client->random, 256);
    return 1;
}

void
log_write(const struct log *log, enum log_level level, const char *format, ...)
{
    (void)log;
    (void)level;
    (void)format;
}
