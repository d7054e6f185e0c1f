/*
 * A job: one thing that is asked of a processor with effects.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/processor.h"

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
