/*
 * Stripe's events: is one genuine, and what is it about?
 *
 * Source: https://docs.stripe.com/webhooks#verify-manually. The header is "t=SECONDS,v1=HEX,...":
 * each v1 is the HMAC-SHA256, under one of the endpoint's secrets, of the seconds, a dot, and the
 * bytes of the body. There are several while a secret is being replaced.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/stripe_event.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "processor/stripe_object.h"

#define TOLERANCE_MS (INT64_C(300) * 1000)
#define MAC_SIZE 32
#define SIGNATURES_MAX 8 /* of one header */

struct signatures {
    const char *time; /* its digits, in the header */
    size_t time_length;
    int64_t at; /* the same, Unix time in milliseconds */
    unsigned char macs[SIGNATURES_MAX][MAC_SIZE];
    size_t count;
};

static int
digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

static bool
read_mac(const char *text, size_t length, unsigned char mac[MAC_SIZE])
{
    if (length != (size_t)2 * MAC_SIZE)
        return false;
    for (size_t i = 0; i < MAC_SIZE; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        mac[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static bool
read_time(const char *text, size_t length, struct signatures *signatures)
{
    /* Twelve digits of seconds are enough, and their milliseconds fit. */
    if (signatures->time != NULL || length == 0 || length > 12 ||
        strspn(text, "0123456789") != length)
        return false;
    signatures->time = text;
    signatures->time_length = length;
    signatures->at = strtoll(text, NULL, 10) * 1000;
    return true;
}

/* Schemes that are not known are passed over, as Stripe asks. */
static bool
read_header(const char *header, struct signatures *signatures)
{
    *signatures = (struct signatures){.time = NULL};
    while (*header != '\0') {
        size_t length = strcspn(header, ",");

        if (strncmp(header, "t=", 2) == 0 && !read_time(header + 2, length - 2, signatures))
            return false;
        if (strncmp(header, "v1=", 3) == 0 && signatures->count < SIGNATURES_MAX &&
            read_mac(header + 3, length - 3, signatures->macs[signatures->count]))
            signatures->count++;
        header += length;
        header += *header == ',';
    }
    return signatures->time != NULL && signatures->count > 0;
}

static bool
make_mac(const char *secret, const struct signatures *signatures, const char *body, size_t length,
         unsigned char mac[MAC_SIZE])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, (const unsigned char *)secret,
                                                 strlen(secret));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = MAC_SIZE;
    bool good = key != NULL && context != NULL &&
                EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSignUpdate(context, signatures->time, signatures->time_length) == 1 &&
                EVP_DigestSignUpdate(context, ".", 1) == 1 &&
                EVP_DigestSignUpdate(context, body, length) == 1 &&
                EVP_DigestSignFinal(context, mac, &size) == 1 && size == MAC_SIZE;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

/* All are compared, each in constant time: nothing is learned from how long it takes. */
static bool
is_signed(const struct processor *processor, const struct signatures *signatures, const char *body,
          size_t length)
{
    bool found = false;

    for (size_t i = 0; i < PROCESSOR_EVENT_SECRETS; i++) {
        unsigned char mac[MAC_SIZE];

        if (processor->event_secrets[i] == NULL ||
            !make_mac(processor->event_secrets[i], signatures, body, length, mac))
            continue;
        for (size_t j = 0; j < signatures->count; j++)
            found |= CRYPTO_memcmp(mac, signatures->macs[j], MAC_SIZE) == 0;
    }
    return found;
}

static void
take_record(const json_t *object, const char *name, enum identifier_kind kind,
            struct notice *notice)
{
    const char *id = stripe_object_text(json_object_get(object, "metadata"), name);

    notice->has_record = identifier_parse(kind, id, &notice->record_id);
}

static bool
take_reference(const char *reference, struct notice *notice)
{
    if (!stripe_is_reference(reference))
        return false;
    strcpy(notice->reference, reference);
    return true;
}

static void
take_word(const json_t *object, struct notice *notice)
{
    static const struct {
        const char *status;
        enum notice_word says;
    } rows[] = {
        {"succeeded", NOTICE_SAYS_SUCCEEDED},
        {"failed", NOTICE_SAYS_FAILED},
        {"canceled", NOTICE_SAYS_FAILED},
        {"requires_payment_method", NOTICE_SAYS_FAILED},
    };
    const char *status = stripe_object_text(object, "status");

    notice->says = NOTICE_SAYS_OTHER;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].status, status) == 0)
            notice->says = rows[i].says;
    }
}

/* A charge of a payment intent is kept by the intent's id. */
static enum processor_event_result
take_payment(const json_t *object, struct notice *notice)
{
    const char *intent = stripe_object_text(object, "payment_intent");

    /* What a fence made moves nothing. */
    if (json_object_get(json_object_get(object, "metadata"), "closed") != NULL)
        return PROCESSOR_EVENT_OF_NOTHING;
    notice->subject = NOTICE_PAYMENT;
    take_record(object, "payment_id", IDENTIFIER_PAYMENT, notice);
    take_word(object, notice);
    return take_reference(intent[0] != '\0' ? intent : stripe_object_text(object, "id"), notice)
               ? PROCESSOR_EVENT_TAKEN
               : PROCESSOR_EVENT_MALFORMED;
}

static enum processor_event_result
take_object(const json_t *object, struct notice *notice)
{
    const char *type = stripe_object_text(object, "object");

    if (strcmp(type, "charge") == 0 || strcmp(type, "payment_intent") == 0)
        return take_payment(object, notice);
    if (strcmp(type, "refund") == 0) {
        notice->subject = NOTICE_REFUND;
        take_record(object, "refund_id", IDENTIFIER_REFUND, notice);
        take_word(object, notice);
    } else if (strcmp(type, "dispute") == 0) {
        notice->subject = NOTICE_DISPUTE;
    } else {
        return PROCESSOR_EVENT_OF_NOTHING;
    }
    return take_reference(stripe_object_text(object, "id"), notice) ? PROCESSOR_EVENT_TAKEN
                                                                    : PROCESSOR_EVENT_MALFORMED;
}

static enum processor_event_result
take_event(const struct processor *processor, const json_t *event, struct notice *notice)
{
    const char *id = stripe_object_text(event, "id");
    const json_t *live = json_object_get(event, "livemode");
    char kind[STRIPE_WORD_SIZE];

    stripe_object_word(event, "type", kind);
    if (strcmp(stripe_object_text(event, "object"), "event") != 0 || !stripe_is_reference(id) ||
        kind[0] == '\0' || !json_is_boolean(live))
        return PROCESSOR_EVENT_MALFORMED;
    /* An endpoint of a platform can get those of both modes. */
    if (json_is_true(live) != (processor->mode == MODE_LIVE))
        return PROCESSOR_EVENT_OF_NOTHING;
    strcpy(notice->event_id, id);
    strcpy(notice->kind, kind);
    return take_object(json_object_get(json_object_get(event, "data"), "object"), notice);
}

enum processor_event_result
stripe_event(const struct processor *processor, const char *signature, const char *body,
             size_t length, int64_t now, struct notice *notice)
{
    enum processor_event_result result = PROCESSOR_EVENT_MALFORMED;
    const struct processor_answer answer = {.body = body, .body_length = length};
    struct signatures signatures;
    json_t *event = NULL;

    if (!read_header(signature, &signatures) || !is_signed(processor, &signatures, body, length))
        return PROCESSOR_EVENT_FORGED;
    /* One from the future is genuine all the same: a clock is wrong, perhaps ours. */
    if (signatures.at < now - TOLERANCE_MS)
        return PROCESSOR_EVENT_STALE;
    event = stripe_object_parse(&answer);
    if (event != NULL)
        result = take_event(processor, event, notice);
    json_decref(event);
    return result;
}
