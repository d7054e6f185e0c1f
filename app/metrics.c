/*
 * Metrics: what the processes of a pool count, in memory that they share.
 *
 * SPDX-License-Identifier: MIT
 */
#include "metrics.h"

#include <string.h>
#include <sys/mman.h>

#include "clock.h"

const struct metrics_scale metrics_times = {
    .count = 15,
    .bounds = {500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
               5000000, 10000000, 25000000},
};

const struct metrics_scale metrics_sizes = {.count = 7, .bounds = {1, 2, 4, 8, 16, 32, 64}};

const int metrics_ages[METRICS_AGES - 1] = {60, 900, 3600, 86400};

static const int statuses[METRICS_STATUSES - 1] = {200, 201, 204, 308, 400, 401, 402, 403,
                                                   404, 405, 409, 413, 415, 422, 500, 503};

static size_t
size_of(size_t slots)
{
    return sizeof(struct metrics) + slots * sizeof(struct metrics_slot);
}

struct metrics *
metrics_map(size_t slots)
{
    void *memory = mmap(NULL, size_of(slots), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct metrics *metrics = memory;

    if (memory == MAP_FAILED)
        return NULL;
    metrics->started_at = clock_wall_ms();
    metrics->slot_count = slots;
    return metrics;
}

void
metrics_unmap(struct metrics *metrics)
{
    if (metrics != NULL)
        munmap(metrics, size_of(metrics->slot_count));
}

void
metrics_clear_gauges(struct metrics_slot *slot)
{
    struct metrics_gauges *gauges = &slot->gauges;

    metrics_set(&gauges->in_hand, 0);
    metrics_set(&gauges->in_hand_max, 0);
    metrics_set(&gauges->calling, 0);
    metrics_set(&gauges->connected, 0);
}

void
metrics_forget_unresolved(struct metrics *metrics)
{
    size_t used = metrics_get(&metrics->used);

    for (size_t i = 0; i < used; i++)
        metrics_set(&metrics->slots[i].gauges.counted_at, 0);
}

void
metrics_forget_deliveries(struct metrics *metrics)
{
    size_t used = metrics_get(&metrics->used);

    for (size_t i = 0; i < used; i++)
        metrics_set(&metrics->slots[i].gauges.deliveries_counted_at, 0);
}

struct metrics_place
metrics_take_slot(struct metrics *metrics, size_t number)
{
    struct metrics_slot *slot = &metrics->slots[number];

    metrics_clear_gauges(slot);
    if (metrics_get(&metrics->used) <= number)
        metrics_set(&metrics->used, number + 1);
    return (struct metrics_place){.all = metrics, .slot = slot};
}

/* Pairs with the release below: whoever sees the count sees the names. */
static size_t
processor_count(const struct metrics *metrics)
{
    return atomic_load_explicit(&metrics->processor_count, memory_order_acquire);
}

const char *
metrics_processor_name(const struct metrics *metrics, size_t number)
{
    if (number == METRICS_PROCESSORS - 1)
        return "(other)";
    return number < processor_count(metrics) ? metrics->processors[number] : NULL;
}

size_t
metrics_processor(const struct metrics *metrics, const char *name)
{
    size_t count = processor_count(metrics);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(metrics->processors[i], name) == 0)
            return i;
    }
    return METRICS_PROCESSORS - 1;
}

void
metrics_note_processor(struct metrics *metrics, const char *name)
{
    size_t count = metrics_get(&metrics->processor_count);

    if (metrics_processor(metrics, name) < count || count == METRICS_PROCESSORS - 1 ||
        strlen(name) >= METRICS_NAME_SIZE)
        return;
    strcpy(metrics->processors[count], name);
    atomic_store_explicit(&metrics->processor_count, count + 1, memory_order_release);
}

void
metrics_observe(struct metrics_histogram *histogram, const struct metrics_scale *scale,
                uint64_t value)
{
    size_t bucket = 0;

    while (bucket < scale->count && value > scale->bounds[bucket])
        bucket++;
    metrics_add(&histogram->buckets[bucket], 1);
    metrics_add(&histogram->sum, value);
}

void
metrics_request(struct metrics_slot *slot, size_t route, enum metrics_method method, int status,
                uint64_t us)
{
    size_t column = 0;

    while (column < METRICS_STATUSES - 1 && statuses[column] != status)
        column++;
    metrics_add(&slot->requests[route][method][column], 1);
    metrics_observe(&slot->latency[route][method], &metrics_times, us);
}

int
metrics_status(size_t column)
{
    return column < METRICS_STATUSES - 1 ? statuses[column] : 0;
}
