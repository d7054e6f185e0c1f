/*
 * The loop of a worker: one epoll set, and what to call when something in it is ready.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_LOOP_H
#define PAYMENT_API_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_BATCH 64 /* the most events of one wait */

/* One descriptor that is waited for; a member of whoever owns it. */
struct loop_source {
    int fd;
    void (*ready)(struct loop_source *source, uint32_t events); /* EPOLLIN, EPOLLHUP, ... */
};

struct loop {
    int epoll_fd; /* -1: closed */
    struct epoll_event batch[LOOP_BATCH];
    size_t batch_count;
    size_t batch_next; /* the first event that has not been handed on */
};

bool loop_open(struct loop *loop) __attribute__((warn_unused_result));
void loop_close(struct loop *loop);

/* False when the kernel refuses; errno says why. */
bool loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
    __attribute__((warn_unused_result));
bool loop_change(struct loop *loop, struct loop_source *source, uint32_t events)
    __attribute__((warn_unused_result));

/* Takes a source out. Events of this wait that it has not been told yet are dropped, so that it may
 * be freed by the function of another source. */
void loop_remove(struct loop *loop, struct loop_source *source);

/* Waits at most wait_ms (0: not at all) and calls the function of each source that is ready. False
 * when the set is unusable; a signal is no failure. */
bool loop_wait(struct loop *loop, int64_t wait_ms) __attribute__((warn_unused_result));

#endif
