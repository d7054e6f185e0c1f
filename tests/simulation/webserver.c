/*
 * The web server, in place of FastCGI: requests that wait for a worker, and their answers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "webserver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/fastcgi.h"

#define PARAM_SIZE 160
#define WORKERS_MAX 8

/* Of one worker. */
struct fastcgi {
    struct process *process;
    int number; /* its place may be another's by now */
    struct exchange_of_client *taken;
    size_t taken_count;
};

static struct exchange_of_client *waiting, **waiting_end = &waiting;
static struct fastcgi servers[WORKERS_MAX];
static size_t server_count;

void
webserver_clear(void)
{
    waiting = NULL;
    waiting_end = &waiting;
    server_count = 0;
}

static bool
is_of(const struct fastcgi *server, const struct process *process)
{
    return server->process == process && server->number == process_number(process);
}

static bool
lives(const struct fastcgi *server)
{
    return process_lives(server->process) && is_of(server, server->process);
}

struct fastcgi *
fastcgi_new(struct loop *loop, const struct fastcgi_settings *settings)
{
    struct fastcgi *fastcgi = NULL;

    (void)loop;
    (void)settings;
    for (size_t i = 0; i < server_count; i++) {
        if (!lives(&servers[i]))
            fastcgi = &servers[i];
    }
    if (fastcgi == NULL) {
        if (server_count == WORKERS_MAX)
            abort();
        fastcgi = &servers[server_count++];
    }
    *fastcgi =
        (struct fastcgi){.process = world_current(), .number = process_number(world_current())};
    return fastcgi;
}

void
fastcgi_free(struct fastcgi *fastcgi)
{
    (void)fastcgi;
}

int64_t
fastcgi_tick(struct fastcgi *fastcgi)
{
    (void)fastcgi;
    return 1000;
}

void
fastcgi_drain(struct fastcgi *fastcgi, bool backlog)
{
    (void)fastcgi;
    (void)backlog;
}

size_t
fastcgi_busy(const struct fastcgi *fastcgi)
{
    return fastcgi->taken_count;
}

bool
fastcgi_has_next(const struct fastcgi *fastcgi)
{
    (void)fastcgi;
    return waiting != NULL;
}

static char *
param(const char *name, const char *value)
{
    char *text = world_memory(PARAM_SIZE);

    snprintf(text, PARAM_SIZE, "%s=%s", name, value);
    return text;
}

static void
set_params(struct exchange_of_client *exchange)
{
    char token[64];
    size_t count = 0;

    exchange->params[count++] = param("REQUEST_METHOD", exchange->is_post ? "POST" : "GET");
    exchange->params[count++] = param("PATH_INFO", exchange->path);
    if (exchange->api_key != NULL) {
        snprintf(token, sizeof token, "Bearer %s", exchange->api_key);
        exchange->params[count++] = param("HTTP_AUTHORIZATION", token);
    }
    if (exchange->signature != NULL)
        exchange->params[count++] = param("HTTP_STRIPE_SIGNATURE", exchange->signature);
    exchange->params[count++] = param("REQUEST_ID", "-");
    if (exchange->key[0] != '\0')
        exchange->params[count++] = param("HTTP_IDEMPOTENCY_KEY", exchange->key);
    if (exchange->is_post)
        exchange->params[count++] = param("CONTENT_TYPE", "application/json");
    exchange->params[count] = NULL;
}

bool
fastcgi_next(struct fastcgi *fastcgi, struct inbound *inbound)
{
    struct exchange_of_client *exchange = waiting;

    /* Some come later: the groups are to differ. */
    if (exchange == NULL || chance(150))
        return false;
    waiting = exchange->next;
    if (waiting == NULL)
        waiting_end = &waiting;
    exchange->worker = fastcgi->process;
    exchange->next = fastcgi->taken;
    fastcgi->taken = exchange;
    fastcgi->taken_count++;
    story("takes %s %s %s", exchange->is_post ? "POST" : "GET", exchange->path, exchange->key);
    *inbound = (struct inbound){
        .params = exchange->params,
        .body_status = BODY_OK,
        .body = exchange->body != NULL ? exchange->body : "",
        .body_length = exchange->body != NULL ? strlen(exchange->body) : 0,
        .arrived_at = exchange->arrived_at,
        .connection = exchange,
    };
    return true;
}

bool
fastcgi_answer(struct fastcgi *fastcgi, void *connection, const char *data, size_t size)
{
    struct exchange_of_client *exchange = connection;
    struct exchange_of_client **at = &fastcgi->taken;

    while (*at != NULL && *at != exchange)
        at = &(*at)->next;
    if (*at == NULL) {
        violation("a request is answered twice");
        return false;
    }
    *at = exchange->next;
    fastcgi->taken_count--;
    if (size >= sizeof exchange->answer)
        size = sizeof exchange->answer - 1;
    memcpy(exchange->answer, data, size);
    exchange->answer[size] = '\0';
    exchange->status = strncmp(exchange->answer, "Status: ", 8) == 0
                           ? (int)strtol(exchange->answer + 8, NULL, 10)
                           : 0;
    exchange->has_ended = true;
    story("answers %d to %s %s: %s", exchange->status, exchange->path, exchange->key,
          strstr(exchange->answer, "\r\n\r\n") != NULL ? strstr(exchange->answer, "\r\n\r\n") + 4
                                                       : "");
    if (exchange->client != NULL)
        process_wake(exchange->client);
    return exchange->client != NULL;
}

static bool
has_ended(const struct exchange_of_client *exchange)
{
    return exchange->has_ended;
}

void
webserver_ask(struct exchange_of_client *exchange, int64_t limit_ms)
{
    int64_t until = world_now() + limit_ms;

    exchange->client = world_current();
    exchange->arrived_at = world_now();
    set_params(exchange);
    *waiting_end = exchange;
    waiting_end = &exchange->next;
    for (size_t i = 0; i < server_count; i++) {
        if (lives(&servers[i]))
            process_wake(servers[i].process);
    }
    while (!has_ended(exchange) && world_now() < until)
        world_sleep(until);
    exchange->client = NULL;
}

void
webserver_lose(const struct process *worker)
{
    for (size_t i = 0; i < server_count; i++) {
        if (!is_of(&servers[i], worker))
            continue;
        for (struct exchange_of_client *exchange = servers[i].taken; exchange != NULL;
             exchange = exchange->next) {
            exchange->has_ended = true;
            if (exchange->client != NULL)
                process_wake(exchange->client);
        }
        servers[i].taken = NULL;
    }
}
