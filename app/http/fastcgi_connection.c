/*
 * A FastCGI connection: its states, from the first byte of a request to the last of its answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/fastcgi_connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define LINGER_BYTES ((size_t)16 * 1024 * 1024) /* that are thrown away of a peer */
#define KEPT_BUFFER 4096                        /* no larger buffer is kept */
#define SPARE_MAX 64 /* closed connections whose memory is kept for new ones */

static bool
has_begun(const struct fastcgi_connection *connection)
{
    return connection->reader.phase != RECORD_BEGIN || connection->reader.header_length > 0;
}

bool
fastcgi_connection_is_incomplete(const struct fastcgi_connection *connection)
{
    return connection->state == FASTCGI_READING && (!connection->kept || has_begun(connection));
}

static size_t
bytes_of(const struct fastcgi_connection *connection)
{
    return connection->reader.params_length + connection->reader.body_length;
}

static void
watch(struct fastcgi_connection *connection, uint32_t events)
{
    bool good = connection->watched
                    ? loop_change(connection->all->loop, &connection->source, events)
                    : loop_add(connection->all->loop, &connection->source, events);

    /* Without it the connection's time limit ends it. */
    if (!good)
        log_write(connection->all->settings->log, LOG_LEVEL_WARNING,
                  "a connection cannot be watched: %s", strerror(errno));
    connection->watched = connection->watched || good;
}

static void
ignore(struct fastcgi_connection *connection)
{
    if (connection->watched)
        loop_remove(connection->all->loop, &connection->source);
    connection->watched = false;
}

static void
forget_incomplete(const struct fastcgi_connection *connection)
{
    if (!fastcgi_connection_is_incomplete(connection))
        return;
    connection->all->incomplete--;
    connection->all->incomplete_bytes -= bytes_of(connection);
}

void
fastcgi_connection_close(struct fastcgi_connection *connection)
{
    struct fastcgi_connections *all = connection->all;

    forget_incomplete(connection);
    ignore(connection);
    close(connection->source.fd);
    all->writing -= connection->state == FASTCGI_WRITING;
    all->at_work -= connection->state == FASTCGI_AT_WORK;
    if (all->first == connection)
        all->first = connection->next;
    else
        connection->previous->next = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    all->count--;
    free(connection->rest);
    record_reader_reset(&connection->reader, KEPT_BUFFER);
    if (all->spare_count < SPARE_MAX) {
        connection->next = all->spare;
        all->spare = connection;
        all->spare_count++;
    } else {
        free(connection->reader.data);
        free(connection);
    }
}

/* The request can be taken by the worker: it is whole, or will not become it. */
static void
complete(struct fastcgi_connection *connection, enum body_status status)
{
    struct fastcgi_connections *all = connection->all;

    forget_incomplete(connection);
    ignore(connection);
    connection->state = FASTCGI_COMPLETE;
    connection->body_status = status;
    connection->next_complete = NULL;
    if (all->last_complete != NULL)
        all->last_complete->next_complete = connection;
    else
        all->first_complete = connection;
    all->last_complete = connection;
    all->complete++;
}

void
fastcgi_connection_give_up(struct fastcgi_connection *connection, enum body_status status)
{
    if (connection->reader.phase == RECORD_BODY)
        complete(connection, status);
    else
        fastcgi_connection_close(connection);
}

static void
linger(struct fastcgi_connection *connection)
{
    connection->state = FASTCGI_LINGERING;
    connection->active_at = clock_monotonic_ms();
    connection->thrown_away = 0;
    shutdown(connection->source.fd, SHUT_WR);
    watch(connection, EPOLLIN);
}

/* A request whose parameters are more than is read gets its answer here: nobody can route it. */
static void
refuse_long_params(struct fastcgi_connection *connection)
{
    static const char answer[] =
        "Status: 431 Request Header Fields Too Large\r\nContent-Type: application/json\r\n"
        "Content-Length: 43\r\nCache-Control: no-store\r\n\r\n"
        "{\"error\":\"Request header fields too large\"}";

    forget_incomplete(connection);
    connection->state = FASTCGI_LINGERING;
    if (fastcgi_answer_send(connection, answer, sizeof answer - 1) && connection->rest == NULL) {
        linger(connection);
        return;
    }
    fastcgi_connection_close(connection);
}

/* Takes bytes that came. False when there is nothing more to be read: the request is complete, or
 * the connection closed. */
static bool
take_bytes(struct fastcgi_connection *connection, size_t length)
{
    struct record_reader *reader = &connection->reader;
    struct fastcgi_connections *all = connection->all;
    size_t max_body = all->settings->max_body;
    size_t taken;

    connection->active_at = clock_monotonic_ms();
    if (!has_begun(connection)) {
        connection->arrived_at = connection->active_at;
        all->incomplete += connection->kept;
    }
    all->incomplete_bytes -= bytes_of(connection);
    taken = record_read(reader, all->scratch, length, max_body);
    all->incomplete_bytes += bytes_of(connection);
    switch (reader->phase) {
    case RECORD_BEGIN:
    case RECORD_PARAMS:
        break;
    case RECORD_BODY:
        if (reader->body_length <= max_body)
            break;
        complete(connection, BODY_TOO_LARGE);
        return false;
    case RECORD_WHOLE:
        /* What is behind it could only be another request, which no web server sends before it has
         * this one's answer. */
        reader->keep_connection = reader->keep_connection && taken == length;
        complete(connection, BODY_OK);
        return false;
    case RECORD_BROKEN:
        if (reader->too_long)
            refuse_long_params(connection);
        else
            fastcgi_connection_close(connection);
        return false;
    }
    return true;
}

/* Reads what is there, and waits for more where that is to be expected. */
static void
read_connection(struct fastcgi_connection *connection)
{
    ssize_t got = recv(connection->source.fd, connection->all->scratch, CONNECTION_SCRATCH_SIZE,
                       MSG_DONTWAIT);

    if (got > 0) {
        if (!take_bytes(connection, (size_t)got))
            return;
    } else if (got == 0) {
        fastcgi_connection_give_up(connection, BODY_BROKEN);
        return;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        fastcgi_connection_close(connection);
        return;
    }
    if (!connection->watched)
        watch(connection, EPOLLIN | EPOLLRDHUP);
}

static void
throw_away(struct fastcgi_connection *connection)
{
    ssize_t got = recv(connection->source.fd, connection->all->scratch, CONNECTION_SCRATCH_SIZE,
                       MSG_DONTWAIT);

    if (got > 0)
        connection->thrown_away += (size_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        connection->thrown_away = LINGER_BYTES;
    if (connection->thrown_away >= LINGER_BYTES)
        fastcgi_connection_close(connection);
}

/*
 * The answer has gone out. The connection is kept for another request, or closed; one on which the
 * peer may still be sending is listened to for a while: closed at once, it would be reset, and the
 * answer lost with it.
 */
static void
end_answer(struct fastcgi_connection *connection)
{
    struct fastcgi_connections *all = connection->all;
    bool whole = connection->reader.phase == RECORD_WHOLE;

    if (!whole) {
        all->at_work--;
        linger(connection);
        return;
    }
    if (!connection->reader.keep_connection || !all->settings->keepalive || all->draining) {
        fastcgi_connection_close(connection);
        return;
    }
    all->at_work--;
    record_reader_reset(&connection->reader, KEPT_BUFFER);
    connection->state = FASTCGI_READING;
    connection->kept = true;
    connection->active_at = clock_monotonic_ms();
    watch(connection, EPOLLIN | EPOLLRDHUP);
}

static void
write_connection(struct fastcgi_connection *connection)
{
    struct fastcgi_connections *all = connection->all;

    if (!fastcgi_answer_send_rest(connection)) {
        fastcgi_connection_close(connection);
        return;
    }
    connection->active_at = clock_monotonic_ms();
    if (connection->rest != NULL)
        return;
    ignore(connection);
    all->writing--;
    all->at_work++;
    connection->state = FASTCGI_AT_WORK;
    end_answer(connection);
}

static void
ready(struct loop_source *source, uint32_t events)
{
    struct fastcgi_connection *connection = (struct fastcgi_connection *)source;

    (void)events;
    switch (connection->state) {
    case FASTCGI_READING:
        read_connection(connection);
        break;
    case FASTCGI_WRITING:
        write_connection(connection);
        break;
    case FASTCGI_LINGERING:
        throw_away(connection);
        break;
    case FASTCGI_COMPLETE:
    case FASTCGI_AT_WORK:
        ignore(connection);
        break;
    }
}

static struct fastcgi_connection *
new_connection(struct fastcgi_connections *all)
{
    struct fastcgi_connection *connection = all->spare;
    struct record_reader reader = {.phase = RECORD_BEGIN};

    if (connection == NULL) {
        connection = malloc(sizeof *connection);
    } else {
        all->spare = connection->next;
        all->spare_count--;
        reader = connection->reader;
    }
    if (connection == NULL)
        return NULL;
    *connection = (struct fastcgi_connection){
        .source = {.ready = ready}, .all = all, .next = all->first, .reader = reader};
    if (all->first != NULL)
        all->first->previous = connection;
    all->first = connection;
    all->count++;
    return connection;
}

bool
fastcgi_connection_open(struct fastcgi_connections *all, int fd)
{
    struct fastcgi_connection *connection = new_connection(all);

    if (connection == NULL) {
        close(fd);
        return false;
    }
    connection->source.fd = fd;
    connection->arrived_at = connection->active_at = clock_monotonic_ms();
    all->incomplete++;
    /* Most often the whole request is there, and the loop need not know of it. */
    read_connection(connection);
    return true;
}

/* True when the web server has closed it: its client is gone, and nobody would read the answer.
 * Over TCP that cannot be told from a peer that has sent all it had to say, so there it is never
 * true before a reset. */
static bool
is_abandoned(const struct fastcgi_connection *connection)
{
    struct pollfd hangup = {.fd = connection->source.fd, .events = 0};

    return poll(&hangup, 1, 0) > 0 && (hangup.revents & (POLLHUP | POLLERR)) != 0;
}

struct fastcgi_connection *
fastcgi_connection_next(struct fastcgi_connections *all)
{
    struct fastcgi_connection *connection;

    while ((connection = all->first_complete) != NULL) {
        all->first_complete = connection->next_complete;
        if (all->first_complete == NULL)
            all->last_complete = NULL;
        all->complete--;
        connection->state = FASTCGI_AT_WORK;
        all->at_work++;
        if (!is_abandoned(connection))
            return connection;
        fastcgi_connection_close(connection);
    }
    return NULL;
}

bool
fastcgi_connection_answer(struct fastcgi_connection *connection, const char *data, size_t size)
{
    struct fastcgi_connections *all = connection->all;

    if (!fastcgi_answer_send(connection, data, size)) {
        fastcgi_connection_close(connection);
        return false;
    }
    if (connection->rest == NULL) {
        end_answer(connection);
        return true;
    }
    all->at_work--;
    all->writing++;
    connection->state = FASTCGI_WRITING;
    connection->active_at = clock_monotonic_ms();
    watch(connection, EPOLLOUT);
    return true;
}
