/*
 * A job: one thing that is asked of a processor with effects.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/processor.h"

const char *
processor_task_name(enum processor_task task)
{
    static const char *const names[PROCESSOR_TASKS] = {
        [PROCESSOR_CHARGE] = "charge",
        [PROCESSOR_REFUND] = "refund",
        [PROCESSOR_FIND_PAYMENT] = "find",
        [PROCESSOR_FIND_REFUND] = "find",
        [PROCESSOR_CLOSE_PAYMENT] = "close",
        [PROCESSOR_CLOSE_REFUND] = "close",
        [PROCESSOR_CANCEL_PAYMENT] = "cancel",
        [PROCESSOR_FIND_NOTICED] = "find",
        [PROCESSOR_GIVE_BACK] = "give back",
        [PROCESSOR_CHECK] = "check",
        [PROCESSOR_LIST] = "list",
    };

    return names[task];
}

const char *
processor_result_name(enum processor_result result)
{
    static const char *const names[PROCESSOR_RESULTS] = {
        [PROCESSOR_SUCCEEDED] = "succeeded", [PROCESSOR_DECLINED] = "declined",
        [PROCESSOR_REFUSED] = "refused",     [PROCESSOR_NOT_SENT] = "not sent",
        [PROCESSOR_PENDING] = "pending",     [PROCESSOR_UNKNOWN] = "unknown",
        [PROCESSOR_NOT_FOUND] = "not found", [PROCESSOR_CLOSED] = "closed",
        [PROCESSOR_KEY_USED] = "key used",   [PROCESSOR_TOO_LATE] = "too late",
    };

    return names[result];
}

void
processor_job_init(struct processor_job *job, enum processor_task task,
                   const struct processor *processor, const struct payment *payment,
                   const struct refund *refund)
{
    *job = (struct processor_job){
        .task = task,
        .processor = processor,
        .payment = payment,
        .refund = refund,
        .outcome = {.result = PROCESSOR_UNKNOWN},
    };
}
