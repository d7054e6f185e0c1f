/*
 * FastCGI: a server on a listening socket that has many requests in hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/fastcgi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "http/fastcgi_connection.h"
#include "http/fastcgi_params.h"

#define ACCEPT_BATCH 64      /* connections that are accepted in one turn */
#define DESCRIPTORS_SPARE 32 /* of the process, for all that is no connection */
#define CHECK_MS 250         /* so often the connections are looked at for what is late */
#define SLEEP_MAX_MS 1000
#define INCOMPLETE_BYTES_MIN ((size_t)8 * 1024 * 1024) /* of requests that have not come whole */
#define REQUEST_BYTES ((size_t)16 * 1024)              /* of its parameters, most often far less */
#define INCOMPLETE_BODIES 64                           /* or so many of the largest ones */

struct fastcgi {
    struct loop_source listener; /* first: the loop's pointer is the server's */
    struct fastcgi_settings settings;
    struct loop *loop; /* not owned */
    bool listening;    /* the listener is in the loop */
    bool draining;
    bool said_short;         /* that descriptors are short, in the log */
    int64_t listen_again_at; /* after accept(2) failed for want of something */
    int64_t
        accept_anyway_at; /* whatever the loop says: a wake-up may have gone to another worker */
    int64_t check_at;
    size_t connections_max;
    struct fastcgi_params params;
    struct fastcgi_connections connections;
};

/* How many connections the process may have open, by its limit of descriptors. */
static size_t
connections_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 65536;
    return limit.rlim_cur > (rlim_t)2 * DESCRIPTORS_SPARE
               ? (size_t)limit.rlim_cur - DESCRIPTORS_SPARE
               : (size_t)limit.rlim_cur / 2;
}

static bool
has_room(const struct fastcgi *fastcgi)
{
    const struct fastcgi_connections *all = &fastcgi->connections;

    return all->complete + all->at_work < fastcgi->settings.in_hand_max &&
           all->count < fastcgi->connections_max;
}

/* accept(2) failed: for this connection, or for want of something that may be there again later. */
static void
note_accept_failure(struct fastcgi *fastcgi, int error)
{
    if (error == EAGAIN || error == EWOULDBLOCK || error == ECONNABORTED || error == EPROTO ||
        error == EINTR)
        return;
    fastcgi->listen_again_at = clock_monotonic_ms() + SLEEP_MAX_MS;
    if (!fastcgi->said_short)
        log_write(fastcgi->settings.log, LOG_LEVEL_WARNING,
                  "no connection can be accepted: %s (said once)", strerror(error));
    fastcgi->said_short = true;
}

/* Accepts what waits, as far as there is room. The number of connections. */
static size_t
accept_waiting(struct fastcgi *fastcgi, size_t most)
{
    size_t accepted = 0;

    /* Whoever shares the socket may have made it blocking: systemd does, for each program that it
     * starts beside this one (ExecReload). A worker would wait in accept(2) then, for ever. */
    fcntl(fastcgi->listener.fd, F_SETFL, O_RDWR | O_NONBLOCK);
    while (accepted < most && has_room(fastcgi)) {
        int fd = accept4(fastcgi->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            note_accept_failure(fastcgi, errno);
            break;
        }
        if (!fastcgi_connection_open(&fastcgi->connections, fd))
            break;
        accepted++;
    }
    return accepted;
}

static void
listener_ready(struct loop_source *source, uint32_t events)
{
    struct fastcgi *fastcgi = (struct fastcgi *)source;

    (void)events;
    accept_waiting(fastcgi, ACCEPT_BATCH);
}

/* The listener is in the loop when there is room for what it brings, and not else: a worker that is
 * woken and does not accept takes the wake-up from another one. */
static void
update_listening(struct fastcgi *fastcgi, int64_t now)
{
    bool wanted = !fastcgi->draining && has_room(fastcgi) && now >= fastcgi->listen_again_at;

    if (wanted && !fastcgi->listening)
        fastcgi->listening = loop_add(fastcgi->loop, &fastcgi->listener, EPOLLIN | EPOLLEXCLUSIVE);
    if (!wanted && fastcgi->listening) {
        loop_remove(fastcgi->loop, &fastcgi->listener);
        fastcgi->listening = false;
    }
}

struct fastcgi *
fastcgi_new(struct loop *loop, const struct fastcgi_settings *settings)
{
    struct fastcgi *fastcgi = calloc(1, sizeof *fastcgi);
    size_t bodies = INCOMPLETE_BODIES * (settings->max_body + REQUEST_BYTES);

    if (fastcgi == NULL)
        return NULL;
    fastcgi->listener = (struct loop_source){.fd = settings->listen_fd, .ready = listener_ready};
    fastcgi->settings = *settings;
    fastcgi->loop = loop;
    fastcgi->connections_max = connections_max();
    fastcgi->connections.settings = &fastcgi->settings;
    fastcgi->connections.loop = loop;
    fastcgi->connections.incomplete_bytes_max =
        bodies > INCOMPLETE_BYTES_MIN ? bodies : INCOMPLETE_BYTES_MIN;
    if (!fastcgi_params_open(&fastcgi->params)) {
        fastcgi_free(fastcgi);
        return NULL;
    }
    return fastcgi;
}

void
fastcgi_free(struct fastcgi *fastcgi)
{
    if (fastcgi == NULL)
        return;
    if (fastcgi->listening)
        loop_remove(fastcgi->loop, &fastcgi->listener);
    fastcgi_connections_free(&fastcgi->connections);
    fastcgi_params_close(&fastcgi->params);
    free(fastcgi);
}

bool
fastcgi_next(struct fastcgi *fastcgi, struct inbound *inbound)
{
    struct fastcgi_connection *connection;

    while ((connection = fastcgi_connection_next(&fastcgi->connections)) != NULL) {
        const struct record_reader *reader = &connection->reader;
        char **params = fastcgi_params_take(&fastcgi->params, reader);

        if (params == NULL) {
            log_write(fastcgi->settings.log, LOG_LEVEL_ERROR, "libfcgi cannot read a request");
            fastcgi_connection_close(connection);
            continue;
        }
        *inbound = (struct inbound){
            .params = params,
            .body_status = connection->body_status,
            .body = (const char *)reader->data + reader->params_length,
            .body_length = reader->body_length,
            .arrived_at = connection->arrived_at,
            .connection = connection,
        };
        if (inbound->body_status == BODY_OK)
            inbound->body_status =
                inbound_body_status(params, reader->body_length, true, fastcgi->settings.max_body);
        return true;
    }
    return false;
}

bool
fastcgi_answer(struct fastcgi *fastcgi, void *connection, const char *data, size_t size)
{
    (void)fastcgi;
    return fastcgi_connection_answer(connection, data, size);
}

size_t
fastcgi_busy(const struct fastcgi *fastcgi)
{
    const struct fastcgi_connections *all = &fastcgi->connections;

    return all->complete + all->at_work + all->writing + all->incomplete;
}

bool
fastcgi_has_next(const struct fastcgi *fastcgi)
{
    return fastcgi->connections.complete > 0;
}

int64_t
fastcgi_tick(struct fastcgi *fastcgi)
{
    int64_t now = clock_monotonic_ms();

    if (now >= fastcgi->check_at && fastcgi->connections.count > 0) {
        fastcgi_connections_check(&fastcgi->connections);
        fastcgi->check_at = now + CHECK_MS;
    }
    fastcgi_connections_limit(&fastcgi->connections);
    update_listening(fastcgi, now);
    if (fastcgi->listening && now >= fastcgi->accept_anyway_at) {
        accept_waiting(fastcgi, ACCEPT_BATCH);
        fastcgi->accept_anyway_at = now + SLEEP_MAX_MS;
    }
    return fastcgi->connections.count > 0 ? CHECK_MS : SLEEP_MAX_MS;
}

void
fastcgi_drain(struct fastcgi *fastcgi, bool backlog)
{
    if (backlog) {
        /* Room or not: nobody else will take them. Nobody can add to them either. */
        fastcgi->settings.in_hand_max = SIZE_MAX;
        while (accept_waiting(fastcgi, ACCEPT_BATCH) > 0)
            continue;
    }
    fastcgi->draining = true;
    update_listening(fastcgi, clock_monotonic_ms());
    fastcgi_connections_drain(&fastcgi->connections);
}
