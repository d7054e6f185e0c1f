/*
 * What was sent to webhook endpoints, as it is read: each attempt, and what stands of its delivery.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_SENDING_LIST_H
#define PAYMENT_API_STORE_SENDING_LIST_H

#include "domain/identifier.h"
#include "store/database.h"

extern const struct statement_set sending_statements;

#define SENDING_ANSWER_MAX 256 /* bytes of an answer that are kept */
#define SENDING_ANSWER_SIZE \
    (3 * SENDING_ANSWER_MAX + 1) /* as UTF-8, whatever it was, and the final NUL */
#define SENDING_STATE_SIZE 16

/* One attempt. */
struct sending {
    struct identifier endpoint_id;
    struct identifier event_id;
    int64_t attempted_at;             /* Unix time in milliseconds */
    int64_t milliseconds;             /* that it took */
    int64_t status;                   /* of HTTP; 0: no answer */
    char answer[SENDING_ANSWER_SIZE]; /* its first bytes, or why there is none */
    char state[SENDING_STATE_SIZE]; /* of the delivery now: pending, delivered or failed; "": it is
                                       not known any more */
};

typedef void sending_seen(void *arg, const struct sending *sending);

enum sending_of {
    SENDINGS_OF_EVENT,
    SENDINGS_OF_ENDPOINT,
};

/* Shows up to limit attempts of an event, or to an endpoint, the newest first. */
enum store_result sending_list_show(struct database *database, struct deadline deadline,
                                    enum sending_of of, const struct identifier *id, int64_t limit,
                                    sending_seen *seen, void *arg)
    __attribute__((warn_unused_result));

#endif
