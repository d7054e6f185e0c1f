/*
 * An attempt: one thing that a processor was asked about a payment or refund, and what came.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/attempt.h"

#define FIRST_MS 5000 /* behind the end of the request: its worker may still be at it */
#define SHORTEST_MS 5000
#define LONGEST_MS ((int64_t)3600 * 1000)

int64_t
attempt_first_look_at(int64_t due_at)
{
    return due_at != 0 ? due_at + FIRST_MS : 0;
}

int64_t
attempt_next_look_at(int64_t created_at, int64_t now)
{
    int64_t pause = (now - created_at) / 4;

    if (pause < SHORTEST_MS)
        pause = SHORTEST_MS;
    return now + (pause < LONGEST_MS ? pause : LONGEST_MS);
}
