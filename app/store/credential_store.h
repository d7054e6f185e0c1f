/*
 * Credentials: which merchant an API key belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_CREDENTIAL_STORE_H
#define PAYMENT_API_STORE_CREDENTIAL_STORE_H

#include "domain/api_key.h"
#include "domain/identifier.h"
#include "domain/payment.h"
#include "store/database.h"

struct credential {
    struct identifier merchant_id;
    enum mode mode;
    bool read_only;                      /* it may not POST */
    char processor[PROCESSOR_NAME_SIZE]; /* of the merchant's payments in this mode; "": none named
                                          */
    bool wants_events; /* what changes of its records in this mode is told by events */
};

extern const struct statement_set credential_statements;

/* One key of a group. */
struct credential_search {
    struct api_key_hash hash;
    struct credential credential; /* set on STORE_OK */
    bool use_is_old;              /* the same: its last use on record is an hour ago, or none */
    enum store_result result;
};

/* Each one's result (of up to STORE_GROUP_MAX): STORE_OK, or STORE_NOT_FOUND for a key that is
 * unknown, revoked, expired or of a merchant that is disabled: a caller cannot tell which. */
void credential_store_find(struct database *database, struct deadline deadline,
                           struct credential_search *searches, size_t count);

/* Notes that these keys (up to STORE_GROUP_MAX) are used now; of each once an hour, whoever else
 * does. One statement. STORE_OK, or what stood in the way. */
enum store_result credential_store_note_use(struct database *database, struct deadline deadline,
                                            const struct api_key_hash *hashes, size_t count)
    __attribute__((warn_unused_result));

#endif
