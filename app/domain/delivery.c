/*
 * A delivery: one event on its way to one webhook endpoint.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/delivery.h"

#include <ctype.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_SIZE 32 /* of SHA-256 */
#define DAY_S 86400

/* Behind each failed try, in seconds: Standard Webhooks 1.0, "Deliverability and reliability". */
static const int pauses[DELIVERY_TRIES - 1] = {
    5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600,
};

static const char *const state_names[] = {
    [DELIVERY_PENDING] = "pending",
    [DELIVERY_DELIVERED] = "delivered",
    [DELIVERY_FAILED] = "failed",
};

const char *
delivery_state_name(enum delivery_state state)
{
    return state_names[state];
}

bool
delivery_state_parse(const char *name, enum delivery_state *state)
{
    for (size_t i = 0; i < sizeof state_names / sizeof state_names[0]; i++) {
        if (strcmp(state_names[i], name) == 0) {
            *state = (enum delivery_state)i;
            return true;
        }
    }
    return false;
}

bool
delivery_sign(const struct delivery_secrets *secrets, const char *id, int64_t timestamp,
              const char *body, char signatures[DELIVERY_SIGNATURES_SIZE])
{
    char text[IDENTIFIER_TEXT_SIZE + 24 + EVENT_BODY_SIZE];
    int length = snprintf(text, sizeof text, "%s.%" PRId64 ".%s", id, timestamp, body);
    char *to = signatures;

    *to = '\0';
    if (length < 0 || (size_t)length >= sizeof text || secrets->count == 0)
        return false;
    for (size_t i = 0; i < secrets->count; i++) {
        unsigned char digest[DIGEST_SIZE];

        if (HMAC(EVP_sha256(), secrets->list[i].bytes, WEBHOOK_SECRET_SIZE,
                 (const unsigned char *)text, (size_t)length, digest, NULL) == NULL)
            return false;
        to += sprintf(to, "%sv1,", i > 0 ? " " : "");
        to += EVP_EncodeBlock((unsigned char *)to, digest, DIGEST_SIZE);
    }
    return true;
}

bool
delivery_arrived(int status)
{
    return status >= 200 && status <= 299;
}

int64_t
delivery_next_try(unsigned tries, int64_t now, uint32_t chance, const char *retry_after)
{
    int64_t pause_ms, asked_s;

    if (tries >= DELIVERY_TRIES)
        return 0;
    pause_ms = (int64_t)pauses[tries > 0 ? tries - 1 : 0] * 1000;
    /* Up to a fifth more. */
    pause_ms += pause_ms / 5 * (chance % 1024) / 1024;
    if (isdigit((unsigned char)retry_after[0])) {
        asked_s = strtol(retry_after, NULL, 10);
        if (asked_s <= DAY_S && asked_s * 1000 > pause_ms)
            pause_ms = asked_s * 1000;
    }
    return now + pause_ms;
}
