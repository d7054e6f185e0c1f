/*
 * Asking: payment-admin's own calls to processors, one after the other.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_ASKING_H
#define PAYMENT_API_ADMIN_ASKING_H

#include "admin/command.h"
#include "loop.h"
#include "processor/caller.h"

struct asking {
    struct loop loop;
    struct caller *caller;
    struct call call; /* its job is the asker's: it is made before, and its outcome read after */
    int64_t call_ms;  /* the deadline of one call */
};

/* False without memory or a descriptor; asking_close() is to be called all the same. */
bool asking_open(struct asking *asking, const struct admin *admin)
    __attribute__((warn_unused_result));

void asking_close(struct asking *asking);

/* Carries out call.job until it has ended. False when the loop cannot go on. */
bool asking_carry_out(struct asking *asking) __attribute__((warn_unused_result));

#endif
