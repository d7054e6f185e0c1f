/*
 * Stripe: what it knows, and what is sent.
 *
 * SPDX-License-Identifier: MIT
 */
#include "stripe_scene.h"

static void
knows_tokens_and_payment_methods(void **state)
{
    static const char *const known[] = {"tok_visa", "tok_1Abc_x", "pm_card_visa", "pm_1"};
    static const char *const unknown[] = {"",         "tok_",   "pm_",      "tok_a b",
                                          "tok_a/b",  "card_1", "TOK_visa", "tok_\xc3",
                                          "pm_a&b=c", "src_1",  "tok_a\n",  "4242424242424242"};

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        assert_true(stripe_type.knows_source(&processor, known[i]));
    for (size_t i = 0; i < COUNT(unknown); i++)
        assert_false(stripe_type.knows_source(&processor, unknown[i]));
}

static void
charges_a_token_as_a_charge(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CHARGE, "tok_visa");
    scene.payment.has_description = true;
    strcpy(scene.payment.description, "Order #1 & caf\xc3\xa9");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/charges");
    assert_true(scene.request.is_post);
    assert_string_equal(scene.request.body, "amount=1999&currency=usd&source=tok_visa"
                                            "&description=Order%20%231%20%26%20caf%C3%A9"
                                            "&metadata%5Bpayment_id%5D=" PAYMENT_ID);
    assert_header(&scene.request, "Authorization: Bearer sk_test_51secret", true);
    assert_header(&scene.request, "Stripe-Version: 2024-04-10", true);
    assert_header(&scene.request, "Content-Type: application/x-www-form-urlencoded", true);
    assert_header(&scene.request, "Idempotency-Key: " PAYMENT_ID, true);
    assert_string_equal(scene.request.headers[4], "");
}

static void
charges_a_payment_method_as_an_intent(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CHARGE, "pm_card_visa");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/payment_intents");
    assert_string_equal(scene.request.body, "amount=1999&currency=usd&payment_method=pm_card_visa"
                                            "&payment_method_types%5B%5D=card&confirm=true"
                                            "&error_on_requires_action=true"
                                            "&metadata%5Bpayment_id%5D=" PAYMENT_ID);
    assert_header(&scene.request, "Idempotency-Key: " PAYMENT_ID, true);
}

static void
lets_the_customer_come_back(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CHARGE, "pm_card_visa");
    strcpy(scene.payment.return_url, "https://shop.example/back?order=1&x=%20#end");
    assert_true(write_request(&scene));
    assert_string_equal(
        scene.request.body,
        "amount=1999&currency=usd&payment_method=pm_card_visa"
        "&payment_method_types%5B%5D=card&confirm=true"
        "&return_url=https%3A%2F%2Fshop.example%2Fback%3Forder%3D1%26x%3D%2520%23end"
        "&metadata%5Bpayment_id%5D=" PAYMENT_ID);
    begin(&scene, PROCESSOR_CHARGE, "tok_visa"); /* a charge sends nobody anywhere */
    strcpy(scene.payment.return_url, "https://shop.example/back");
    assert_true(write_request(&scene));
    assert_null(strstr(scene.request.body, "return_url"));
}

static void
cancels_an_intent(void **state)
{
    static const char *const nothing[] = {"", "ch_1", "pi_1/../x"};
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CANCEL_PAYMENT, "pm_card_visa");
    strcpy(scene.payment.reference, "pi_1");
    assert_true(write_request(&scene));
    assert_true(scene.request.is_post);
    assert_string_equal(scene.request.path, "/v1/payment_intents/pi_1/cancel");
    assert_string_equal(scene.request.body, "cancellation_reason=abandoned");
    assert_header(&scene.request, "Idempotency-Key: " PAYMENT_ID, false);
    for (size_t i = 0; i < COUNT(nothing); i++) {
        strcpy(scene.payment.reference, nothing[i]);
        assert_false(write_request(&scene));
        assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    }
}

static void
refunds_what_was_charged(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_REFUND, "tok_visa");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/refunds");
    assert_string_equal(scene.request.body,
                        "charge=ch_1&amount=500&metadata%5Brefund_id%5D=" REFUND_ID);
    assert_header(&scene.request, "Idempotency-Key: " REFUND_ID, true);
    begin(&scene, PROCESSOR_REFUND, "pm_card_visa");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.body,
                        "payment_intent=pi_1&amount=500&metadata%5Brefund_id%5D=" REFUND_ID);
    scene.payment.reference[0] = '\0';
    assert_false(write_request(&scene));
    assert_int_equal(scene.job.outcome.result, PROCESSOR_REFUSED);
}

static void
takes_the_longest_payment(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CHARGE, "tok_visa");
    memset(scene.payment.source, 'a', PAYMENT_SOURCE_SIZE - 1);
    memcpy(scene.payment.source, "tok_", 4);
    scene.payment.has_description = true;
    for (size_t i = 0; i < PAYMENT_DESCRIPTION_MAX; i++)
        memcpy(scene.payment.description + 4 * i, "\xf0\x9f\x92\xb6", 4);
    assert_true(write_request(&scene));
    assert_non_null(strstr(scene.request.body, "&metadata%5Bpayment_id%5D=" PAYMENT_ID));
    memcpy(scene.payment.source, "pm_a", 4);
    memset(scene.payment.return_url, '%', PAYMENT_URL_SIZE - 1);
    assert_true(write_request(&scene));
    assert_non_null(strstr(scene.request.body, "&metadata%5Bpayment_id%5D=" PAYMENT_ID));
}

static void
sends_no_secret_that_is_wrong(void **state)
{
    static const char *const secrets[] = {NULL, "", "sk_live_1", "rk_live_1",
                                          "sk_test_1\r\nHost: example.com"};

    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++) {
        struct processor other = processor;
        struct scene scene;

        other.secret = secrets[i];
        begin(&scene, PROCESSOR_CHARGE, "tok_visa");
        scene.job.processor = &other;
        assert_false(write_request(&scene));
        assert_int_equal(scene.job.outcome.result, PROCESSOR_REFUSED);
        if (secrets[i] != NULL && secrets[i][0] != '\0')
            assert_null(strstr(scene.job.outcome.detail, secrets[i]));
    }
}

static void
checks_the_account(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CHECK, "");
    scene.job.payment = NULL;
    scene.job.refund = NULL;
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/account");
    assert_int_equal(
        give(&scene, 200, "{\"object\":\"account\",\"default_currency\":\"eur\"}", "", ""),
        PROCESSOR_NEXT);
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/balance");
    assert_int_equal(give(&scene, 200, "{\"object\":\"balance\",\"livemode\":false}", "", ""),
                     PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_SUCCEEDED);
    assert_string_equal(scene.job.outcome.detail, "test mode, default currency eur");
    give(&scene, 200, "{\"object\":\"balance\",\"livemode\":true}", "", "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_REFUSED);
    begin(&scene, PROCESSOR_CHECK, "");
    give(&scene, 200, "{\"object\":\"account\",\"charges_enabled\":false}", "", "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_REFUSED);
    give(&scene, 401,
         ERROR("\"type\":\"invalid_request_error\","
               "\"message\":\"Invalid API Key provided: sk_test_51secret\""),
         "", "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_REFUSED);
    assert_null(strstr(scene.job.outcome.detail, "sk_"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_tokens_and_payment_methods),
        cmocka_unit_test(charges_a_token_as_a_charge),
        cmocka_unit_test(charges_a_payment_method_as_an_intent),
        cmocka_unit_test(lets_the_customer_come_back),
        cmocka_unit_test(cancels_an_intent),
        cmocka_unit_test(refunds_what_was_charged),
        cmocka_unit_test(takes_the_longest_payment),
        cmocka_unit_test(sends_no_secret_that_is_wrong),
        cmocka_unit_test(checks_the_account),
    };

    return RUN(tests);
}
