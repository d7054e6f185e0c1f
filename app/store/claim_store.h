/*
 * The claim to upgrade the schema: one row, so that one upgrade runs at a time, on one server and
 * on all nodes of a Galera cluster.
 *
 * The owner of the row counts in it as long as it lives (its beat), and holds a lock by the name of
 * its token. The lock tells at once whether the owner is still connected to this server; it is not
 * known to the other nodes of a cluster, where the beat tells.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_CLAIM_STORE_H
#define PAYMENT_API_STORE_CLAIM_STORE_H

#include <stdbool.h>

#include "clock.h"
#include "store/database.h"

#define CLAIM_TOKEN_SIZE 33 /* 32 hexadecimal digits and the final NUL */
#define CLAIM_HOST_SIZE 65

/* The row. */
struct claim {
    char token[CLAIM_TOKEN_SIZE]; /* of its owner, "" when there is no row */
    char host[CLAIM_HOST_SIZE];   /* where the owner runs */
    long process;                 /* its process id there */
    char connection[24];          /* its connection id on the server that it uses */
    char began_at[CLOCK_TEXT_SIZE];
    char beat[24]; /* another one each second while the owner lives */
    bool locked;   /* the owner is connected to this server */
};

/* Makes the table where it is missing: it is needed before the first migration. */
enum database_result claim_store_prepare(struct database *database)
    __attribute__((warn_unused_result));

/* The row as it is now. */
enum database_result claim_store_read(struct database *database, struct claim *claim)
    __attribute__((warn_unused_result));

/*
 * Makes the claim's token, host and process the owner. old: the row to replace, whose owner is
 * gone; a token of "" says that there is none. *taken is false when somebody else was faster.
 */
enum database_result claim_store_take(struct database *database, const struct claim *claim,
                                      const struct claim *old, bool *taken)
    __attribute__((warn_unused_result));

/* Beats once; *held is false when the row has another owner by now. */
enum database_result claim_store_beat(struct database *database, const char *token, bool *held)
    __attribute__((warn_unused_result));

/* Gives the claim up, if the token has it. */
enum database_result claim_store_release(struct database *database, const char *token)
    __attribute__((warn_unused_result));

#endif
