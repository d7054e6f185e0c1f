/*
 * Webhook endpoints: where a merchant wants its events to be sent, and the secrets that sign them
 * (Standard Webhooks 1.0).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_WEBHOOK_H
#define PAYMENT_API_DOMAIN_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/event.h"
#include "domain/identifier.h"
#include "domain/mode.h"

#define WEBHOOK_URL_SIZE 513          /* 512 characters and the final NUL */
#define WEBHOOK_DESCRIPTION_MAX 255   /* characters */
#define WEBHOOK_DESCRIPTION_SIZE 1021 /* in UTF-8, and the final NUL */
#define WEBHOOK_EVENTS_SIZE 256       /* the types in words, and the final NUL */
#define WEBHOOK_SECRET_SIZE 32        /* bytes */
#define WEBHOOK_SECRET_TEXT_SIZE 51   /* "whsec_", 44 digits of base 64 and the final NUL */

#define WEBHOOK_ALL_EVENTS UINT32_MAX /* also those that are still to come: "*" */

/* Who disabled an endpoint. */
enum webhook_disabler {
    WEBHOOK_NOBODY,      /* it is enabled */
    WEBHOOK_BY_MERCHANT, /* or by an operator for it */
    WEBHOOK_GONE,        /* it answered 410 */
    WEBHOOK_FAILING,     /* nothing has arrived for days */
};

struct webhook_endpoint {
    struct identifier id;
    struct identifier merchant_id;
    enum mode mode;
    uint32_t events; /* a bit an enum event_type, or WEBHOOK_ALL_EVENTS */
    char url[WEBHOOK_URL_SIZE];
    bool has_description;
    char description[WEBHOOK_DESCRIPTION_SIZE];
    enum webhook_disabler disabled_by;
    int64_t failing_since; /* nothing has arrived since then; 0: it does, or nothing was sent */
    int64_t created_at;    /* Unix times in milliseconds */
};

struct webhook_secret {
    struct identifier id;
    unsigned char bytes[WEBHOOK_SECRET_SIZE];
};

/* True for an absolute https address that an endpoint may have: of up to 512 characters, without a
 * user name, a fragment or a card number in it. Where it leads is looked at when something is sent.
 */
bool webhook_url_is(const char *text);

/* The words of the types, separated by commas, or "*"; and back: false when there are other words,
 * which are left out, or none. */
void webhook_events_format(uint32_t events, char text[WEBHOOK_EVENTS_SIZE]);
bool webhook_events_parse(const char *text, uint32_t *events);

/* The word for it, as lists and the database have it; NULL for WEBHOOK_NOBODY. And back: NULL is
 * WEBHOOK_NOBODY, and a word that is none is false. */
const char *webhook_disabler_name(enum webhook_disabler disabler);
bool webhook_disabler_parse(const char *name, enum webhook_disabler *disabler);

/* A new secret; false without random bytes. */
bool webhook_secret_new(int64_t now, struct webhook_secret *secret)
    __attribute__((warn_unused_result));

/* "whsec_" and the bytes in base 64, as merchants' programs take it. */
void webhook_secret_format(const struct webhook_secret *secret,
                           char text[WEBHOOK_SECRET_TEXT_SIZE]);

#endif
