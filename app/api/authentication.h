/*
 * Authentication: the API key of a request (RFC 6750), and the merchant behind it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_AUTHENTICATION_H
#define PAYMENT_API_API_AUTHENTICATION_H

#include "api/exchange.h"

/* Takes what the header says: the hash of its token, or why there is none. */
void authentication_take(struct exchange *exchange, const struct header *header);

/*
 * Finds who is behind the keys of a group (up to STORE_GROUP_MAX), of those that have no error yet:
 * sets credential and processor, or API_MISSING_API_KEY, API_INVALID_API_KEY with a challenge,
 * API_UNAVAILABLE, API_INTERNAL_ERROR. Keys that are not remembered are looked up together.
 */
void authenticate(struct service *service, struct exchange *const *exchanges, size_t count);

#endif
