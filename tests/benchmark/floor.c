/*
 * The least that a FastCGI program can do for a request, to measure payment-api against.
 *
 * Usage: floor echo|insert|select PROCESSES SOCKET
 *
 * echo reads the request and answers. insert makes one prepared INSERT a request, committed by
 * itself, into the table of payments. select makes one prepared SELECT by that table's primary key,
 * which is in the last 32 characters of PATH_INFO in hexadecimal. Each process answers one request
 * at a time. The database is named by FLOOR_SOCKET, FLOOR_USER, FLOOR_PASSWORD and FLOOR_DATABASE,
 * the merchant of the payments by FLOOR_MERCHANT (in hexadecimal).
 *
 * SPDX-License-Identifier: MIT
 */
#include <fcgiapp.h>
#include <mysql.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define ID_SIZE ((size_t)16) /* bytes */
#define ID_DIGITS (2 * ID_SIZE)
#define BACKLOG 4096

enum kind {
    ECHO,
    INSERT,
    SELECT,
};

struct floor {
    enum kind kind;
    MYSQL *connection;
    MYSQL_STMT *statement;
    unsigned char id[ID_SIZE]; /* the statement's parameter */
    unsigned long id_length;
    int64_t amount; /* what the SELECT finds, in cents */
};

static const char *const statements[] = {
    [INSERT] =
        "INSERT INTO payments (id, merchant_id, amount, currency, status, processor, source,"
        " description, created_at) VALUES (?, X'%.32s', 10000, 'USD', 'succeeded', 'sandbox',"
        " 'tok_visa', 'Payment for order #12345', UTC_TIMESTAMP(3))",
    [SELECT] = "SELECT amount FROM payments WHERE id = ? AND merchant_id = X'%.32s'",
};

static const char *
environment(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL) {
        fprintf(stderr, "floor: %s is not set\n", name);
        exit(1);
    }
    return value;
}

/* Milliseconds, then random bytes: in the order of time, as the ids of payment-api are. */
static bool
new_id(unsigned char id[ID_SIZE])
{
    struct timespec now;
    uint64_t ms;

    clock_gettime(CLOCK_REALTIME, &now);
    ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    for (int i = 0; i < 6; i++)
        id[i] = (unsigned char)(ms >> (40 - 8 * i));
    return getrandom(id + 6, ID_SIZE - 6, 0) == (ssize_t)(ID_SIZE - 6);
}

static bool
id_of_path(const char *path, unsigned char id[ID_SIZE])
{
    size_t length = path == NULL ? 0 : strlen(path);

    if (length < ID_DIGITS)
        return false;
    path += length - ID_DIGITS;
    for (size_t i = 0; i < ID_SIZE; i++) {
        char digits[3] = {path[2 * i], path[2 * i + 1], '\0'};

        id[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return true;
}

static bool
prepare(struct floor *floor)
{
    char sql[512];
    MYSQL_BIND parameter = {.buffer_type = MYSQL_TYPE_STRING,
                            .buffer = floor->id,
                            .buffer_length = ID_SIZE,
                            .length = &floor->id_length};
    MYSQL_BIND result = {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &floor->amount};
    int length;

    floor->id_length = ID_SIZE;
    floor->connection = mysql_init(NULL);
    if (floor->connection == NULL ||
        mysql_real_connect(floor->connection, NULL, environment("FLOOR_USER"),
                           environment("FLOOR_PASSWORD"), environment("FLOOR_DATABASE"), 0,
                           environment("FLOOR_SOCKET"), 0) == NULL)
        return false;
    length = snprintf(sql, sizeof(sql), statements[floor->kind], environment("FLOOR_MERCHANT"));
    floor->statement = mysql_stmt_init(floor->connection);
    return floor->statement != NULL &&
           mysql_stmt_prepare(floor->statement, sql, (unsigned long)length) == 0 &&
           mysql_stmt_bind_param(floor->statement, &parameter) == 0 &&
           (floor->kind == INSERT || mysql_stmt_bind_result(floor->statement, &result) == 0);
}

/* The one statement of a request. */
static bool
execute(struct floor *floor, const char *path)
{
    switch (floor->kind) {
    case ECHO:
        return true;
    case INSERT:
        return new_id(floor->id) && mysql_stmt_execute(floor->statement) == 0;
    case SELECT:
        return id_of_path(path, floor->id) && mysql_stmt_execute(floor->statement) == 0 &&
               mysql_stmt_store_result(floor->statement) == 0 &&
               mysql_stmt_fetch(floor->statement) == 0;
    }
    return false;
}

static void
answer(const struct floor *floor, FCGX_Stream *out)
{
    char id[ID_DIGITS + 1];

    for (size_t i = 0; i < ID_SIZE; i++)
        snprintf(id + 2 * i, 3, "%02x", floor->id[i]);
    FCGX_FPrintF(out,
                 "Status: %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\r\n"
                 "{\"id\":\"pay_%s\",\"amount\":%d.%02d,\"currency\":\"USD\","
                 "\"status\":\"succeeded\",\"created_at\":\"2024-06-10T12:00:00Z\"}",
                 floor->kind == SELECT ? "200 OK" : "201 Created", id, (int)(floor->amount / 100),
                 (int)(floor->amount % 100));
}

static int
serve(struct floor *floor, int listener)
{
    FCGX_Request request;
    char body[4096];

    if (floor->kind != ECHO && !prepare(floor)) {
        fprintf(stderr, "floor: %s\n", mysql_error(floor->connection));
        return 1;
    }
    if (FCGX_InitRequest(&request, listener, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        while (FCGX_GetStr(body, sizeof(body), request.in) == (int)sizeof(body))
            ;
        if (execute(floor, FCGX_GetParam("PATH_INFO", request.envp))) {
            answer(floor, request.out);
        } else {
            fprintf(stderr, "floor: %s\n", mysql_stmt_error(floor->statement));
            FCGX_PutS("Status: 500 Internal Server Error\r\n\r\n", request.out);
        }
        if (floor->kind == SELECT)
            mysql_stmt_free_result(floor->statement);
        FCGX_Finish_r(&request);
    }
    return 1;
}

int
main(int argc, char **argv)
{
    struct floor floor = {.amount = 10000};
    pid_t parent = getpid();
    int listener;

    if (argc != 4) {
        fputs("Usage: floor echo|insert|select PROCESSES SOCKET\n", stderr);
        return 2;
    }
    if (strcmp(argv[1], "insert") == 0)
        floor.kind = INSERT;
    else if (strcmp(argv[1], "select") == 0)
        floor.kind = SELECT;
    if (FCGX_Init() != 0 || (listener = FCGX_OpenSocket(argv[3], BACKLOG)) < 0)
        return 1;
    signal(SIGTERM, SIG_DFL); /* libfcgi would wait for one more request */
    for (int i = (int)strtol(argv[2], NULL, 10); i > 0; i--) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            return getppid() == parent ? serve(&floor, listener) : 1;
        }
    }
    pause();
    return 1;
}
