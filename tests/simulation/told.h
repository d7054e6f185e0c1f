/*
 * What clients asked for, and what they were told of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_TOLD_H
#define PAYMENT_API_SIMULATION_TOLD_H

#include "webserver.h"

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
    bool has_page;             /* it was made with return_url */
    struct operation *payment; /* of a refund */
    char id[48];               /* of the record, once one was told */
    enum told told;
    char action_url[64]; /* where its customer was sent; "" */
    unsigned sent;       /* how often */
};

bool operation_is_live(const struct operation *operation);

/* What was told of it is final. */
bool operation_is_over(const struct operation *operation);

/* An answer, which must agree with what was told before. is_later: it was asked for behind a final
 * one. */
void told_take(struct operation *operation, const struct exchange_of_client *exchange,
               bool is_later);

#endif
