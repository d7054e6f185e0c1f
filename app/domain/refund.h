/*
 * A refund: money of one payment given back, in whole or in part.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_REFUND_H
#define PAYMENT_API_DOMAIN_REFUND_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/currency.h"
#include "domain/idempotency_key.h"
#include "domain/identifier.h"
#include "domain/mode.h"
#include "domain/payment.h"

enum refund_status {
    REFUND_PROCESSING,
    REFUND_SUCCEEDED,
    REFUND_FAILED,
};

/* Where it was asked for. */
enum refund_origin {
    REFUND_BY_API,
    REFUND_BY_PROCESSOR, /* in the processor's own pages */
};

struct refund {
    struct identifier id;
    struct identifier merchant_id;
    enum mode mode; /* of the key that it was made with, and of its payment */
    struct identifier payment_id;
    int64_t amount;                  /* minor units of the payment's currency, 1 to its amount */
    const struct currency *currency; /* the payment's */
    enum refund_status status;
    char idempotency_key[IDEMPOTENCY_KEY_SIZE]; /* "" when none was sent */
    int64_t created_at;                         /* Unix time in milliseconds */
    struct metadata metadata;                   /* its text is set in new ones only */
    bool forgotten;                             /* metadata were taken out of the record */
    /* The rest is of refunds that a processor with effects moves. */
    int64_t due_at; /* Unix time in milliseconds: its request is over at the latest; 0: none */
    char reference[PROCESSOR_REFERENCE_SIZE]; /* the processor's own id of it; "" until known */
    enum refund_origin origin;
    int64_t returned_at; /* Unix time in milliseconds: it had succeeded, and came back; 0: it did
                            not */
};

/* The words that the API and the database use for a status: "processing", "succeeded", "failed". */
const char *refund_status_name(enum refund_status status);
bool refund_status_parse(const char *name, enum refund_status *status);

/* The words for its origin: "api", "processor". */
const char *refund_origin_name(enum refund_origin origin);
bool refund_origin_parse(const char *name, enum refund_origin *origin);

/* True when both ask for the same thing: payment, amount and metadata are equal, and no metadata
 * have been forgotten. */
bool refund_same_request(const struct refund *a, const struct refund *b);

/* True when both have the same idempotency key, of the same merchant and mode. */
bool refund_same_key(const struct refund *a, const struct refund *b);

#endif
