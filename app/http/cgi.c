/*
 * Plain CGI (RFC 3875): one request from the environment, standard input and standard output.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/cgi.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

bool
cgi_is_request(void)
{
    return getenv("GATEWAY_INTERFACE") != NULL && getenv("REQUEST_METHOD") != NULL;
}

static long
cgi_read(void *stream, char *data, size_t size, struct deadline deadline)
{
    struct cgi *cgi = stream;
    size_t total = 0;

    while (total < size && cgi->unread != 0) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        int64_t left = deadline_left_ms(deadline);
        size_t wanted = size - total;
        ssize_t got;

        if (cgi->unread > 0 && wanted > (size_t)cgi->unread)
            wanted = (size_t)cgi->unread;
        if (left > cgi->io_timeout_ms)
            left = cgi->io_timeout_ms;
        if (poll(&input, 1, (int)left) <= 0)
            return -1;
        got = read(STDIN_FILENO, data + total, wanted);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        total += (size_t)got;
        if (cgi->unread > 0)
            cgi->unread -= got;
    }
    return (long)total;
}

static bool
cgi_write(void *stream, const char *data, size_t size)
{
    (void)stream;
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, data, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

void
cgi_open(struct cgi *cgi, int io_timeout_ms, struct gateway *gateway)
{
    const char *length = getenv("CONTENT_LENGTH");

    cgi->io_timeout_ms = io_timeout_ms;
    cgi->unread = length != NULL && length[0] != '\0' ? strtol(length, NULL, 10) : -1;
    if (cgi->unread < -1)
        cgi->unread = -1;
    *gateway = (struct gateway){
        .params = environ,
        .read = cgi_read,
        .write = cgi_write,
        .stream = cgi,
    };
}

void
cgi_drain(struct cgi *cgi)
{
    struct deadline deadline = deadline_in_ms(cgi->io_timeout_ms);
    char data[4096];

    /* Without either of them there is no body, and perhaps no end of file that would come. */
    if (cgi->unread < 0 && getenv("HTTP_TRANSFER_ENCODING") == NULL)
        return;
    while (cgi_read(cgi, data, sizeof data, deadline) == (long)sizeof data)
        continue;
}
