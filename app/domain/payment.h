/*
 * A payment: money taken once from a payment source for a merchant.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_PAYMENT_H
#define PAYMENT_API_DOMAIN_PAYMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/currency.h"
#include "domain/idempotency_key.h"
#include "domain/identifier.h"
#include "domain/metadata.h"
#include "domain/mode.h"

#define PROCESSOR_NAME_SIZE 33                 /* 32 ASCII characters and the final NUL */
#define PROCESSOR_REFERENCE_SIZE 65            /* 64 ASCII characters and the final NUL */
#define PAYMENT_SOURCE_SIZE 256                /* 255 ASCII characters and the final NUL */
#define PAYMENT_URL_SIZE 513                   /* 512 ASCII characters and the final NUL */
#define PAYMENT_DESCRIPTION_MAX 255            /* characters (Unicode code points) */
#define PAYMENT_DESCRIPTION_SIZE (255 * 4 + 1) /* the same in UTF-8, and the final NUL */

enum payment_status {
    PAYMENT_PROCESSING, /* the processor's answer is not known yet */
    PAYMENT_SUCCEEDED,  /* the money moved */
    PAYMENT_FAILED,     /* the processor declined; see decline */
};

/* Why a processor declined. */
enum decline {
    DECLINE_NONE,
    DECLINE_CARD_DECLINED,
    DECLINE_INSUFFICIENT_FUNDS,
    DECLINE_EXPIRED_CARD,
    DECLINE_INCORRECT_CVC,
    DECLINE_PROCESSING_ERROR,
    DECLINE_AUTHENTICATION_REQUIRED, /* the customer's bank wants to see the customer */
};

struct payment {
    struct identifier id;
    struct identifier merchant_id;
    enum mode mode;                  /* of the key that it was made with */
    int64_t amount;                  /* minor units, 1 to MONEY_MAX */
    int64_t refunded;                /* minor units, 0 to amount */
    const struct currency *currency; /* a row of the table, never NULL once stored */
    enum payment_status status;
    enum decline decline;                /* DECLINE_NONE unless status is PAYMENT_FAILED */
    char processor[PROCESSOR_NAME_SIZE]; /* who moves the money, for ever */
    char source[PAYMENT_SOURCE_SIZE];    /* the processor's token, never a card number */
    bool has_description;
    char description[PAYMENT_DESCRIPTION_SIZE];
    char idempotency_key[IDEMPOTENCY_KEY_SIZE]; /* "" when none was sent */
    int64_t created_at;                         /* Unix time in milliseconds */
    struct metadata metadata;                   /* its text is set in new ones only */
    bool forgotten; /* description, metadata or return_url were taken out of the record */
    /* The rest is of payments that a processor with effects moves. */
    int64_t due_at; /* Unix time in milliseconds: its request is over at the latest; 0: none */
    char reference[PROCESSOR_REFERENCE_SIZE]; /* the processor's own id of it; "" until known */
    char return_url[PAYMENT_URL_SIZE]; /* where the customer comes back to; "" when none was sent */
    char action_url[PAYMENT_URL_SIZE]; /* while it is processing: where the customer has to go; ""
                                          nowhere that is known */
    bool is_disputed; /* the customer's bank took it back, or means to; of stored ones */
};

/* The words that the API and the database use for a status: "processing", "succeeded", "failed". */
const char *payment_status_name(enum payment_status status);
bool payment_status_parse(const char *name, enum payment_status *status);

/* The words that the database uses for a decline: "card_declined", ...; NULL for DECLINE_NONE. */
const char *decline_name(enum decline decline);
bool decline_parse(const char *name, enum decline *decline);

/* True when both ask for the same thing: amount, currency, source, description, return_url and
 * metadata are equal. What has been forgotten is equal to nothing: nobody can tell any more. */
bool payment_same_request(const struct payment *a, const struct payment *b);

/* True when both have the same idempotency key, of the same merchant and mode. */
bool payment_same_key(const struct payment *a, const struct payment *b);

/* True when so many minor units of it can be refunded now. */
bool payment_can_refund(const struct payment *payment, int64_t amount);

/* Counts the code points of valid UTF-8. */
size_t utf8_length(const char *text);

#endif
