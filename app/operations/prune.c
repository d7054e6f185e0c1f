/*
 * Prune: delete what is old of events and of their way to webhook endpoints.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/prune.h"

#include <string.h>

#define STEP_PAUSE_MS 1000                       /* others want the database, too */
#define ROUND_PAUSE_MS (INT64_C(10) * 60 * 1000) /* what is old by days is not urgent */
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static int
days_of(const struct pruning *pruning)
{
    return pruning->table == PRUNE_EVENTS ? pruning->event_days : pruning->webhook_days;
}

/* One stretch of what is left. *is_last: it was the last one of a round. */
static bool
prune_next(const struct workshop *workshop, struct pruning *pruning, bool *is_last)
{
    bool table_ends = days_of(pruning) == 0;

    if (!table_ends && !pruning->is_begun) {
        memset(&pruning->after, 0, sizeof pruning->after);
        pruning->before = identifier_first_of(clock_wall_ms() - days_of(pruning) * DAY_MS);
        pruning->is_begun = true;
    }
    if (!table_ends &&
        prune_store_step(workshop->database, deadline_in_ms(workshop->request_ms), pruning->table,
                         &pruning->before, &pruning->after, &table_ends) != STORE_OK)
        return false;
    *is_last = false;
    if (table_ends) {
        *is_last = pruning->table == PRUNE_TABLES - 1;
        pruning->table = *is_last ? PRUNE_ATTEMPTS : pruning->table + 1;
        pruning->is_begun = false;
    }
    return true;
}

bool
prune_step(const struct workshop *workshop, struct pruning *pruning)
{
    int64_t now = clock_monotonic_ms();
    bool is_last;

    if (now < pruning->not_before)
        return true;
    pruning->not_before = now + STEP_PAUSE_MS;
    if (!prune_next(workshop, pruning, &is_last))
        return false;
    if (is_last)
        pruning->not_before = now + ROUND_PAUSE_MS;
    return true;
}

bool
prune_once(const struct workshop *workshop, struct pruning *pruning, struct deadline deadline)
{
    bool good = true, is_last = false;

    while (good && !is_last && deadline_left_ms(deadline) > 0)
        good = prune_next(workshop, pruning, &is_last);
    return good;
}
