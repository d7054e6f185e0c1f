/*
 * A delivery: one event on its way to one webhook endpoint, as Standard Webhooks 1.0 has it: how it
 * is signed, when it is tried again, and what an answer means.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_DELIVERY_H
#define PAYMENT_API_DOMAIN_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/event.h"
#include "domain/identifier.h"
#include "domain/webhook.h"

#define DELIVERY_TRIES 10       /* after the last one it has failed */
#define DELIVERY_ANSWER_MAX 256 /* bytes of an answer that are kept */
#define DELIVERY_SECRETS_MAX 4  /* that sign at once, the newest ones */
/* "v1," and 44 digits of base 64 for each secret, with spaces between, and the final NUL. */
#define DELIVERY_SIGNATURES_SIZE (DELIVERY_SECRETS_MAX * 48 + 1)

/* Nothing has arrived at an endpoint for so long: it is disabled. */
#define ENDPOINT_FAILING_MS ((int64_t)5 * 24 * 3600 * 1000)

enum delivery_state {
    DELIVERY_PENDING,
    DELIVERY_DELIVERED,
    DELIVERY_FAILED,
};

/* The words that the API and the database use. */
const char *delivery_state_name(enum delivery_state state);
bool delivery_state_parse(const char *name, enum delivery_state *state);

struct delivery {
    struct identifier endpoint_id;
    struct identifier event_id;
    unsigned tries;  /* that have ended */
    int64_t claimed; /* Unix time in milliseconds: until then nobody else takes it */
    char body[EVENT_BODY_SIZE];
};

/* One try, as it went. */
struct delivery_attempt {
    struct identifier id;
    int64_t attempted_at;                 /* Unix time in milliseconds */
    int64_t milliseconds;                 /* until its end */
    int status;                           /* of HTTP; 0: no answer came */
    char answer[DELIVERY_ANSWER_MAX + 1]; /* its first bytes, or why there is none */
    size_t answer_length;
};

/* The secrets of an endpoint that sign now. */
struct delivery_secrets {
    struct webhook_secret list[DELIVERY_SECRETS_MAX];
    size_t count;
};

/* The value of the header webhook-signature: each secret's HMAC-SHA256 over id, timestamp (Unix
 * seconds) and body with dots between. False when libcrypto refuses. */
bool delivery_sign(const struct delivery_secrets *secrets, const char *id, int64_t timestamp,
                   const char *body, char signatures[DELIVERY_SIGNATURES_SIZE])
    __attribute__((warn_unused_result));

/* True for an answer that says that it has arrived: 2xx. A redirect is none: it is not followed. */
bool delivery_arrived(int status);

/*
 * When a delivery is tried again after its first so many tries have ended at now, Unix time in
 * milliseconds; 0: not at all. chance spreads those that failed together. retry_after is what the
 * endpoint asks for: the text of that header, "" for none; a date is not taken, and neither are
 * more seconds than a day has.
 */
int64_t delivery_next_try(unsigned tries, int64_t now, uint32_t chance, const char *retry_after);

#endif
