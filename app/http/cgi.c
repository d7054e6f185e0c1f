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

#include "clock.h"

extern char **environ;

bool
cgi_is_request(void)
{
    return getenv("GATEWAY_INTERFACE") != NULL && getenv("REQUEST_METHOD") != NULL;
}

/* Reads up to size bytes of the body: how many, fewer at its end; -1 when the web server went away
 * or let the time pass. */
static long
read_body(struct cgi *cgi, char *data, size_t size, struct deadline deadline)
{
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

/* Without CONTENT_LENGTH and without a chunked body there is none, and perhaps no end of file that
 * would come. */
static bool
has_body(const struct cgi *cgi)
{
    return cgi->unread >= 0 || getenv("HTTP_TRANSFER_ENCODING") != NULL;
}

static enum body_status
take_body(struct cgi *cgi, struct inbound *inbound)
{
    long long announced = inbound_content_length(environ);
    struct deadline deadline = deadline_in_ms(cgi->request_timeout_ms);
    long got = 0;

    cgi->unread = announced >= 0 ? (long)announced : -1;
    if (announced > 0 && (unsigned long long)announced > cgi->max_body)
        return BODY_TOO_LARGE;
    if (has_body(cgi))
        got = read_body(cgi, cgi->body, cgi->max_body + 1, deadline);
    if (got < 0)
        return BODY_LATE;
    inbound->body_length = (size_t)got;
    return inbound_body_status(environ, inbound->body_length, true, cgi->max_body);
}

bool
cgi_read(struct cgi *cgi, struct inbound *inbound)
{
    cgi->body = malloc(cgi->max_body + 1);
    if (cgi->body == NULL)
        return false;
    *inbound = (struct inbound){.params = environ,
                                .body = cgi->body,
                                .arrived_at = clock_monotonic_ms(),
                                .connection = cgi};
    inbound->body_status = take_body(cgi, inbound);
    return true;
}

bool
cgi_answer(const char *data, size_t size)
{
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
cgi_drain(struct cgi *cgi)
{
    struct deadline deadline = deadline_in_ms(cgi->io_timeout_ms);
    char data[4096];

    while (has_body(cgi) && read_body(cgi, data, sizeof data, deadline) == (long)sizeof data)
        continue;
    free(cgi->body);
    cgi->body = NULL;
}
