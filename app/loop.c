/*
 * The loop of a worker: one epoll set, and what to call when something in it is ready.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

bool
loop_open(struct loop *loop)
{
    *loop = (struct loop){.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    return loop->epoll_fd >= 0;
}

void
loop_close(struct loop *loop)
{
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    loop->epoll_fd = -1;
}

static bool
control(struct loop *loop, int operation, struct loop_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    return epoll_ctl(loop->epoll_fd, operation, source->fd, &event) == 0;
}

bool
loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
    return control(loop, EPOLL_CTL_ADD, source, events);
}

bool
loop_change(struct loop *loop, struct loop_source *source, uint32_t events)
{
    return control(loop, EPOLL_CTL_MOD, source, events);
}

void
loop_remove(struct loop *loop, struct loop_source *source)
{
    control(loop, EPOLL_CTL_DEL, source, 0);
    for (size_t i = loop->batch_next; i < loop->batch_count; i++) {
        if (loop->batch[i].data.ptr == source)
            loop->batch[i].data.ptr = NULL;
    }
}

bool
loop_wait(struct loop *loop, int64_t wait_ms)
{
    int limit = wait_ms < INT_MAX ? (int)wait_ms : INT_MAX;
    int found = epoll_wait(loop->epoll_fd, loop->batch, LOOP_BATCH, limit);

    if (found < 0)
        return errno == EINTR;
    loop->batch_count = (size_t)found;
    loop->batch_next = 0;
    while (loop->batch_next < loop->batch_count) {
        const struct epoll_event *event = &loop->batch[loop->batch_next++];
        struct loop_source *source = event->data.ptr;

        if (source != NULL)
            source->ready(source, event->events);
    }
    return true;
}
