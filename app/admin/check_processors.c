/*
 * payment-admin check: the accounts with processors. It asks each what it is, and moves nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/check_processors.h"

#include <stdio.h>
#include <stdlib.h>

#include "loop.h"
#include "processor/caller.h"
#include "processor/selection.h"

#define WAIT_MS 1000

/* One call, until it has ended. False when the loop cannot go on. */
static bool
carry_out(struct loop *loop, struct caller *caller, struct call *call)
{
    caller_start(caller, call);
    while (caller_next_ended(caller) == NULL) {
        int64_t wait_ms = caller_tick(caller);

        if (!loop_wait(loop, wait_ms >= 0 && wait_ms < WAIT_MS ? wait_ms : WAIT_MS))
            return false;
        caller_tick(caller);
    }
    return true;
}

/* NULL when the account is as it should be; else what to do. */
static const char *
judge(const struct processor_outcome *outcome)
{
    switch (outcome->result) {
    case PROCESSOR_SUCCEEDED:
        return NULL;
    case PROCESSOR_REFUSED:
        return "compare secret_key with the key that the processor's own pages show, and its mode";
    case PROCESSOR_NOT_SENT:
        return "it cannot be reached: look at address, proxy, ca_file, the name service and the"
               " firewall";
    case PROCESSOR_DECLINED:
    case PROCESSOR_PENDING:
    case PROCESSOR_UNKNOWN:
    case PROCESSOR_NOT_FOUND:
    case PROCESSOR_CLOSED:
    case PROCESSOR_KEY_USED:
    case PROCESSOR_TOO_LATE:
        break;
    }
    return "it gave no answer that makes sense: look at address, and try again";
}

static void
check_one(const struct processor *processor, struct loop *loop, struct caller *caller,
          int64_t call_ms, processor_found *found, void *arg)
{
    struct call *call = calloc(1, sizeof *call);
    const char *advice = "no memory";
    char text[PROCESSOR_DETAIL_SIZE + 256];

    if (call == NULL) {
        found(arg, "processor", false, advice);
        return;
    }
    processor_job_init(&call->job, PROCESSOR_CHECK, processor, NULL, NULL);
    call->deadline = deadline_in_ms(call_ms);
    if (carry_out(loop, caller, call))
        advice = judge(&call->job.outcome);
    snprintf(text, sizeof text, "%s: %s%s%s", processor->name, call->job.outcome.detail,
             advice != NULL ? "; " : "", advice != NULL ? advice : "");
    found(arg, "processor", advice == NULL, text);
    free(call);
}

void
check_processors(const struct admin *admin, processor_found *found, void *arg)
{
    struct loop loop = {.epoll_fd = -1};
    struct caller *caller = NULL;
    struct processors processors;

    processors_init(&processors, &admin->config);
    if (!processors_have_effects(&processors))
        return;
    if (loop_open(&loop))
        caller = caller_new(&loop, &admin->log, 1, (struct metrics_place){.all = NULL});
    for (size_t i = 0; i < processors.count && caller != NULL; i++) {
        if (processors.instances[i].type->has_effects)
            check_one(&processors.instances[i], &loop, caller,
                      (int64_t)admin->config.processor_timeout * 1000, found, arg);
    }
    if (caller == NULL)
        found(arg, "processor", false, "no memory, or no descriptor");
    caller_free(caller);
    loop_close(&loop);
}
