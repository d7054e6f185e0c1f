/*
 * Asking: payment-admin's own calls to processors.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/asking.h"

#define WAIT_MS 1000

bool
asking_open(struct asking *asking, const struct admin *admin)
{
    *asking = (struct asking){.loop = {.epoll_fd = -1},
                              .call_ms = (int64_t)admin->config.processor_timeout * 1000};
    if (loop_open(&asking->loop))
        asking->caller =
            caller_new(&asking->loop, &admin->log, 1, (struct metrics_place){.all = NULL});
    return asking->caller != NULL;
}

void
asking_close(struct asking *asking)
{
    caller_free(asking->caller);
    loop_close(&asking->loop);
}

bool
asking_carry_out(struct asking *asking)
{
    struct call *call = &asking->call;

    *call = (struct call){.job = call->job, .deadline = deadline_in_ms(asking->call_ms)};
    caller_start(asking->caller, call);
    while (caller_next_ended(asking->caller) == NULL) {
        int64_t wait_ms = caller_tick(asking->caller);

        if (!loop_wait(&asking->loop, wait_ms >= 0 && wait_ms < WAIT_MS ? wait_ms : WAIT_MS))
            return false;
        caller_tick(asking->caller);
    }
    return true;
}
