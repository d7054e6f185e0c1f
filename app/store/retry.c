/*
 * Retry: what follows a try of a unit of work.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/retry.h"

#define PAUSE_FIRST_MS 5 /* doubled with each try, half of it random */
#define PAUSE_MAX_MS 320

/* A try that lost its connection, or found none. */
static enum retry_step
after_loss(struct retry_state *state, const struct try_outcome *outcome)
{
    bool first = !state->reconnecting;

    state->reconnecting = true;
    if (!outcome->connected && !state->in_doubt)
        return RETRY_END;
    /* The server may have closed an idle connection: the first reconnect need not wait. */
    return first && outcome->connected ? RETRY_AT_ONCE : RETRY_AFTER_PAUSE;
}

enum retry_step
retry_next(struct retry_state *state, const struct try_outcome *outcome, size_t hosts)
{
    state->tries++;
    state->in_doubt = state->in_doubt || outcome->sent;
    if (outcome->result == DATABASE_DONE || outcome->late || state->tries >= RETRY_TRIES_MAX)
        return RETRY_END;
    switch (outcome->result) {
    case DATABASE_CONFLICT:
    case DATABASE_DUPLICATE:
        return RETRY_AFTER_PAUSE;
    case DATABASE_LOCKED:
        state->lock_waits++;
        return state->lock_waits < RETRY_LOCK_WAITS_MAX ? RETRY_AFTER_PAUSE : RETRY_END;
    case DATABASE_REFUSED:
        state->refusals++;
        return state->refusals < hosts ? RETRY_NEXT_HOST : RETRY_END;
    case DATABASE_UNAVAILABLE:
        return after_loss(state, outcome);
    case DATABASE_DONE:
    case DATABASE_INVALID:
    case DATABASE_FAILED:
        break;
    }
    return RETRY_END;
}

int64_t
retry_pause_ms(int tries, unsigned random)
{
    int64_t pause = PAUSE_FIRST_MS;

    for (int i = 1; i < tries && pause < PAUSE_MAX_MS; i++)
        pause *= 2;
    return pause / 2 + (int64_t)(random % ((unsigned)pause / 2 + 1));
}
