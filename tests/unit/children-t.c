/*
 * The children of the supervisor: when the next is started, who ends, who is killed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "children.h"

#define NOW 100000
#define LIMIT 23000

static const struct child old_one = {
    .state = CHILD_SERVING, .pid = 1, .generation = 0, .started_at = 10, .beat_at = NOW - 5};
static const struct child new_one = {
    .state = CHILD_SERVING, .pid = 2, .generation = 1, .started_at = 20, .beat_at = NOW - 5};
static const struct child starting = {
    .state = CHILD_SERVING, .pid = 3, .generation = 1, .started_at = NOW - 1};
static const struct child retiring = {.state = CHILD_RETIRING,
                                      .pid = 4,
                                      .generation = 0,
                                      .started_at = 5,
                                      .beat_at = NOW - 5,
                                      .end_by = NOW + 500};
static const struct child other_role = {.state = CHILD_SERVING,
                                        .pid = 5,
                                        .role = 1,
                                        .generation = 0,
                                        .started_at = 10,
                                        .beat_at = NOW - 5};
static const struct child nobody = {.state = CHILD_FREE};

/* What is wanted after a reload. */
static struct target
want(int count)
{
    return (struct target){.wanted = count, .generation = 1};
}

static void
starts_what_is_missing(void **state)
{
    const struct child children[] = {nobody, new_one, other_role, nobody};
    struct target target = want(2);

    (void)state;
    assert_int_equal(children_next(children, 4, &target, NOW).kind, STEP_SPAWN);
    target.wanted = 1;
    assert_int_equal(children_next(children, 4, &target, NOW).kind, STEP_NONE);
}

static void
starts_none_during_a_pause(void **state)
{
    const struct child children[] = {nobody};
    struct target target = want(1);

    (void)state;
    target.spawn_at = NOW + 100;
    assert_int_equal(children_next(children, 1, &target, NOW).kind, STEP_NONE);
    assert_int_equal(children_sleep_ms(children, 1, &target, NOW), 100);
    assert_int_equal(children_next(children, 1, &target, NOW + 100).kind, STEP_SPAWN);
}

static void
an_outdated_one_ends_after_its_successor_has_begun(void **state)
{
    struct child children[] = {new_one, old_one, nobody};
    struct target target = want(2);
    struct step step;

    (void)state;
    assert_int_equal(children_next(children, 3, &target, NOW).kind, STEP_SPAWN);
    children[2] = starting;
    assert_int_equal(children_next(children, 3, &target, NOW).kind, STEP_NONE);
    assert_int_equal(children_sleep_ms(children, 3, &target, NOW), CHILDREN_POLL_MS);
    children[2].beat_at = NOW;
    step = children_next(children, 3, &target, NOW);
    assert_int_equal(step.kind, STEP_RETIRE);
    assert_int_equal(step.child, 1);
}

static void
one_ends_at_a_time(void **state)
{
    const struct child children[] = {new_one, old_one, retiring};
    struct target target = want(2);

    (void)state;
    assert_int_equal(children_next(children, 3, &target, NOW).kind, STEP_NONE);
    target.wanted = 1;
    assert_int_equal(children_next(children, 3, &target, NOW).kind, STEP_NONE);
}

static void
a_successor_that_dies_leaves_the_others_at_work(void **state)
{
    const struct child children[] = {old_one, old_one, nobody};
    struct target target = want(2);

    (void)state;
    target.spawn_at = NOW + 5000;
    assert_int_equal(children_next(children, 3, &target, NOW).kind, STEP_NONE);
}

static void
fewer_are_wanted(void **state)
{
    struct child children[] = {old_one, old_one, other_role};
    struct target target = want(1);
    struct step step;

    (void)state;
    children[0].started_at = 20;
    step = children_next(children, 3, &target, NOW);
    assert_int_equal(step.kind, STEP_RETIRE);
    assert_int_equal(step.child, 1); /* the older process */
    children[1] = new_one;
    step = children_next(children, 3, &target, NOW);
    assert_int_equal(step.kind, STEP_RETIRE);
    assert_int_equal(step.child, 0); /* the older configuration */
    children[0] = nobody;
    assert_int_equal(children_next(children, 3, &target, NOW).kind, STEP_NONE);
}

static void
pauses_grow_while_they_die_young(void **state)
{
    static const int64_t pauses[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
    int64_t pause = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(pauses); i++) {
        pause = children_pause_ms(pause, 999);
        assert_int_equal(pause, pauses[i]);
    }
    assert_int_equal(children_pause_ms(pause, 1000), 0);
}

static void
the_limit_is_the_sum_of_what_a_request_may_take(void **state)
{
    struct config config = {.request_timeout = 10,
                            .processor_timeout = 15,
                            .database_timeout = 3,
                            .body_timeout = 5,
                            .workers = 4};

    (void)state;
    assert_int_equal(children_limit_ms(&config), LIMIT);
    config.processors.count = 1; /* now one may wait for a processor */
    assert_int_equal(children_limit_ms(&config), LIMIT + 15000);
}

static void
who_shows_no_life_is_stuck(void **state)
{
    struct child child = old_one;

    (void)state;
    child.beat_at = NOW - LIMIT;
    assert_int_equal(children_judge(&child, 0, LIMIT, NOW), VERDICT_GOOD);
    child.beat_at = NOW - LIMIT - 1;
    assert_int_equal(children_judge(&child, 0, LIMIT, NOW), VERDICT_STUCK);
    child = starting;
    assert_int_equal(children_judge(&child, 0, LIMIT, NOW), VERDICT_GOOD);
    child.started_at = NOW - LIMIT - 1;
    assert_int_equal(children_judge(&child, 0, LIMIT, NOW), VERDICT_STUCK);
}

static void
nobody_is_blamed_for_a_time_when_none_looked(void **state)
{
    struct child child = old_one;

    (void)state;
    child.beat_at = NOW - 2 * LIMIT;
    assert_int_equal(children_judge(&child, NOW, LIMIT, NOW), VERDICT_GOOD);
    assert_int_equal(children_judge(&child, NOW, LIMIT, NOW + LIMIT + 1), VERDICT_STUCK);
}

static void
who_was_asked_to_end_has_until_then(void **state)
{
    struct child child = retiring;

    (void)state;
    child.beat_at = NOW - 2 * LIMIT; /* it ends: its loop may be over */
    assert_int_equal(children_judge(&child, 0, LIMIT, child.end_by - 1), VERDICT_GOOD);
    assert_int_equal(children_judge(&child, 0, LIMIT, child.end_by), VERDICT_OVERDUE);
    child.state = CHILD_KILLED;
    assert_int_equal(children_judge(&child, 0, LIMIT, child.end_by + 9), VERDICT_GOOD);
}

static void
sleeps_until_something_is_due(void **state)
{
    const struct child children[] = {new_one, retiring};
    struct target target = want(1);

    (void)state;
    assert_int_equal(children_sleep_ms(children, 1, &target, NOW), CHILDREN_INTERVAL_MS);
    assert_int_equal(children_sleep_ms(children, 2, &target, NOW), 500);
    assert_int_equal(children_sleep_ms(children, 2, &target, NOW + 600), 0);
}

static void
counts_all_that_are_there(void **state)
{
    const struct child children[] = {new_one, nobody, retiring, other_role};

    (void)state;
    assert_int_equal(children_count(children, 4), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_what_is_missing),
        cmocka_unit_test(starts_none_during_a_pause),
        cmocka_unit_test(an_outdated_one_ends_after_its_successor_has_begun),
        cmocka_unit_test(one_ends_at_a_time),
        cmocka_unit_test(a_successor_that_dies_leaves_the_others_at_work),
        cmocka_unit_test(fewer_are_wanted),
        cmocka_unit_test(pauses_grow_while_they_die_young),
        cmocka_unit_test(the_limit_is_the_sum_of_what_a_request_may_take),
        cmocka_unit_test(who_shows_no_life_is_stuck),
        cmocka_unit_test(nobody_is_blamed_for_a_time_when_none_looked),
        cmocka_unit_test(who_was_asked_to_end_has_until_then),
        cmocka_unit_test(sleeps_until_something_is_due),
        cmocka_unit_test(counts_all_that_are_there),
    };

    return RUN(tests);
}
