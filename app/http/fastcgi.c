/*
 * FastCGI: accepts requests from a listening socket, through libfcgi.
 *
 * libfcgi has no time limit on anything it reads or writes. So the connection is accepted here,
 * gets its limits from the kernel, and is then given to libfcgi as one that it kept open. Those are
 * limits on each pause of the peer; a timer sets one on all its pauses together.
 *
 * What remains of libfcgi's faults: it ends the process when a GET_VALUES record names more than
 * the three values there are (a buffer overflows), and when a parameter says that it has gigabytes.
 * Who can connect can do that; the pool replaces the worker, and no payment comes to harm.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/fastcgi.h"

#include <errno.h>
#include <fastcgi.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ALARM_AGAIN_MS 100
#define SKIP_MAX \
    ((size_t)16 * 1024 * 1024) /* the largest body that is read though nobody wants it */

static void
take_alarm(int signal)
{
    (void)signal; /* it has done its work: the system call that libfcgi waits in has failed */
}

static struct timeval
timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

/*
 * Lets whatever libfcgi waits in fail (EINTR) from this moment on, so that a peer that sends a byte
 * now and then cannot hold the worker. The alarm comes again and again, since the first one may
 * come between two system calls.
 */
static void
set_alarm(int64_t ms)
{
    struct itimerval timer = {.it_interval = timeval_of(ALARM_AGAIN_MS),
                              .it_value = timeval_of(ms > 0 ? ms : 1)};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static void
clear_alarm(void)
{
    static const struct itimerval off = {.it_value = {.tv_sec = 0}};

    setitimer(ITIMER_REAL, &off, NULL);
}

static void
take_alarms(void)
{
    struct sigaction action = {.sa_handler = take_alarm}; /* no SA_RESTART */
    sigset_t alarm_only;

    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
}

bool
fastcgi_init(struct fastcgi *fastcgi, int listen_fd, int io_timeout_ms, int request_timeout_ms,
             bool keepalive)
{
    memset(fastcgi, 0, sizeof *fastcgi);
    fastcgi->listen_fd = listen_fd;
    fastcgi->io_timeout_ms = io_timeout_ms;
    fastcgi->request_timeout_ms = request_timeout_ms;
    fastcgi->keepalive = keepalive;
    take_alarms();
    if (FCGX_Init() != 0)
        return false;
    /* No listening socket for libfcgi: it must never accept a connection by itself. */
    for (size_t i = 0; i < FASTCGI_CONNECTIONS; i++) {
        if (FCGX_InitRequest(&fastcgi->requests[i], -1, 0) != 0)
            return false;
    }
    return true;
}

static bool
set_time_limits(int fd, int timeout_ms)
{
    struct timeval limit = timeval_of(timeout_ms);

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

    set_alarm(deadline_left_ms(deadline));
    while (total < size) {
        size_t buffered = (size_t)(in->stop - in->rdNext);
        size_t wanted = buffered > 0 ? buffered : 1;
        int got;

        if (deadline_left_ms(deadline) == 0) {
            clear_alarm();
            return -1;
        }
        if (wanted > size - total)
            wanted = size - total;
        got = FCGX_GetStr(data + total, (int)wanted, in);
        if (got <= 0)
            break;
        total += (size_t)got;
    }
    clear_alarm();
    return FCGX_GetError(in) != 0 ? -1 : (long)total;
}

static bool
fastcgi_write(void *stream, const char *data, size_t size)
{
    return FCGX_PutStr(data, (int)size, ((FCGX_Request *)stream)->out) == (int)size;
}

/* Closes a connection on which no request is at work, and nothing is left to be read. */
static void
close_idle(FCGX_Request *request)
{
    if (request->ipcFd < 0)
        return;
    FCGX_Free(request, 0);
    close(request->ipcFd);
    request->ipcFd = -1;
}

/* Closes a connection on which the peer may still be sending. */
static void
close_connection(const struct fastcgi *fastcgi, FCGX_Request *request)
{
    if (request->ipcFd < 0)
        return;
    set_alarm(fastcgi->io_timeout_ms);
    FCGX_Free(request, 1);
    clear_alarm();
}

/* A place for one more connection: a free one, else that of the connection that was idle longest.
 */
static FCGX_Request *
free_place(struct fastcgi *fastcgi)
{
    size_t oldest = 0;

    for (size_t i = 0; i < FASTCGI_CONNECTIONS; i++) {
        if (fastcgi->requests[i].ipcFd < 0)
            return &fastcgi->requests[i];
        if (fastcgi->used[i] < fastcgi->used[oldest])
            oldest = i;
    }
    close_idle(&fastcgi->requests[oldest]);
    return &fastcgi->requests[oldest];
}

/*
 * Waits until a kept connection or the listening socket has something, and says in *ready which: a
 * number of a connection, or FASTCGI_CONNECTIONS for the socket. They take turns, so that a busy
 * one keeps no other from being served. -1 as ppoll(2).
 */
static int
wait_for_input(struct fastcgi *fastcgi, const sigset_t *wait_mask, size_t *ready)
{
    struct pollfd fds[FASTCGI_CONNECTIONS + 1];
    const struct timespec limit = {.tv_sec = 1}; /* so that the caller comes round */
    const size_t places = FASTCGI_CONNECTIONS + 1;
    int found;

    for (size_t i = 0; i < FASTCGI_CONNECTIONS; i++) /* poll ignores those that are negative */
        fds[i] = (struct pollfd){.fd = fastcgi->requests[i].ipcFd, .events = POLLIN};
    fds[FASTCGI_CONNECTIONS] = (struct pollfd){.fd = fastcgi->listen_fd, .events = POLLIN};
    found = ppoll(fds, places, &limit, wait_mask);
    *ready = FASTCGI_CONNECTIONS;
    for (size_t i = 0; found > 0 && i < places; i++) {
        size_t place = (fastcgi->turn + i) % places;

        if (fds[place].revents != 0) {
            *ready = place;
            fastcgi->turn = place + 1;
            break;
        }
    }
    return found;
}

/* Accepts a connection and makes it the current one. */
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
    fastcgi->current = free_place(fastcgi);
    fastcgi->current->ipcFd = fd;
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
    FCGX_Request *request;
    size_t ready;
    int accepted;

    if (wait_for_input(fastcgi, wait_mask, &ready) < 0)
        return errno == EINTR ? FASTCGI_INTERRUPTED : FASTCGI_FAILED;
    if (ready == FASTCGI_CONNECTIONS) {
        enum fastcgi_event event = accept_connection(fastcgi);

        if (event != FASTCGI_REQUEST)
            return event;
    } else {
        fastcgi->current = &fastcgi->requests[ready];
    }
    request = fastcgi->current;
    fastcgi->used[request - fastcgi->requests] = ++fastcgi->count;
    request->keepConnection = 1;
    set_alarm(fastcgi->request_timeout_ms);
    accepted = FCGX_Accept_r(request);
    clear_alarm();
    if (accepted != 0)
        return FASTCGI_NOTHING; /* the peer broke off or broke the protocol; it is closed */
    /* libfcgi hands over a request whose parameters were cut off, with those that came. */
    if (FCGX_GetError(request->in) != 0 || request->role != FCGI_RESPONDER ||
        is_abandoned(request->ipcFd)) {
        close_connection(fastcgi, request);
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

/* Reads what the request still has of a body: true when nothing of it is left. */
static bool
skip_body(struct fastcgi *fastcgi)
{
    struct deadline deadline = deadline_in_ms(fastcgi->io_timeout_ms);
    char data[4096];
    long got;

    for (size_t total = 0; total < SKIP_MAX; total += (size_t)got) {
        got = fastcgi_read(fastcgi->current, data, sizeof data, deadline);
        if (got < (long)sizeof data)
            return got >= 0;
    }
    return false;
}

/*
 * A web server that keeps its connection may send the next request as soon as it has this answer,
 * so it is closed only where nothing could follow.
 *
 * libfcgi closes by reading what the peer still sends, until it closes, too, or is silent for two
 * seconds: to close at once would take the answer away with the unread body. Where all was read,
 * that would only keep the worker waiting.
 */
void
fastcgi_finish(struct fastcgi *fastcgi)
{
    FCGX_Request *request = fastcgi->current;
    bool keep = request->keepConnection && fastcgi->keepalive;

    request->keepConnection = skip_body(fastcgi);
    set_alarm(fastcgi->io_timeout_ms);
    FCGX_Finish_r(request);
    clear_alarm();
    if (!keep)
        close_idle(request);
}

void
fastcgi_close(struct fastcgi *fastcgi)
{
    for (size_t i = 0; i < FASTCGI_CONNECTIONS; i++)
        close_idle(&fastcgi->requests[i]);
}
