/*
 * Metadata: what a merchant's program notes about a payment or refund, in words of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_METADATA_H
#define PAYMENT_API_DOMAIN_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#define METADATA_MEMBERS_MAX 50
#define METADATA_KEY_MAX 40    /* characters (Unicode code points), 1 at least */
#define METADATA_VALUE_MAX 500 /* the same */

/* As JSON: braces; each member with four quotes, colon and comma, and at most six bytes a character
 * (an escape); the final NUL. */
#define METADATA_TEXT_SIZE \
    (METADATA_MEMBERS_MAX * (6 * (METADATA_KEY_MAX + METADATA_VALUE_MAX) + 6) + 3)

#define METADATA_DIGEST_SIZE 32

struct metadata {
    const char *text; /* JSON, its keys sorted; NULL: none, or not read. Not owned */
    unsigned char digest[METADATA_DIGEST_SIZE]; /* SHA-256 of the text; zeros: there is none */
};

/* Sets text and digest, both of this text, which must outlive it. False when libcrypto fails. */
bool metadata_set(struct metadata *metadata, const char *text) __attribute__((warn_unused_result));

bool metadata_is_there(const struct metadata *metadata);

/* True when both say the same. */
bool metadata_equal(const struct metadata *a, const struct metadata *b);

#endif
