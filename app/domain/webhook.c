/*
 * Webhook endpoints and their secrets.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/webhook.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "domain/card_number.h"
#include "domain/web_address.h"

#define SECRET_PREFIX "whsec_"

_Static_assert(EVENT_TYPE_COUNT < 32, "an event type is a bit");

bool
webhook_url_is(const char *text)
{
    return strlen(text) < WEBHOOK_URL_SIZE && strncmp(text, "https://", 8) == 0 &&
           web_address_is(text) && strchr(text, '#') == NULL && !card_number_in(text);
}

void
webhook_events_format(uint32_t events, char text[WEBHOOK_EVENTS_SIZE])
{
    size_t length = 0;

    text[0] = '\0';
    if (events == WEBHOOK_ALL_EVENTS) {
        strcpy(text, "*");
        return;
    }
    for (unsigned i = 0; i < EVENT_TYPE_COUNT && length < WEBHOOK_EVENTS_SIZE; i++) {
        if ((events & (UINT32_C(1) << i)) != 0)
            length += (size_t)snprintf(text + length, WEBHOOK_EVENTS_SIZE - length, "%s%s",
                                       length > 0 ? "," : "", event_type_name((enum event_type)i));
    }
}

bool
webhook_events_parse(const char *text, uint32_t *events)
{
    bool all_known = true;

    *events = 0;
    if (strcmp(text, "*") == 0) {
        *events = WEBHOOK_ALL_EVENTS;
        return true;
    }
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        char word[WEBHOOK_EVENTS_SIZE];
        enum event_type type;

        snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (length < sizeof word && event_type_parse(word, &type))
            *events |= UINT32_C(1) << type;
        else
            all_known = false;
        text += length + (text[length] == ',' ? 1 : 0);
    }
    return all_known && *events != 0;
}

static const char *const disablers[] = {
    [WEBHOOK_NOBODY] = NULL,
    [WEBHOOK_BY_MERCHANT] = "merchant",
    [WEBHOOK_GONE] = "gone",
    [WEBHOOK_FAILING] = "failing",
};

const char *
webhook_disabler_name(enum webhook_disabler disabler)
{
    return disablers[disabler];
}

bool
webhook_disabler_parse(const char *name, enum webhook_disabler *disabler)
{
    *disabler = WEBHOOK_NOBODY;
    for (int i = WEBHOOK_BY_MERCHANT; i <= WEBHOOK_FAILING && name != NULL; i++) {
        if (strcmp(disablers[i], name) == 0) {
            *disabler = (enum webhook_disabler)i;
            return true;
        }
    }
    return name == NULL;
}

bool
webhook_secret_new(int64_t now, struct webhook_secret *secret)
{
    return identifier_new(now, &secret->id) &&
           RAND_priv_bytes(secret->bytes, sizeof secret->bytes) == 1;
}

void
webhook_secret_format(const struct webhook_secret *secret, char text[WEBHOOK_SECRET_TEXT_SIZE])
{
    strcpy(text, SECRET_PREFIX);
    EVP_EncodeBlock((unsigned char *)text + strlen(SECRET_PREFIX), secret->bytes,
                    WEBHOOK_SECRET_SIZE);
}
