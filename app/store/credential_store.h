/*
 * Credentials: which merchant an API key belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_CREDENTIAL_STORE_H
#define PAYMENT_API_STORE_CREDENTIAL_STORE_H

#include "domain/api_key.h"
#include "domain/identifier.h"
#include "store/database.h"

struct credential {
    struct identifier merchant_id;
    enum api_key_mode mode;
};

extern const struct statement_set credential_statements;

/* STORE_OK, or STORE_NOT_FOUND for a key that is unknown, revoked, expired or of a merchant that is
 * disabled: a caller cannot tell which. */
enum store_result credential_store_find(struct database *database, struct deadline deadline,
                                        const struct api_key_hash *hash,
                                        struct credential *credential)
    __attribute__((warn_unused_result));

#endif
