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
 * API_READ_ONLY_KEY for a POST, API_UNAVAILABLE, API_INTERNAL_ERROR. Keys that are not remembered
 * are looked up together.
 */
void authenticate(struct service *service, struct exchange *const *exchanges, size_t count);

/*
 * After the answers of a turn: notes which keys were used, where that was last noted an hour ago or
 * more. A key's look-up tells, so that most turns have nothing to note. What cannot be noted now is
 * when the key is looked up next.
 */
void authentication_note_uses(struct service *service);

#endif
