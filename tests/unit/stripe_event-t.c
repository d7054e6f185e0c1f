/*
 * Stripe's events: which are genuine, and what each is about.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "processor/processor.h"

#define NOW INT64_C(1767225600000)
#define SECRET "whsec_now"
#define BEFORE "whsec_before"
#define HEADER_SIZE 400

static const struct processor processor = {
    .type = &stripe_type,
    .name = "stripe",
    .mode = MODE_TEST,
    .event_secrets = {SECRET, BEFORE},
};

#define EVENT(kind, object)                                                      \
    "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":false,\"type\":\"" kind \
    "\",\"data\":{\"object\":{" object "}}}"
#define PAY "pay_01hz8x5v3k9m2n4p6q8r0s1t2v"
#define REFUND "refund_01hz8x5v3k9m2n4p6q8r0s1t2v"

/* Appends ",v1=..." of a body that is signed at so many seconds. */
static void
add_signature(char header[HEADER_SIZE], const char *secret, long long seconds, const char *body)
{
    char text[4096];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int length = snprintf(text, sizeof text, "%lld.%s", seconds, body);
    size_t at = strlen(header);

    assert_non_null(HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)text,
                         (size_t)length, mac, &size));
    at += (size_t)snprintf(header + at, HEADER_SIZE - at, ",v1=");
    for (unsigned i = 0; i < size; i++)
        at += (size_t)snprintf(header + at, HEADER_SIZE - at, "%02x", mac[i]);
}

static enum processor_event_result
take(const char *secret, int64_t signed_at, const char *body, struct notice *notice)
{
    char header[HEADER_SIZE];
    long long seconds = (long long)(signed_at / 1000);

    memset(notice, 0, sizeof *notice);
    snprintf(header, sizeof header, "t=%lld", seconds);
    add_signature(header, secret, seconds, body);
    return stripe_type.event(&processor, header, body, strlen(body), NOW, notice);
}

static void
knows_who_signed(void **state)
{
    const char *body = EVENT("charge.succeeded", "\"object\":\"charge\",\"id\":\"ch_1\"");
    struct notice notice;

    (void)state;
    assert_int_equal(take(SECRET, NOW, body, &notice), PROCESSOR_EVENT_TAKEN);
    assert_int_equal(take(BEFORE, NOW, body, &notice), PROCESSOR_EVENT_TAKEN);
    assert_int_equal(take("whsec_other", NOW, body, &notice), PROCESSOR_EVENT_FORGED);
    assert_int_equal(take(SECRET, NOW - 300000, body, &notice), PROCESSOR_EVENT_TAKEN);
    assert_int_equal(take(SECRET, NOW - 301000, body, &notice), PROCESSOR_EVENT_STALE);
    /* What is forged is not told apart by its age. */
    assert_int_equal(take("whsec_other", NOW - 301000, body, &notice), PROCESSOR_EVENT_FORGED);
}

static void
takes_one_right_signature_of_several(void **state)
{
    const char *body = EVENT("charge.succeeded", "\"object\":\"charge\",\"id\":\"ch_1\"");
    long long seconds = NOW / 1000;
    char header[HEADER_SIZE];
    struct notice notice;

    (void)state;
    snprintf(header, sizeof header, "t=%lld,v0=00,v1=zz", seconds);
    add_signature(header, "whsec_other", seconds, body);
    add_signature(header, SECRET, seconds, body);
    assert_int_equal(stripe_type.event(&processor, header, body, strlen(body), NOW, &notice),
                     PROCESSOR_EVENT_TAKEN);
    /* Another time than the one that was signed. */
    header[2 + strspn(header + 2, "0123456789") - 1] ^= 1;
    assert_int_equal(stripe_type.event(&processor, header, body, strlen(body), NOW, &notice),
                     PROCESSOR_EVENT_FORGED);
}

static void
without_a_secret_nothing_is_genuine(void **state)
{
    struct processor nobody = processor;
    const char *body = "{}";
    char header[HEADER_SIZE] = "t=1767225600";
    struct notice notice;

    (void)state;
    nobody.event_secrets[0] = nobody.event_secrets[1] = NULL;
    add_signature(header, "", NOW / 1000, body);
    assert_int_equal(stripe_type.event(&nobody, header, body, strlen(body), NOW, &notice),
                     PROCESSOR_EVENT_FORGED);
}

struct example {
    const char *body;
    enum notice_subject subject;
    enum notice_word says;
    bool has_record;
    const char *reference;
};

static void
says_what_an_event_is_about(void **state)
{
    static const struct example examples[] = {
        {EVENT("charge.succeeded", "\"object\":\"charge\",\"id\":\"ch_1\",\"status\":\"succeeded\","
                                   "\"metadata\":{\"payment_id\":\"" PAY "\"}"),
         NOTICE_PAYMENT, NOTICE_SAYS_SUCCEEDED, true, "ch_1"},
        /* It is kept by its intent's id. */
        {EVENT("charge.failed", "\"object\":\"charge\",\"id\":\"ch_1\",\"status\":\"failed\","
                                "\"payment_intent\":\"pi_1\",\"metadata\":{}"),
         NOTICE_PAYMENT, NOTICE_SAYS_FAILED, false, "pi_1"},
        {EVENT("payment_intent.processing", "\"object\":\"payment_intent\",\"id\":\"pi_1\","
                                            "\"status\":\"processing\","
                                            "\"metadata\":{\"payment_id\":\"" REFUND "\"}"),
         NOTICE_PAYMENT, NOTICE_SAYS_OTHER, false, "pi_1"},
        {EVENT("refund.updated", "\"object\":\"refund\",\"id\":\"re_1\",\"status\":\"canceled\","
                                 "\"metadata\":{\"refund_id\":\"" REFUND "\"}"),
         NOTICE_REFUND, NOTICE_SAYS_FAILED, true, "re_1"},
        {EVENT("charge.dispute.created",
               "\"object\":\"dispute\",\"id\":\"dp_1\",\"charge\":\"ch_1\""),
         NOTICE_DISPUTE, NOTICE_SAYS_OTHER, false, "dp_1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct notice notice;

        assert_int_equal(take(SECRET, NOW, examples[i].body, &notice), PROCESSOR_EVENT_TAKEN);
        assert_int_equal(notice.subject, examples[i].subject);
        assert_int_equal(notice.says, examples[i].says);
        assert_int_equal(notice.has_record, examples[i].has_record);
        assert_string_equal(notice.reference, examples[i].reference);
        assert_string_equal(notice.event_id, "evt_1");
    }
}

static void
passes_over_what_no_payment_depends_on(void **state)
{
    static const char *const bodies[] = {
        EVENT("payout.paid", "\"object\":\"payout\",\"id\":\"po_1\""),
        EVENT("payment_intent.created", "\"object\":\"payment_intent\",\"id\":\"pi_1\","
                                        "\"metadata\":{\"closed\":\"" PAY "\"}"),
        ("{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":true,\"type\":\"charge.failed\","
         "\"data\":{\"object\":{\"object\":\"charge\",\"id\":\"ch_1\"}}}"),
    };
    struct notice notice;

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_int_equal(take(SECRET, NOW, bodies[i], &notice), PROCESSOR_EVENT_OF_NOTHING);
}

static void
refuses_what_it_does_not_understand(void **state)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{\"id\":\"evt_1\"",
        EVENT("charge.succeeded", "\"object\":\"charge\",\"id\":\"../1\""),
        EVENT("Charge<script>", "\"object\":\"charge\",\"id\":\"ch_1\""),
        "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"charge.failed\","
        "\"data\":{\"object\":{\"object\":\"charge\",\"id\":\"ch_1\"}}}",
        "{\"id\":\"evt 1\",\"object\":\"event\",\"livemode\":false,\"type\":\"charge.failed\","
        "\"data\":{\"object\":{\"object\":\"charge\",\"id\":\"ch_1\"}}}",
    };
    struct notice notice;

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_int_equal(take(SECRET, NOW, bodies[i], &notice), PROCESSOR_EVENT_MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_who_signed),
        cmocka_unit_test(takes_one_right_signature_of_several),
        cmocka_unit_test(without_a_secret_nothing_is_genuine),
        cmocka_unit_test(says_what_an_event_is_about),
        cmocka_unit_test(passes_over_what_no_payment_depends_on),
        cmocka_unit_test(refuses_what_it_does_not_understand),
    };

    return RUN(tests);
}
