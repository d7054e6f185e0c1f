/*
 * Payments, refunds and API keys: their words, and when two requests are the same.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "domain/api_key.h"
#include "domain/payment.h"
#include "domain/refund.h"

static void
words_come_back(void **state)
{
    static const enum payment_status payments[] = {PAYMENT_PROCESSING, PAYMENT_SUCCEEDED,
                                                   PAYMENT_FAILED};
    static const enum refund_status refunds[] = {REFUND_PROCESSING, REFUND_SUCCEEDED,
                                                 REFUND_FAILED};
    enum payment_status payment;
    enum refund_status refund;
    enum decline decline;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(payment_status_parse(payment_status_name(payments[i]), &payment));
        assert_int_equal(payment, payments[i]);
        assert_true(refund_status_parse(refund_status_name(refunds[i]), &refund));
        assert_int_equal(refund, refunds[i]);
    }
    for (enum decline d = DECLINE_CARD_DECLINED; d <= DECLINE_PROCESSING_ERROR; d++) {
        assert_true(decline_parse(decline_name(d), &decline));
        assert_int_equal(decline, d);
    }
    assert_null(decline_name(DECLINE_NONE));
    assert_false(payment_status_parse("paid", &payment));
    assert_false(refund_status_parse("", &refund));
    assert_false(decline_parse("", &decline));
}

static void
metadata_is_part_of_a_request(void **state)
{
    struct payment a = {.amount = 1, .currency = currency_find("USD"), .source = "tok_visa"};
    struct payment b = a;
    struct refund c = {.amount = 1}, d = c;

    (void)state;
    assert_false(metadata_is_there(&a.metadata));
    assert_true(metadata_set(&a.metadata, "{\"a\":\"b\"}"));
    assert_true(metadata_is_there(&a.metadata));
    assert_string_equal(a.metadata.text, "{\"a\":\"b\"}");
    assert_false(payment_same_request(&a, &b));
    assert_true(metadata_set(&b.metadata, "{\"a\":\"c\"}"));
    assert_false(payment_same_request(&a, &b));
    assert_true(metadata_set(&b.metadata, "{\"a\":\"b\"}"));
    assert_true(payment_same_request(&a, &b));
    c.metadata = a.metadata;
    assert_false(refund_same_request(&c, &d));
    d.metadata = b.metadata;
    assert_true(refund_same_request(&c, &d));
}

static void
same_request(void **state)
{
    struct payment a = {.amount = 1, .currency = currency_find("USD"), .source = "tok_visa"};
    struct payment b = a;
    struct refund c = {.amount = 1}, d = c;

    (void)state;
    b.id.bytes[0] = 1;
    b.created_at = 5;
    assert_true(payment_same_request(&a, &b));
    b.has_description = true;
    assert_false(payment_same_request(&a, &b));
    b = a;
    b.amount = 2;
    assert_false(payment_same_request(&a, &b));
    b = a;
    b.currency = currency_find("EUR");
    assert_false(payment_same_request(&a, &b));
    b = a;
    strcpy(b.source, "tok_amex");
    assert_false(payment_same_request(&a, &b));
    assert_true(refund_same_request(&c, &d));
    d.payment_id.bytes[3] = 1;
    assert_false(refund_same_request(&c, &d));
    d = c;
    d.amount = 2;
    assert_false(refund_same_request(&c, &d));
}

static void
utf8_is_counted_in_code_points(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(""), 0);
    assert_int_equal(utf8_length("abc"), 3);
    assert_int_equal(utf8_length("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 3);
}

static void
api_keys_are_made_and_hashed(void **state)
{
    char key[API_KEY_TEXT_SIZE], other[API_KEY_TEXT_SIZE], prefix[API_KEY_PREFIX_SIZE];
    struct api_key_hash a, b;

    (void)state;
    assert_true(api_key_new(MODE_TEST, key));
    assert_true(api_key_new(MODE_TEST, other));
    assert_int_equal(strlen(key), API_KEY_TEXT_SIZE - 1);
    assert_memory_equal(key, "sk_test_", 8);
    assert_string_not_equal(key, other);
    api_key_prefix(key, prefix);
    assert_int_equal(strlen(prefix), 12);
    assert_memory_equal(prefix, key, 12);
    /* FIPS 180-2, appendix B.1. */
    assert_true(api_key_hash("abc", &a));
    assert_memory_equal(a.bytes, "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23",
                        16);
    assert_true(api_key_hash("abd", &b));
    assert_false(api_key_hash_equal(&a, &b));
    assert_true(api_key_hash_equal(&a, &a));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(metadata_is_part_of_a_request),
        cmocka_unit_test(same_request),
        cmocka_unit_test(utf8_is_counted_in_code_points),
        cmocka_unit_test(api_keys_are_made_and_hashed),
    };

    return RUN(tests);
}
