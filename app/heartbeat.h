/*
 * Signs of life: a page that children share with their parent, which sees in it who stands still.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HEARTBEAT_H
#define PAYMENT_API_HEARTBEAT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* One child's: when it last came round its loop. */
struct heartbeat {
    _Atomic int64_t at; /* monotonic milliseconds */
};

/* So long a child may sleep when it has nothing to do; then it must show that it lives. */
#define HEARTBEAT_INTERVAL_MS 1000

/* Memory that is the same one after a fork, all zero; NULL without memory. */
struct heartbeat *heartbeat_map(size_t count) __attribute__((warn_unused_result));

/* Takes NULL. */
void heartbeat_unmap(struct heartbeat *heartbeats, size_t count);

/* Shows that this process has come round; NULL: nobody looks. */
void heartbeat_beat(struct heartbeat *heartbeat);

/* As it was when it was mapped: 0. */
void heartbeat_clear(struct heartbeat *heartbeat);

int64_t heartbeat_last(const struct heartbeat *heartbeat);

#endif
