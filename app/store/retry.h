/*
 * Retry: what follows a try of a unit of work. Decisions only, without a server or a clock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_RETRY_H
#define PAYMENT_API_STORE_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/result.h"

#define RETRY_TRIES_MAX 50     /* of one unit of work */
#define RETRY_LOCK_WAITS_MAX 2 /* of those, how many may end in a lock wait timeout */

/* What became of one try. */
struct try_outcome {
    enum database_result result;
    bool connected; /* it had a connection to work with */
    bool sent;      /* something was sent whose outcome is not known */
    bool late;      /* it ended because the deadline leaves no time */
};

/* The tries of one unit of work so far; zeroed at first. */
struct retry_state {
    int tries;
    int lock_waits;
    size_t refusals;   /* servers that would not begin, one after the other */
    bool in_doubt;     /* an earlier try may have gone through */
    bool reconnecting; /* the last try lost its connection */
};

enum retry_step {
    RETRY_END,         /* that was it: tell the result */
    RETRY_AT_ONCE,     /* on the same server */
    RETRY_AFTER_PAUSE, /* on the same server, or the next one, where the connection was lost */
    RETRY_NEXT_HOST,   /* at once, on the next server of the list */
};

/*
 * Takes note of a try and says what follows; hosts is how many servers there are (at least 1).
 *
 * What proves that nothing ran is asked of each server once. What is in doubt is tried again until
 * the deadline, under the same ids. A connection that cannot be made ends the work when nothing is
 * in doubt, and always when it failed for good (a wrong password).
 */
enum retry_step retry_next(struct retry_state *state, const struct try_outcome *outcome,
                           size_t hosts) __attribute__((warn_unused_result));

/* Milliseconds of the pause after so many tries; random is any number, for the jitter. */
int64_t retry_pause_ms(int tries, unsigned random);

#endif
