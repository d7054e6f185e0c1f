/*
 * FastCGI answers: framing one, and sending it without waiting.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http/fastcgi_connection.h"

#define CONTENT_MAX 65528 /* of a record; a multiple of 8 needs no padding */
#define RECORDS_MAX 32    /* of one answer */

static bool
would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* Copies what is behind the first done bytes of the parts. */
static bool
keep_rest(struct fastcgi_connection *connection, const struct iovec *parts, size_t count,
          size_t done)
{
    size_t total = 0;
    unsigned char *at;

    for (size_t i = 0; i < count; i++)
        total += parts[i].iov_len;
    at = malloc(total - done);
    if (at == NULL)
        return false;
    connection->rest = at;
    connection->rest_length = total - done;
    connection->rest_done = 0;
    for (size_t i = 0; i < count; i++) {
        size_t skipped = done < parts[i].iov_len ? done : parts[i].iov_len;

        memcpy(at, (const unsigned char *)parts[i].iov_base + skipped, parts[i].iov_len - skipped);
        at += parts[i].iov_len - skipped;
        done -= skipped;
    }
    return true;
}

bool
fastcgi_answer_send(struct fastcgi_connection *connection, const char *data, size_t size)
{
    unsigned char headers[RECORDS_MAX][RECORD_HEADER_SIZE];
    unsigned char end[RECORD_END_SIZE];
    struct iovec parts[2 * RECORDS_MAX + 1];
    struct msghdr message = {.msg_iov = parts};
    size_t total = RECORD_END_SIZE;
    size_t count = 0;
    ssize_t sent;

    for (size_t record = 0; size > 0; record++) {
        size_t content = size < CONTENT_MAX ? size : CONTENT_MAX;

        if (record == RECORDS_MAX)
            return false;
        record_stdout_header(connection->reader.request_id, content, headers[record]);
        parts[count++] = (struct iovec){headers[record], RECORD_HEADER_SIZE};
        parts[count++] = (struct iovec){(void *)(uintptr_t)data, content};
        data += content;
        size -= content;
        total += RECORD_HEADER_SIZE + content;
    }
    record_end(connection->reader.request_id, end);
    parts[count++] = (struct iovec){end, RECORD_END_SIZE};
    message.msg_iovlen = count;
    sent = sendmsg(connection->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && !would_block(errno))
        return false;
    if (sent < 0)
        sent = 0;
    return (size_t)sent == total || keep_rest(connection, parts, count, (size_t)sent);
}

bool
fastcgi_answer_send_rest(struct fastcgi_connection *connection)
{
    ssize_t sent =
        send(connection->source.fd, connection->rest + connection->rest_done,
             connection->rest_length - connection->rest_done, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent < 0)
        return would_block(errno);
    connection->rest_done += (size_t)sent;
    if (connection->rest_done == connection->rest_length) {
        free(connection->rest);
        connection->rest = NULL;
        connection->rest_length = connection->rest_done = 0;
    }
    return true;
}
