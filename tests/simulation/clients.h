/*
 * Clients: what they ask for, and what they are told.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_CLIENTS_H
#define PAYMENT_API_SIMULATION_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPERATIONS_MAX 64
#define CLIENT_KEYS 4 /* API keys: two merchants, each with both modes */

/* What was told at last. */
enum told {
    TOLD_NOTHING,
    TOLD_PROCESSING,
    TOLD_SUCCEEDED,
    TOLD_FAILED,  /* 402 */
    TOLD_REFUSED, /* 400: a refund that does not fit */
};

struct operation {
    bool is_refund;
    size_t client_key; /* which API key */
    char key[32];      /* "": none */
    int64_t amount;    /* minor units of a currency with two decimals; another one for each */
    const char *currency;
    const char *source;
    struct operation *payment; /* of a refund */
    char id[48];               /* of the record, once one was told */
    enum told told;
    char first_answer[160]; /* the body of the first 201 but for its status */
    unsigned sent;          /* how often */
    bool in_hand;           /* a client is at it */
};

/* A run begins; rows of the merchants are made. */
void clients_clear(void);
/* The clients of a run: each does so many operations. */
void clients_start(size_t count);
/* They begin nothing new. */
void clients_stop(void);
bool clients_have_stopped(void);
/* Asks once more about all: set once nothing goes wrong any more. */
void clients_audit(void);
bool clients_audit_is_done(void);

const struct operation *clients_operations(size_t *count);
bool clients_is_live(const struct operation *operation);

#endif
