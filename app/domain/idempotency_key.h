/*
 * The value of the Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_IDEMPOTENCY_KEY_H
#define PAYMENT_API_DOMAIN_IDEMPOTENCY_KEY_H

#include <stdbool.h>

#define IDEMPOTENCY_KEY_SIZE 256 /* 255 bytes and the final NUL */

/*
 * Reads a header value. The draft's form is an RFC 8941 string ("abc", \" and \\ escaped); the bare
 * form (abc) that other payment APIs take is the same key. False when the key is empty, above 255
 * bytes, holds anything but printable ASCII (0x20 to 0x7e), is a quoted string that does not end or
 * goes on after its end, or has a card number in it (the key is stored).
 */
bool idempotency_key_parse(const char *value, char key[IDEMPOTENCY_KEY_SIZE])
    __attribute__((warn_unused_result));

#endif
