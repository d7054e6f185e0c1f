/*
 * An event: what a merchant's program is told about a change of one of its records. Its text is
 * fixed when the change is made.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_EVENT_H
#define PAYMENT_API_DOMAIN_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/identifier.h"
#include "domain/mode.h"
#include "domain/payment.h"
#include "domain/refund.h"

#define EVENT_BODY_SIZE 768 /* JSON with the longest values, and the final NUL */

enum event_type {
    EVENT_PAYMENT_SUCCEEDED,
    EVENT_PAYMENT_FAILED,
    EVENT_PAYMENT_PROCESSING, /* its request is over, and the outcome is not known */
    EVENT_PAYMENT_DISPUTED,
    EVENT_REFUND_SUCCEEDED,
    EVENT_REFUND_FAILED,
    EVENT_REFUND_RETURNED, /* it had succeeded, and the money came back */
};

#define EVENT_TYPE_COUNT (EVENT_REFUND_RETURNED + 1)

/* Whether an event tells of a change: what is known of what the merchant wants. */
enum event_wish {
    EVENTS_ASK, /* the database knows it */
    EVENTS_WANTED,
    EVENTS_UNWANTED,
};

struct event {
    struct identifier id;
    struct identifier merchant_id;
    struct identifier object_id; /* the payment's or refund's */
    enum mode mode;
    enum event_type type;
    int64_t created_at;         /* Unix time in milliseconds */
    char body[EVENT_BODY_SIZE]; /* {"id":"evt_...","type":...,"created_at":...,"data":{...}} */
};

/* The words that the API and the database use: "payment.succeeded", ... */
const char *event_type_name(enum event_type type);
bool event_type_parse(const char *name, enum event_type *type);

/* Its id and time: now. False when there are no random bytes. */
bool event_init(struct event *event) __attribute__((warn_unused_result));

/* All but its id and time: the record as the API shows it, and a type by its status. */
void event_tell_payment(struct event *event, const struct payment *payment);
void event_tell_refund(struct event *event, const struct refund *refund);

/* Both together: a whole event. */
bool event_of_payment(struct event *event, const struct payment *payment)
    __attribute__((warn_unused_result));
bool event_of_refund(struct event *event, const struct refund *refund)
    __attribute__((warn_unused_result));

#endif
