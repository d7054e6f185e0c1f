/*
 * One schema upgrade at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_CLAIM_H
#define PAYMENT_API_ADMIN_CLAIM_H

#include <sys/types.h>

#include "admin/command.h"
#include "store/claim_store.h"

/* The claim that this program has. */
struct claim_hold {
    struct claim claim;
    pid_t child; /* the process that beats */
    int pipe;    /* which ends it when it is closed */
};

/*
 * Reads the claim, and watches its owner until it gives a sign of life, or has been silent for ten
 * seconds. *alive is true while another upgrade runs; the claim's token is "" when there is none.
 */
enum database_result claim_look(struct admin *admin, struct claim *claim, bool *alive)
    __attribute__((warn_unused_result));

/* "another upgrade is running since ...". */
void claim_explain(const struct claim *claim, char *text, size_t size);

/*
 * Takes the claim, also from an owner that died, and keeps it until claim_release() or the end of
 * this program. ADMIN_REFUSED after a complaint while another upgrade runs.
 */
enum admin_exit claim_take(struct admin *admin, struct claim_hold *hold)
    __attribute__((warn_unused_result));

/* To be asked before each step: ADMIN_DONE while the claim is still this program's. */
enum admin_exit claim_keep(struct admin *admin, const struct claim_hold *hold)
    __attribute__((warn_unused_result));

void claim_release(struct admin *admin, struct claim_hold *hold);

#endif
