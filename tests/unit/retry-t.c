/*
 * Retry: what follows each way in which a try of a unit of work can end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "store/retry.h"

static const struct try_outcome done = {.result = DATABASE_DONE, .connected = true};
static const struct try_outcome conflict = {.result = DATABASE_CONFLICT, .connected = true};
static const struct try_outcome locked = {.result = DATABASE_LOCKED, .connected = true};
static const struct try_outcome refused = {.result = DATABASE_REFUSED, .connected = true};
static const struct try_outcome invalid = {.result = DATABASE_INVALID, .connected = true};
static const struct try_outcome fault = {.result = DATABASE_FAILED, .connected = true};
static const struct try_outcome lost = {
    .result = DATABASE_UNAVAILABLE, .connected = true, .sent = true};
static const struct try_outcome unreachable = {.result = DATABASE_UNAVAILABLE};
static const struct try_outcome no_time = {
    .result = DATABASE_UNAVAILABLE, .connected = true, .sent = true, .late = true};

static void
ends_with_an_answer(void **state)
{
    struct retry_state retry = {.tries = 0};

    (void)state;
    assert_int_equal(retry_next(&retry, &done, 1), RETRY_END);
    assert_int_equal(retry_next(&retry, &invalid, 1), RETRY_END);
    assert_int_equal(retry_next(&retry, &fault, 1), RETRY_END);
}

static void
a_conflict_is_tried_again(void **state)
{
    struct retry_state retry = {.tries = 0};

    (void)state;
    for (int i = 1; i < RETRY_TRIES_MAX; i++)
        assert_int_equal(retry_next(&retry, &conflict, 1), RETRY_AFTER_PAUSE);
    assert_int_equal(retry_next(&retry, &conflict, 1), RETRY_END);
    assert_false(retry.in_doubt);
}

static void
a_lock_is_waited_for_twice(void **state)
{
    struct retry_state retry = {.tries = 0};

    (void)state;
    assert_int_equal(retry_next(&retry, &locked, 1), RETRY_AFTER_PAUSE);
    assert_int_equal(retry_next(&retry, &locked, 1), RETRY_END);
}

/* Read only, too many connections: nothing ran, so nothing is in doubt. */
static void
each_server_refuses_once(void **state)
{
    struct retry_state alone = {.tries = 0}, three = {.tries = 0};

    (void)state;
    assert_int_equal(retry_next(&alone, &refused, 1), RETRY_END);
    assert_int_equal(retry_next(&three, &refused, 3), RETRY_NEXT_HOST);
    assert_int_equal(retry_next(&three, &refused, 3), RETRY_NEXT_HOST);
    assert_int_equal(retry_next(&three, &refused, 3), RETRY_END);
    assert_false(three.in_doubt);
}

static void
doubt_is_resolved(void **state)
{
    struct retry_state retry = {.tries = 0};

    (void)state;
    assert_int_equal(retry_next(&retry, &lost, 1), RETRY_AT_ONCE);
    assert_true(retry.in_doubt);
    /* The server is away: what was sent may have happened, so it is asked until the deadline. */
    for (int i = 0; i < 10; i++)
        assert_int_equal(retry_next(&retry, &unreachable, 1), RETRY_AFTER_PAUSE);
    assert_int_equal(retry_next(&retry, &no_time, 1), RETRY_END);
}

static void
no_connection_is_no_doubt(void **state)
{
    struct retry_state retry = {.tries = 0};

    (void)state;
    assert_int_equal(retry_next(&retry, &unreachable, 3), RETRY_END);
    assert_false(retry.in_doubt);
}

static void
a_wrong_password_ends_the_work(void **state)
{
    static const struct try_outcome wrong = {.result = DATABASE_FAILED};
    struct retry_state retry = {.in_doubt = true};

    (void)state;
    assert_int_equal(retry_next(&retry, &wrong, 3), RETRY_END);
}

static void
pauses_grow_and_differ(void **state)
{
    (void)state;
    assert_int_equal(retry_pause_ms(1, 0), 2);
    assert_int_equal(retry_pause_ms(1, 2), 4);
    assert_int_equal(retry_pause_ms(3, 0), 10);
    for (unsigned random = 0; random < 1000; random++)
        assert_in_range(retry_pause_ms(40, random), 160, 320);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_with_an_answer),
        cmocka_unit_test(a_conflict_is_tried_again),
        cmocka_unit_test(a_lock_is_waited_for_twice),
        cmocka_unit_test(each_server_refuses_once),
        cmocka_unit_test(doubt_is_resolved),
        cmocka_unit_test(no_connection_is_no_doubt),
        cmocka_unit_test(a_wrong_password_ends_the_work),
        cmocka_unit_test(pauses_grow_and_differ),
    };

    return RUN(tests);
}
