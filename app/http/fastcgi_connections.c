/*
 * All FastCGI connections of a worker: what has taken too long, and what is too much.
 *
 * SPDX-License-Identifier: MIT
 */
#include <poll.h>
#include <stdlib.h>

#include "clock.h"
#include "http/fastcgi_connection.h"

#define LINGER_MS 2000 /* that a peer is listened to after its answer */
#define KEPT_MAX 64    /* connections that are kept between two requests */

/* Ends what is too late in one connection. */
static void
check(struct fastcgi_connection *connection, int64_t now)
{
    const struct fastcgi_settings *settings = connection->all->settings;
    int64_t pause = now - connection->active_at;

    switch (connection->state) {
    case FASTCGI_READING:
        if (fastcgi_connection_is_incomplete(connection) &&
            (pause >= settings->io_timeout_ms ||
             now - connection->arrived_at >= settings->request_timeout_ms))
            fastcgi_connection_give_up(connection, BODY_LATE);
        break;
    case FASTCGI_WRITING:
        if (pause >= settings->io_timeout_ms)
            fastcgi_connection_close(connection);
        break;
    case FASTCGI_LINGERING:
        if (pause >= LINGER_MS)
            fastcgi_connection_close(connection);
        break;
    case FASTCGI_COMPLETE:
    case FASTCGI_AT_WORK:
        break;
    }
}

void
fastcgi_connections_limit(struct fastcgi_connections *all)
{
    while (all->incomplete_bytes > all->incomplete_bytes_max) {
        struct fastcgi_connection *oldest = NULL;

        for (struct fastcgi_connection *at = all->first; at != NULL; at = at->next) {
            /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what was closed is in no list any more */
            if (fastcgi_connection_is_incomplete(at) &&
                (oldest == NULL || at->arrived_at < oldest->arrived_at))
                oldest = at;
        }
        if (oldest == NULL)
            return;
        fastcgi_connection_give_up(oldest, BODY_LATE);
    }
}

/* Closes the kept connections that have been idle for longest, as long as they are too many. */
static void
limit_kept(struct fastcgi_connections *all)
{
    struct fastcgi_connection *oldest = NULL;
    size_t kept = 0;

    for (struct fastcgi_connection *at = all->first; at != NULL; at = at->next) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what was closed is in no list any more */
        if (at->state != FASTCGI_READING || fastcgi_connection_is_incomplete(at))
            continue;
        kept++;
        if (oldest == NULL || at->active_at < oldest->active_at)
            oldest = at;
    }
    if (kept > KEPT_MAX) {
        fastcgi_connection_close(oldest);
        limit_kept(all);
    }
}

void
fastcgi_connections_check(struct fastcgi_connections *all)
{
    int64_t now = clock_monotonic_ms();
    struct fastcgi_connection *next;

    for (struct fastcgi_connection *at = all->first; at != NULL; at = next) {
        next = at->next;
        check(at, now);
    }
    if (all->settings->keepalive)
        limit_kept(all);
}

/* True when something has come that was not read yet: the next request, or the peer's end. */
static bool
has_input(const struct fastcgi_connection *connection)
{
    struct pollfd input = {.fd = connection->source.fd, .events = POLLIN};

    return poll(&input, 1, 0) > 0;
}

void
fastcgi_connections_drain(struct fastcgi_connections *all)
{
    struct fastcgi_connection *next;

    all->draining = true;
    for (struct fastcgi_connection *at = all->first; at != NULL; at = next) {
        next = at->next;
        if (at->state != FASTCGI_READING || fastcgi_connection_is_incomplete(at))
            continue;
        if (has_input(at)) {
            at->kept = false;
            all->incomplete++;
        } else {
            fastcgi_connection_close(at);
        }
    }
}

void
fastcgi_connections_free(struct fastcgi_connections *all)
{
    struct fastcgi_connection *next;

    for (struct fastcgi_connection *at = all->first; at != NULL; at = next) {
        next = at->next;
        fastcgi_connection_close(at);
    }
    for (struct fastcgi_connection *at = all->spare; at != NULL; at = next) {
        next = at->next;
        free(at->reader.data);
        free(at);
    }
    all->spare = NULL;
    all->spare_count = 0;
}
