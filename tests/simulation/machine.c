/*
 * The machine, in place of the kernel and of libcrypto: the loop's waiting, clocks, random bytes,
 * signals, the listening socket, the log.
 *
 * SPDX-License-Identifier: MIT
 */
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "end_signals.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "world.h"

bool
loop_open(struct loop *loop)
{
    loop->epoll_fd = -1;
    return true;
}

void
loop_close(struct loop *loop)
{
    (void)loop;
}

bool
loop_wait(struct loop *loop, int64_t wait_ms)
{
    (void)loop;
    world_sleep(world_now() + world_idle(wait_ms));
    return true;
}

bool
end_signals_open(struct end_signals *signals, struct loop *loop)
{
    (void)loop;
    signals->number = 0;
    return true;
}

void
end_signals_close(struct end_signals *signals)
{
    (void)signals;
}

void
end_signals_hold(void)
{
}

bool
listener_is_orphaned(const struct listener *listener)
{
    (void)listener;
    return false;
}

bool
listener_is_taken_over(const struct listener *listener)
{
    (void)listener;
    return false;
}

void
listener_withdraw(const struct listener *listener)
{
    (void)listener;
}

/* In place of the C library's: app/clock.c is the real one. */
int
clock_gettime(clockid_t clock, struct timespec *time)
{
    int64_t now = clock == CLOCK_REALTIME ? world_wall() : world_now();

    time->tv_sec = (time_t)(now / 1000);
    time->tv_nsec = (long)(now % 1000) * 1000000;
    return 0;
}

int
nanosleep(const struct timespec *time, struct timespec *rest)
{
    (void)rest;
    world_sleep(world_now() + (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000);
    return 0;
}

pid_t
getpid(void)
{
    return world_current() != NULL ? process_number(world_current()) : 1;
}

int
RAND_bytes(unsigned char *bytes, int size)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (unsigned char)chance_below(256);
    return 1;
}

bool
log_is_wanted(const struct log *log, enum log_level level)
{
    (void)log;
    return level <= LOG_LEVEL_WARNING;
}

void
log_event(const struct log *log, enum log_level level, const char *event,
          const struct log_field *fields, size_t count)
{
    (void)log;
    (void)level;
    (void)event;
    (void)fields;
    (void)count;
}

void
log_write(const struct log *log, enum log_level level, const char *format, ...)
{
    char text[512];
    va_list arguments;

    (void)log;
    if (level > LOG_LEVEL_WARNING)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    story("log: %s", text);
}
