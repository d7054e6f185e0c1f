/*
 * Time: the wall clock for records, the monotonic clock for deadlines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t
now_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_wall_ms(void)
{
    return now_ms(CLOCK_REALTIME);
}

int64_t
clock_monotonic_ms(void)
{
    return now_ms(CLOCK_MONOTONIC);
}

int64_t
clock_monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
clock_format(int64_t unix_ms, char text[CLOCK_TEXT_SIZE])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void
clock_sleep_ms(int64_t ms)
{
    struct timespec rest = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        ;
}

struct deadline
deadline_in_ms(int64_t ms)
{
    return (struct deadline){.at = clock_monotonic_ms() + ms};
}

struct deadline
deadline_earlier(struct deadline a, struct deadline b)
{
    return a.at < b.at ? a : b;
}

int64_t
deadline_left_ms(struct deadline deadline)
{
    int64_t left = deadline.at - clock_monotonic_ms();

    return left > 0 ? left : 0;
}
