/*
 * The acquirer: a stand-in for Stripe with a ledger, as far as the program asks it.
 *
 * What it does with a request is on record from the moment that it decides, and shown from then on;
 * before, its key is in use. It would give back more than was paid: only the program's own
 * reservations keep it from that.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_ACQUIRER_H
#define PAYMENT_API_SIMULATION_ACQUIRER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACQUIRER_OBJECTS_MAX 512

enum object_kind {
    OBJECT_CHARGE,
    OBJECT_INTENT,
    OBJECT_REFUND,
};

enum object_status {
    OBJECT_SUCCEEDED,
    OBJECT_FAILED, /* of an intent: requires_payment_method, with its error */
    OBJECT_PENDING,
    OBJECT_IDLE, /* an intent that nobody confirmed */
    OBJECT_CANCELED,
};

struct object {
    enum object_kind kind;
    enum object_status status;
    char id[32];
    char our_id[48]; /* of the metadata: the record's; "" */
    char closed[48]; /* of a fence: whose key it used up; "" */
    char parent[32]; /* of a refund */
    char description[64];
    int64_t amount;
    char currency[4];
    int64_t created_at; /* Unix seconds */
    bool is_shown;
};

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

const struct object *acquirer_objects(size_t *count);

#endif
