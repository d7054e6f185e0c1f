/*
 * The acquirer: a stand-in for Stripe, as far as the program asks it.
 *
 * What it does with a request is on record from the moment that it decides, and shown from then on;
 * before, its key is in use. It would give back more than was paid: only the program's own
 * reservations keep it from that.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_ACQUIRER_H
#define PAYMENT_API_SIMULATION_ACQUIRER_H

#include "ledger.h"

struct http_request {
    const char *path; /* with its query */
    const char *body; /* NULL: a GET */
    const char *key;  /* "" */
};

struct http_answer {
    int status;
    char *body;
    const char *should_retry;
};

/* A run begins. */
void acquirer_clear(void);

/* A request arrives: answered(arg, answer) is called when it has been carried out, at once or
 * later. */
void acquirer_take(const struct http_request *request,
                   void (*answered)(void *arg, const struct http_answer *answer), void *arg);

/* What it leaves open is decided from now on. */
void acquirer_settle(void);

/* A customer at the page of an intent passes, or tries in vain. False when it is not open any more.
 */
bool acquirer_visit(struct object *intent, bool passes);

#endif
