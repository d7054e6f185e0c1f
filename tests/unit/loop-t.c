/*
 * The loop: who is ready is told so, and who was taken out is not, though the kernel has said it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "loop.h"

/* A pipe that is waited for. */
struct reader {
    struct loop_source source; /* first */
    int write_fd;
    struct loop *loop;
    struct reader *victim; /* taken out by the function of this one; NULL for none */
    int calls;
    uint32_t events;
};

static void
ready(struct loop_source *source, uint32_t events)
{
    struct reader *reader = (struct reader *)source;

    reader->calls++;
    reader->events = events;
    if (reader->victim != NULL)
        loop_remove(reader->loop, &reader->victim->source);
}

static void
open_reader(struct reader *reader, struct loop *loop)
{
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    *reader =
        (struct reader){.source = {.fd = fds[0], .ready = ready}, .write_fd = fds[1], .loop = loop};
    assert_true(loop_add(loop, &reader->source, EPOLLIN));
}

static void
close_reader(struct reader *reader)
{
    close(reader->source.fd);
    close(reader->write_fd);
}

static void
only_the_ready_one_is_told(void **state)
{
    struct loop loop;
    struct reader a, b;

    (void)state;
    assert_true(loop_open(&loop));
    open_reader(&a, &loop);
    open_reader(&b, &loop);
    assert_true(loop_wait(&loop, 0));
    assert_int_equal(a.calls + b.calls, 0);
    assert_int_equal(write(b.write_fd, "x", 1), 1);
    assert_true(loop_wait(&loop, 5000));
    assert_int_equal(a.calls, 0);
    assert_int_equal(b.calls, 1);
    assert_int_equal(b.events, EPOLLIN);
    close(a.write_fd);
    a.write_fd = -1;
    assert_true(loop_wait(&loop, 5000)); /* what was not read comes again, and the end of a pipe */
    assert_int_equal(a.events, EPOLLHUP);
    assert_int_equal(b.calls, 2);
    close_reader(&a);
    close_reader(&b);
    loop_close(&loop);
    assert_int_equal(loop.epoll_fd, -1);
}

static void
one_that_another_takes_out_is_not_told(void **state)
{
    struct loop loop;
    struct reader a, b;

    (void)state;
    assert_true(loop_open(&loop));
    open_reader(&a, &loop);
    open_reader(&b, &loop);
    a.victim = &b;
    b.victim = &a;
    assert_int_equal(write(a.write_fd, "x", 1), 1);
    assert_int_equal(write(b.write_fd, "x", 1), 1);
    assert_true(loop_wait(&loop, 5000)); /* both are in this batch */
    assert_int_equal(loop.batch_count, 2);
    assert_int_equal(a.calls + b.calls, 1);
    assert_true(loop_wait(&loop, 0));
    assert_int_equal(a.calls + b.calls, 2);
    assert_true(a.calls == 0 || b.calls == 0);
    close_reader(&a);
    close_reader(&b);
    loop_close(&loop);
}

static void
one_that_takes_itself_out_is_told_no_more(void **state)
{
    struct loop loop;
    struct reader a;

    (void)state;
    assert_true(loop_open(&loop));
    open_reader(&a, &loop);
    a.victim = &a;
    assert_int_equal(write(a.write_fd, "x", 1), 1);
    assert_true(loop_wait(&loop, 5000));
    assert_true(loop_wait(&loop, 0));
    assert_int_equal(a.calls, 1);
    a.victim = NULL;
    assert_true(loop_add(&loop, &a.source, EPOLLIN));
    assert_true(loop_wait(&loop, 5000));
    assert_int_equal(a.calls, 2);
    close_reader(&a);
    loop_close(&loop);
}

static void
what_is_waited_for_can_change(void **state)
{
    struct loop loop;
    struct reader a;

    (void)state;
    assert_true(loop_open(&loop));
    open_reader(&a, &loop);
    assert_int_equal(write(a.write_fd, "x", 1), 1);
    assert_true(loop_change(&loop, &a.source, EPOLLOUT));
    assert_true(loop_wait(&loop, 0));
    assert_int_equal(a.calls, 0);
    assert_true(loop_change(&loop, &a.source, EPOLLIN));
    assert_true(loop_wait(&loop, 5000));
    assert_int_equal(a.calls, 1);
    loop_remove(&loop, &a.source);
    assert_false(loop_change(&loop, &a.source, EPOLLIN));
    close_reader(&a);
    loop_close(&loop);
}

/* More are ready than one wait takes: the others come with the next ones. */
static void
more_than_a_batch(void **state)
{
    static struct reader readers[LOOP_BATCH + 10];
    struct loop loop;

    (void)state;
    assert_true(loop_open(&loop));
    for (size_t i = 0; i < COUNT(readers); i++) {
        open_reader(&readers[i], &loop);
        assert_int_equal(write(readers[i].write_fd, "x", 1), 1);
    }
    assert_true(loop_wait(&loop, 5000));
    assert_int_equal(loop.batch_count, LOOP_BATCH);
    assert_true(loop_wait(&loop, 5000));
    for (size_t i = 0; i < COUNT(readers); i++) {
        assert_true(readers[i].calls > 0);
        close_reader(&readers[i]);
    }
    loop_close(&loop);
}

static volatile sig_atomic_t alarms;

static void
note_alarm(int number)
{
    (void)number;
    alarms++;
}

static void
a_signal_is_no_failure_and_an_unusable_set_is(void **state)
{
    const struct itimerval often = {.it_interval = {.tv_usec = 20000},
                                    .it_value = {.tv_usec = 20000}};
    const struct itimerval never = {.it_interval = {.tv_usec = 0}};
    struct sigaction action = {.sa_handler = note_alarm};
    int64_t before = clock_monotonic_ms();
    struct loop loop;

    (void)state;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_true(loop_open(&loop));
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    assert_true(loop_wait(&loop, 20000));
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_true(alarms > 0);
    assert_true(clock_monotonic_ms() - before < 20000);
    loop_close(&loop);
    assert_false(loop_wait(&loop, 0));
    loop_close(&loop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_ready_one_is_told),
        cmocka_unit_test(one_that_another_takes_out_is_not_told),
        cmocka_unit_test(one_that_takes_itself_out_is_told_no_more),
        cmocka_unit_test(what_is_waited_for_can_change),
        cmocka_unit_test(more_than_a_batch),
        cmocka_unit_test(a_signal_is_no_failure_and_an_unusable_set_is),
    };

    return RUN(tests);
}
