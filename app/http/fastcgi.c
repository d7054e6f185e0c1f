/*
 * FastCGI: accepts requests from a listening socket, through libfcgi.
 *
 * libfcgi has no time limit on anything it reads or writes. So the connection is accepted here,
 * gets its limits from the kernel, and is then given to libfcgi as one that it kept open.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/fastcgi.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

bool
fastcgi_init(struct fastcgi *fastcgi, int listen_fd, int io_timeout_ms, bool keepalive)
{
    memset(fastcgi, 0, sizeof *fastcgi);
    fastcgi->listen_fd = listen_fd;
    fastcgi->io_timeout_ms = io_timeout_ms;
    fastcgi->keepalive = keepalive;
    /* No listening socket for libfcgi: it must never accept a connection by itself. */
    return FCGX_Init() == 0 && FCGX_InitRequest(&fastcgi->request, -1, 0) == 0;
}

static bool
set_time_limits(int fd, int timeout_ms)
{
    struct timeval limit = {.tv_sec = timeout_ms / 1000,
                            .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};

    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

/* True when accept(2) failed for the one connection, not for the socket. */
static bool
is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == ECONNABORTED || error == EPROTO ||
           error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/*
 * Reads what the body still has in libfcgi's buffer at once, else waits for one byte: a GetStr()
 * for more would wait for all of it, past any deadline.
 */
static long
fastcgi_read(void *stream, char *data, size_t size, struct deadline deadline)
{
    FCGX_Stream *in = ((FCGX_Request *)stream)->in;
    size_t total = 0;

    while (total < size) {
        size_t buffered = (size_t)(in->stop - in->rdNext);
        size_t wanted = buffered > 0 ? buffered : 1;
        int got;

        if (deadline_left_ms(deadline) == 0)
            return -1;
        if (wanted > size - total)
            wanted = size - total;
        got = FCGX_GetStr(data + total, (int)wanted, in);
        if (got <= 0)
            break;
        total += (size_t)got;
    }
    return FCGX_GetError(in) != 0 ? -1 : (long)total;
}

static bool
fastcgi_write(void *stream, const char *data, size_t size)
{
    return FCGX_PutStr(data, (int)size, ((FCGX_Request *)stream)->out) == (int)size;
}

/* Waits until the kept connection or the listening socket has something; -1 as ppoll(2). */
static int
wait_for_input(struct fastcgi *fastcgi, const sigset_t *wait_mask, bool *kept_ready)
{
    struct pollfd fds[2] = {
        {.fd = fastcgi->listen_fd, .events = POLLIN},
        {.fd = fastcgi->request.ipcFd, .events = POLLIN}, /* ignored by poll when negative */
    };
    int ready = ppoll(fds, 2, NULL, wait_mask);

    *kept_ready = ready > 0 && fds[1].revents != 0;
    return ready;
}

static enum fastcgi_event
accept_connection(struct fastcgi *fastcgi)
{
    int fd = accept4(fastcgi->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return is_passing(errno) ? FASTCGI_NOTHING : FASTCGI_FAILED;
    if (!set_time_limits(fd, fastcgi->io_timeout_ms)) {
        close(fd);
        return FASTCGI_NOTHING;
    }
    fastcgi->request.ipcFd = fd;
    return FASTCGI_REQUEST;
}

/*
 * True when the web server has closed the connection of a request that waited: its client is gone,
 * and nobody would read the answer. Over TCP that cannot be told from a peer that has just sent all
 * it had to say, so there it is never true before a reset.
 */
static bool
is_abandoned(int fd)
{
    struct pollfd hangup = {.fd = fd, .events = 0};

    return poll(&hangup, 1, 0) > 0 && (hangup.revents & (POLLHUP | POLLERR)) != 0;
}

enum fastcgi_event
fastcgi_accept(struct fastcgi *fastcgi, const sigset_t *wait_mask, struct gateway *gateway)
{
    FCGX_Request *request = &fastcgi->request;
    bool kept_ready = false;

    if (wait_for_input(fastcgi, wait_mask, &kept_ready) < 0)
        return errno == EINTR ? FASTCGI_INTERRUPTED : FASTCGI_FAILED;
    if (!kept_ready) {
        enum fastcgi_event event;

        /* A connection that waits to be accepted goes before one that lies idle. */
        fastcgi_close(fastcgi);
        event = accept_connection(fastcgi);
        if (event != FASTCGI_REQUEST)
            return event;
    }
    request->keepConnection = 1;
    if (FCGX_Accept_r(request) != 0)
        return FASTCGI_NOTHING; /* the peer broke off or broke the protocol; it is closed */
    if (is_abandoned(request->ipcFd)) {
        fastcgi_finish(fastcgi, false);
        return FASTCGI_NOTHING;
    }
    *gateway = (struct gateway){
        .params = request->envp,
        .read = fastcgi_read,
        .write = fastcgi_write,
        .stream = request,
    };
    return FASTCGI_REQUEST;
}

void
fastcgi_finish(struct fastcgi *fastcgi, bool body_read)
{
    if (!fastcgi->keepalive || !body_read)
        fastcgi->request.keepConnection = 0;
    FCGX_Finish_r(&fastcgi->request);
}

void
fastcgi_close(struct fastcgi *fastcgi)
{
    if (fastcgi->request.ipcFd >= 0)
        FCGX_Free(&fastcgi->request, 1);
}
