/*
 * The children of the supervisor: who is there, and what is to be done next.
 *
 * SPDX-License-Identifier: MIT
 */
#include "children.h"

#define GRACE_MS 5000      /* beyond what the slowest request may take */
#define YOUNG_MS 1000      /* one that dies younger than this makes the next one wait */
#define PAUSE_FIRST_MS 100 /* doubled each time */
#define PAUSE_LONGEST_MS 5000

int64_t
children_limit_ms(const struct config *config)
{
    int calls = config->processors.count > 0 ? config->processor_timeout : 0;

    return (int64_t)(config->request_timeout + calls + config->database_timeout +
                     config->body_timeout) *
               1000 +
           GRACE_MS;
}

int64_t
children_pause_ms(int64_t pause_ms, int64_t lived_ms)
{
    if (lived_ms >= YOUNG_MS)
        return 0;
    if (pause_ms == 0)
        return PAUSE_FIRST_MS;
    return pause_ms * 2 < PAUSE_LONGEST_MS ? pause_ms * 2 : PAUSE_LONGEST_MS;
}

size_t
children_count(const struct child *children, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += children[i].state != CHILD_FREE;
    return found;
}

/* The children of one role, counted. */
struct tally {
    int serving;
    int begun;     /* of these, at work already */
    int outdated;  /* of these, with an older configuration */
    int ending;    /* no longer serving, and still there */
    size_t oldest; /* of those that serve: the oldest configuration, of these the oldest process */
};

static bool
is_older(const struct child *child, const struct child *other)
{
    return child->generation != other->generation ? child->generation < other->generation
                                                  : child->started_at < other->started_at;
}

static struct tally
tally_role(const struct child *children, size_t count, const struct target *target)
{
    struct tally tally = {.serving = 0};

    for (size_t i = 0; i < count; i++) {
        const struct child *child = &children[i];

        if (child->state == CHILD_FREE || child->role != target->role)
            continue;
        if (child->state != CHILD_SERVING) {
            tally.ending++;
            continue;
        }
        if (tally.serving == 0 || is_older(child, &children[tally.oldest]))
            tally.oldest = i;
        tally.serving++;
        tally.begun += child->beat_at != 0;
        tally.outdated += child->generation != target->generation;
    }
    return tally;
}

/* True when one more is to be started: one is missing, or a successor for one that is outdated. */
static bool
wants_more(const struct tally *tally, const struct target *target)
{
    if (tally->serving < target->wanted)
        return true;
    return tally->serving == target->wanted && tally->outdated > 0 && tally->ending == 0;
}

struct step
children_next(const struct child *children, size_t count, const struct target *target, int64_t now)
{
    struct tally tally = tally_role(children, count, target);

    if (wants_more(&tally, target))
        return (struct step){.kind = now >= target->spawn_at ? STEP_SPAWN : STEP_NONE};
    if (tally.begun > target->wanted && tally.ending == 0)
        return (struct step){.kind = STEP_RETIRE, .child = tally.oldest};
    return (struct step){.kind = STEP_NONE};
}

enum verdict
children_judge(const struct child *child, int64_t watched_since, int64_t limit_ms, int64_t now)
{
    int64_t seen = child->beat_at != 0 ? child->beat_at : child->started_at;

    if (seen < watched_since)
        seen = watched_since;
    switch (child->state) {
    case CHILD_SERVING:
        return now - seen > limit_ms ? VERDICT_STUCK : VERDICT_GOOD;
    case CHILD_RETIRING:
        return now >= child->end_by ? VERDICT_OVERDUE : VERDICT_GOOD;
    case CHILD_FREE:
    case CHILD_KILLED:
        break;
    }
    return VERDICT_GOOD;
}

int64_t
children_sleep_ms(const struct child *children, size_t count, const struct target *target,
                  int64_t now)
{
    struct tally tally = tally_role(children, count, target);
    int64_t sleep = CHILDREN_INTERVAL_MS;

    if (wants_more(&tally, target) && target->spawn_at - now < sleep)
        sleep = target->spawn_at - now;
    /* A successor has been started: the other one ends as soon as it has begun. */
    if (tally.serving > target->wanted && tally.ending == 0 && sleep > CHILDREN_POLL_MS)
        sleep = CHILDREN_POLL_MS;
    for (size_t i = 0; i < count; i++) {
        if (children[i].state == CHILD_RETIRING && children[i].end_by - now < sleep)
            sleep = children[i].end_by - now;
    }
    return sleep > 0 ? sleep : 0;
}
