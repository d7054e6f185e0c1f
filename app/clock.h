/*
 * Time: the wall clock for records, the monotonic clock for deadlines.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_CLOCK_H
#define PAYMENT_API_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 21 /* "2024-06-10T12:00:00Z" and the final NUL */

/* Unix time in milliseconds. */
int64_t clock_wall_ms(void);

/* Milliseconds of a clock that never goes back. */
int64_t clock_monotonic_ms(void);

/* Microseconds of the same clock. */
int64_t clock_monotonic_us(void);

/* Writes Unix milliseconds as RFC 3339 UTC, cut to the second. */
void clock_format(int64_t unix_ms, char text[CLOCK_TEXT_SIZE]);

void clock_sleep_ms(int64_t ms);

/* The moment by which something must be over. */
struct deadline {
    int64_t at; /* monotonic milliseconds */
};

struct deadline deadline_in_ms(int64_t ms);

/* The one of the two that comes first. */
struct deadline deadline_earlier(struct deadline a, struct deadline b);

/* Milliseconds left, 0 when it has passed. */
int64_t deadline_left_ms(struct deadline deadline);

#endif
