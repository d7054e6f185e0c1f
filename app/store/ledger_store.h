/*
 * The ledger: payments and refunds of all merchants, as operators see them. Of payment-admin; it
 * reads only.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_LEDGER_STORE_H
#define PAYMENT_API_STORE_LEDGER_STORE_H

#include <stdbool.h>

#include "domain/identifier.h"
#include "domain/money.h"
#include "store/database.h"
#include "store/result.h"

/*
 * A payment or refund, its values as the API writes them. Times are RFC 3339 UTC. NULL: it has
 * none. Not owned.
 */
struct ledger_row {
    struct identifier id;
    struct identifier merchant_id;
    struct identifier payment_id; /* of a refund */
    bool is_refund;
    const char *mode;
    char amount[MONEY_TEXT_SIZE];
    char refunded[MONEY_TEXT_SIZE]; /* of a payment */
    const char *currency;
    const char *status;
    const char *decline; /* of a payment */
    const char *processor;
    const char *source;      /* of a payment */
    const char *description; /* of a payment */
    const char *reference;
    const char *created_at;
    const char *due_at;       /* its request is over by then */
    const char *look_at;      /* its processor is asked about it next */
    const char *origin;       /* of a refund: "api", or "processor": made in its pages */
    const char *returned_at;  /* of a refund whose money came back */
    const char *disputed_at;  /* of a payment whose dispute stands, or was lost */
    const char *action_url;   /* of a payment: where its customer has to go */
    const char *last_attempt; /* what was asked last, and what came; for unresolved only */
};

typedef void ledger_seen(void *arg, const struct ledger_row *row);

/* Which of them. All that is not set (NULL, 0) is no condition. */
struct ledger_filter {
    const struct identifier *id;
    const struct identifier *merchant_id;
    const struct identifier *payment_id; /* of refunds */
    const char *mode;                    /* "live" or "test" */
    const char *status;                  /* "processing", "succeeded", "failed" */
    int64_t since;                       /* Unix time in milliseconds */
    int64_t until;                       /* 0: no end */
    bool unresolved; /* "processing" at a processor with effects; by its index */
    bool newest_first;
    int64_t limit; /* at least 1 */
};

enum store_result ledger_store_payments(struct database *database,
                                        const struct ledger_filter *filter, ledger_seen *seen,
                                        void *arg) __attribute__((warn_unused_result));

/* A refund's currency and processor are its payment's. */
enum store_result ledger_store_refunds(struct database *database,
                                       const struct ledger_filter *filter, ledger_seen *seen,
                                       void *arg) __attribute__((warn_unused_result));

/* What a processor was asked about a record, and what came; the oldest first. */
struct ledger_attempt {
    const char *made_at;
    const char *asked;
    const char *came;
    const char *detail;
};

typedef void ledger_attempt_seen(void *arg, const struct ledger_attempt *attempt);

enum store_result ledger_store_attempts(struct database *database, const struct identifier *id,
                                        ledger_attempt_seen *seen, void *arg)
    __attribute__((warn_unused_result));

#endif
