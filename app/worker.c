/*
 * The worker: answers requests one after the other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/authentication.h"
#include "api/context.h"
#include "api/routes.h"
#include "http/cgi.h"
#include "http/fastcgi.h"
#include "store/payment_store.h"
#include "store/refund_store.h"

/* The last signal that asked this process to end, 0 for none: the program's only global state. */
static volatile sig_atomic_t end_signal;

static void
take_signal(int signal)
{
    /* One that ends the program is not undone by a reload that came with it. */
    if (signal != SIGHUP || end_signal == 0)
        end_signal = signal;
}

/*
 * Blocks the signals that end a worker; wait_mask lets them in. So they come between two requests
 * and never into one.
 */
static void
set_signals(sigset_t *wait_mask)
{
    static const int ending[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
    struct sigaction action = {.sa_handler = take_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;

    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        sigaction(ending[i], &action, NULL);
        sigaddset(&blocked, ending[i]);
    }
    sigaction(SIGPIPE, &ignore, NULL);
    sigprocmask(SIG_BLOCK, &blocked, wait_mask);
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        sigdelset(wait_mask, ending[i]);
    end_signal = 0;
}

static struct database *
open_database(const struct config *config, const struct log *log)
{
    static const struct statement_set *const sets[] = {
        &credential_statements,
        &payment_statements,
        &refund_statements,
    };
    struct database_settings settings = {
        .option_file = config->path,
        .group = "database",
        .timeout = config->database_timeout,
        .check_schema = true,
        .sets = sets,
        .set_count = sizeof sets / sizeof sets[0],
        .log = log,
    };

    return database_new(&settings);
}

static void
free_context(struct context *context)
{
    if (context == NULL)
        return;
    database_free(context->database);
    free(context->body);
    free(context);
}

/* NULL without memory. */
static struct context *
new_context(const struct config *config)
{
    struct context *context = calloc(1, sizeof *context);

    if (context == NULL)
        return NULL;
    context->config = config;
    context->log = (struct log){.target = config->log_target, .level = config->log_level};
    context->key_cache.lifetime_ms = (int64_t)config->key_cache_seconds * 1000;
    context->body = malloc((size_t)config->max_body);
    context->database = open_database(config, &context->log);
    if (context->body == NULL || context->database == NULL) {
        free_context(context);
        return NULL;
    }
    return context;
}

/* True when the client has waited so long for a worker that it has better be told to come again. */
static bool
waited_too_long(const struct context *context)
{
    int limit = context->config->max_queue_seconds;

    return limit > 0 && context->request.waited_ms > (int64_t)limit * 1000;
}

static enum api_error
handle(struct context *context)
{
    const struct route_match *match = &context->match;
    enum api_error error = API_OK;
    const struct route *routes;
    size_t count;

    routes = api_routes(&count);
    switch (router_match(routes, count, context->request.method, context->request.path,
                         &context->match)) {
    case ROUTE_FOUND:
        break;
    case ROUTE_OPTIONS:
        context->response.status = 204;
        strcpy(context->response.allow, match->allow);
        return API_OK;
    case ROUTE_NOT_FOUND:
        return API_NOT_FOUND;
    case ROUTE_METHOD_NOT_ALLOWED:
        strcpy(context->response.allow, match->allow);
        return API_METHOD_NOT_ALLOWED;
    }
    if (waited_too_long(context))
        return API_UNAVAILABLE;
    if (!match->route->open)
        error = authenticate(context);
    if (error == API_OK)
        match->handler(context);
    return error;
}

/* The whole request, in order. */
static void
serve(struct context *context, const struct gateway *gateway)
{
    int64_t started = clock_monotonic_ms();
    enum api_error error;

    memset(&context->response, 0, sizeof context->response);
    context->deadline = deadline_in_ms((int64_t)context->config->request_timeout * 1000);
    request_init(&context->request, gateway);
    context->log.request_id = context->request.id;
    error = handle(context);
    if (error != API_OK)
        response_set_error(&context->response, error);
    if (!response_send(&context->response, &context->request))
        log_write(&context->log, LOG_LEVEL_INFO, "the web server took no answer");
    log_write(&context->log, LOG_LEVEL_INFO, "%s %d %lld ms",
              context->match.route != NULL ? context->match.route->pattern : "-",
              context->response.status, (long long)(clock_monotonic_ms() - started));
    context->log.request_id = NULL;
}

/* A database that is only out of reach does not stop the start: requests get 503 until it is there.
 */
static void
connect_early(struct context *context)
{
    struct deadline deadline = deadline_in_ms((int64_t)context->config->request_timeout * 1000);

    if (database_connect(context->database, deadline) != DATABASE_DONE)
        log_write(&context->log, LOG_LEVEL_WARNING, "no database yet: %s",
                  database_error(context->database));
}

static enum worker_end
serve_all(struct context *context, struct fastcgi *fastcgi, const sigset_t *wait_mask,
          struct heartbeat *heartbeat)
{
    while (end_signal == 0) {
        struct gateway gateway;

        heartbeat_beat(heartbeat);

        switch (fastcgi_accept(fastcgi, wait_mask, &gateway)) {
        case FASTCGI_REQUEST:
            serve(context, &gateway);
            fastcgi_finish(fastcgi);
            break;
        case FASTCGI_NOTHING:
        case FASTCGI_INTERRUPTED:
            break;
        case FASTCGI_FAILED:
            log_write(&context->log, LOG_LEVEL_ERROR, "the listening socket failed: %s",
                      strerror(errno));
            return WORKER_FAILED;
        }
    }
    fastcgi_close(fastcgi);
    return end_signal == SIGHUP ? WORKER_RELOAD : WORKER_STOPPED;
}

enum worker_end
worker_run(const struct config *config, const struct listener *listener,
           struct heartbeat *heartbeat)
{
    struct context *context = NULL;
    enum worker_end end = WORKER_FAILED;
    struct fastcgi fastcgi;
    sigset_t wait_mask;

    set_signals(&wait_mask);
    context = new_context(config);
    if (context == NULL ||
        !fastcgi_init(&fastcgi, listener->fd, config->body_timeout * 1000,
                      config->request_timeout * 1000, config->fastcgi_keepalive)) {
        free_context(context);
        return WORKER_FAILED;
    }
    connect_early(context);
    end = serve_all(context, &fastcgi, &wait_mask, heartbeat);
    free_context(context);
    return end;
}

enum worker_end
worker_run_once(const struct config *config)
{
    struct context *context = new_context(config);
    struct gateway gateway;
    struct cgi cgi;
    sigset_t wait_mask;

    if (context == NULL)
        return WORKER_FAILED;
    set_signals(&wait_mask);
    cgi_open(&cgi, config->body_timeout * 1000, &gateway);
    serve(context, &gateway);
    cgi_drain(&cgi);
    free_context(context);
    return WORKER_STOPPED;
}

bool
worker_check_database(const struct config *config, char error[CONFIG_ERROR_SIZE])
{
    struct log log = {.silent = true};
    struct deadline deadline = deadline_in_ms((int64_t)config->request_timeout * 1000);
    struct database *database = open_database(config, &log);
    enum database_result result =
        database != NULL ? database_connect(database, deadline) : DATABASE_UNAVAILABLE;

    error[0] = '\0';
    if (result == DATABASE_FAILED)
        snprintf(error, CONFIG_ERROR_SIZE, "%s", database_error(database));
    database_free(database);
    return result == DATABASE_DONE;
}
