/*
 * Signs of life: a page that children share with their parent, which sees in it who stands still.
 *
 * SPDX-License-Identifier: MIT
 */
#include "heartbeat.h"

#include <sys/mman.h>

#include "clock.h"

struct heartbeat *
heartbeat_map(size_t count)
{
    void *page = mmap(NULL, count * sizeof(struct heartbeat), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return page != MAP_FAILED ? page : NULL;
}

void
heartbeat_unmap(struct heartbeat *heartbeats, size_t count)
{
    if (heartbeats != NULL)
        munmap(heartbeats, count * sizeof *heartbeats);
}

void
heartbeat_beat(struct heartbeat *heartbeat)
{
    if (heartbeat != NULL)
        atomic_store_explicit(&heartbeat->at, clock_monotonic_ms(), memory_order_relaxed);
}

void
heartbeat_clear(struct heartbeat *heartbeat)
{
    atomic_store_explicit(&heartbeat->at, 0, memory_order_relaxed);
}

int64_t
heartbeat_last(const struct heartbeat *heartbeat)
{
    return atomic_load_explicit(&heartbeat->at, memory_order_relaxed);
}
