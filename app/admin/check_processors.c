/*
 * payment-admin check: the accounts with processors. It asks each what it is, and moves nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/check_processors.h"

#include <stdio.h>

#include "admin/asking.h"
#include "processor/selection.h"

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
check_one(const struct processor *processor, struct asking *asking, processor_found *found,
          void *arg)
{
    const struct processor_outcome *outcome = &asking->call.job.outcome;
    const char *advice = "this machine cannot wait for it";
    char text[PROCESSOR_DETAIL_SIZE + 256];

    processor_job_init(&asking->call.job, PROCESSOR_CHECK, processor, NULL, NULL);
    if (asking_carry_out(asking))
        advice = judge(outcome);
    snprintf(text, sizeof text, "%s: %s%s%s", processor->name, outcome->detail,
             advice != NULL ? "; " : "", advice != NULL ? advice : "");
    found(arg, "processor", advice == NULL, text);
}

void
check_processors(const struct admin *admin, processor_found *found, void *arg)
{
    struct asking asking;
    struct processors processors;
    bool is_open = false;

    processors_init(&processors, &admin->config);
    if (!processors_have_effects(&processors))
        return;
    is_open = asking_open(&asking, admin);
    for (size_t i = 0; i < processors.count && is_open; i++) {
        if (processors.instances[i].type->has_effects)
            check_one(&processors.instances[i], &asking, found, arg);
    }
    if (!is_open)
        found(arg, "processor", false, "no memory, or no descriptor");
    asking_close(&asking);
}
