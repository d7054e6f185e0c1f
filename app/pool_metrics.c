/*
 * Pool metrics: what the parent of the pool tells of its children.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pool_metrics.h"

void
pool_metrics_note_processors(struct metrics *metrics, const struct config *config)
{
    const struct processor_configs *processors = &config->processors;

    for (size_t i = 0; i < processors->count; i++)
        metrics_note_processor(metrics, processors->list[i].name);
}

void
pool_metrics_show(struct metrics *metrics, const struct child *children, size_t count,
                  const struct target *target)
{
    struct metrics_role *shown = &metrics->roles[target->role];
    uint64_t serving = 0, others = 0;

    for (size_t i = 0; i < count; i++) {
        if (children[i].state == CHILD_FREE || children[i].role != target->role)
            continue;
        if (children[i].state == CHILD_SERVING)
            serving++;
        else
            others++;
    }
    metrics_set(&shown->serving, serving);
    metrics_set(&shown->ending, others);
    metrics_set(&shown->wanted, (uint64_t)target->wanted);
}
