/*
 * An operation: something that is done with money, whoever asks for it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/operation.h"

int64_t
operation_due_at(const struct workshop *workshop, int64_t created_at)
{
    return created_at + workshop->request_ms + workshop->call_ms;
}

struct deadline
operation_call_deadline(const struct workshop *workshop, int64_t due_at)
{
    int64_t left_ms = due_at - clock_wall_ms();

    return deadline_in_ms(left_ms < workshop->call_ms ? left_ms : workshop->call_ms);
}

bool
operation_is_at_work(int64_t due_at)
{
    return due_at == 0 || clock_wall_ms() < due_at;
}

void
operation_tell(const struct workshop *workshop, const struct call *call, const char *what)
{
    const struct processor_outcome *outcome = &call->job.outcome;

    if (outcome->result != PROCESSOR_REFUSED)
        return;
    log_write(workshop->log, LOG_LEVEL_ERROR, "processor %s refuses our request for a %s: %s",
              call->job.processor->name, what, outcome->detail);
}

enum operation_outcome
operation_outcome_of(enum store_result result)
{
    switch (result) {
    case STORE_OK:
        return OPERATION_DONE;
    case STORE_EXISTS:
        return OPERATION_REPLAYED;
    case STORE_NOT_FOUND:
        return OPERATION_NOT_FOUND;
    case STORE_REFUSED:
        return OPERATION_INVALID_AMOUNT;
    case STORE_LOCKED:
        return OPERATION_IN_PROGRESS;
    case STORE_UNAVAILABLE:
        return OPERATION_UNAVAILABLE;
    case STORE_PENDING:
    case STORE_FAILED:
        break;
    }
    return OPERATION_FAILED;
}
