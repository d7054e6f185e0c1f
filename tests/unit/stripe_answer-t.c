/*
 * Stripe's answers: nothing counts as done that was not said to be, and nothing as not done that
 * might have been.
 *
 * SPDX-License-Identifier: MIT
 */
#include "stripe_scene.h"

/* An answer to one task, and what it means. */
struct example {
    enum processor_task task;
    int status;
    enum processor_result result;
    enum decline decline;
    const char *source;
    const char *body;
    const char *reference;
};

static void
check_examples(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct example *example = &examples[i];
        struct scene scene;

        begin(&scene, example->task, example->source);
        assert_true(write_request(&scene));
        assert_int_equal(give(&scene, example->status, example->body, "", ""), PROCESSOR_ENDED);
        if (scene.job.outcome.result != example->result)
            print_message("# %d %s\n", example->status, example->body);
        assert_int_equal(scene.job.outcome.result, example->result);
        assert_int_equal(scene.job.outcome.decline, example->decline);
        assert_string_equal(scene.job.outcome.reference, example->reference);
    }
}

#define CASE(task, source, status, body, result, decline, reference)                             \
    {                                                                                            \
        PROCESSOR_##task, status, PROCESSOR_##result, DECLINE_##decline, source, body, reference \
    }

static void
believes_what_is_proved_about_a_charge(void **state)
{
    static const struct example examples[] = {
        CASE(CHARGE, "tok_visa", 200, CHARGE(SUCCEEDED), SUCCEEDED, NONE, "ch_1"),
        CASE(CHARGE, "tok_visa", 200, CHARGE("\"status\":\"pending\""), PENDING, NONE, "ch_1"),
        CASE(CHARGE, "tok_visa", 200,
             CHARGE("\"status\":\"failed\",\"failure_code\":\"expired_card\""), DECLINED,
             EXPIRED_CARD, "ch_1"),
        CASE(CHARGE, "pm_1", 200, INTENT("\"status\":\"succeeded\",\"amount_received\":1999"),
             SUCCEEDED, NONE, "pi_1"),
        CASE(CHARGE, "pm_1", 200, INTENT("\"status\":\"processing\""), PENDING, NONE, "pi_1"),
        CASE(CHARGE, "pm_1", 200, INTENT("\"status\":\"requires_action\""), PENDING, NONE, "pi_1"),
        /* Not what was asked for. */
        CASE(CHARGE, "tok_visa", 200, CHARGE("\"status\":\"succeeded\",\"captured\":false"),
             UNKNOWN, NONE, "ch_1"),
        CASE(CHARGE, "tok_visa", 200, CHARGE("\"status\":\"odd\""), UNKNOWN, NONE, "ch_1"),
        CASE(CHARGE, "tok_visa", 200, INTENT(SUCCEEDED), UNKNOWN, NONE, ""),
        CASE(CHARGE, "pm_1", 200, CHARGE(SUCCEEDED), UNKNOWN, NONE, ""),
        CASE(CHARGE, "pm_1", 200, INTENT("\"status\":\"succeeded\",\"amount_received\":1"), UNKNOWN,
             NONE, "pi_1"),
        CASE(CHARGE, "pm_1", 200, INTENT("\"status\":\"requires_capture\""), UNKNOWN, NONE, "pi_1"),
        CASE(CHARGE, "tok_visa", 200,
             "{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":1998,\"currency\":\"usd\"," META
             "," SUCCEEDED "}",
             UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 200,
             "{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":1999.0,\"currency\":\"usd\"," META
             "," SUCCEEDED "}",
             UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 200,
             "{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":1999,\"currency\":\"eur\"," META
             "," SUCCEEDED "}",
             UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 200,
             "{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":1999,\"currency\":\"usd\","
             "\"metadata\":{\"payment_id\":\"pay_00000000000000000000000009\"}," SUCCEEDED "}",
             UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 200,
             "{\"id\":\"../x\",\"object\":\"charge\",\"amount\":1999,\"currency\":\"usd\"," META
             "," SUCCEEDED "}",
             UNKNOWN, NONE, ""),
        /* No answer at all. */
        CASE(CHARGE, "tok_visa", 200, "", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 200, "[]", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 200, "{\"id\":\"ch_1\",\"obj", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 200, CHARGE(SUCCEEDED ",\"status\":\"failed\""), UNKNOWN, NONE,
             ""),
        CASE(CHARGE, "tok_visa", 200, CHARGE(SUCCEEDED) "x", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 302, CHARGE(SUCCEEDED), UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_visa", 201, CHARGE(SUCCEEDED), UNKNOWN, NONE, ""),
    };

    (void)state;
    check_examples(examples, COUNT(examples));
}

#define IDLE "\"payment_intent\":{\"id\":\"pi_1\"," META ",\"status\":\"requires_payment_method\"}"

static void
tells_declines_refusals_and_doubts_apart(void **state)
{
    static const struct example examples[] = {
        CASE(CHARGE, "tok_a", 402,
             CARD_ERROR("\"code\":\"card_declined\",\"decline_code\":\"insufficient_funds\","
                        "\"charge\":\"ch_9\""),
             DECLINED, INSUFFICIENT_FUNDS, "ch_9"),
        CASE(CHARGE, "tok_a", 402,
             CARD_ERROR("\"code\":\"card_declined\",\"decline_code\":\"generic_decline\""),
             DECLINED, CARD_DECLINED, ""),
        CASE(CHARGE, "tok_a", 402, CARD_ERROR("\"code\":\"expired_card\""), DECLINED, EXPIRED_CARD,
             ""),
        CASE(CHARGE, "tok_a", 402, CARD_ERROR("\"code\":\"incorrect_cvc\""), DECLINED,
             INCORRECT_CVC, ""),
        CASE(CHARGE, "tok_a", 402, CARD_ERROR("\"code\":\"processing_error\""), DECLINED,
             PROCESSING_ERROR, ""),
        CASE(CHARGE, "tok_a", 402,
             CARD_ERROR("\"code\":\"card_declined\",\"decline_code\":\"try_again_later\""),
             DECLINED, PROCESSING_ERROR, ""),
        CASE(CHARGE, "tok_a", 402,
             CARD_ERROR("\"code\":\"card_declined\",\"decline_code\":\"of_next_year\""), DECLINED,
             CARD_DECLINED, ""),
        CASE(CHARGE, "pm_a", 402, CARD_ERROR("\"code\":\"authentication_required\"," IDLE),
             DECLINED, AUTHENTICATION_REQUIRED, "pi_1"),
        /* The error names a payment intent that may have moved money, or one that is not ours. */
        CASE(CHARGE, "pm_a", 402,
             CARD_ERROR("\"code\":\"card_declined\",\"payment_intent\":{\"id\":\"pi_1\"," META
                        ",\"status\":\"succeeded\"}"),
             UNKNOWN, NONE, ""),
        CASE(CHARGE, "pm_a", 402,
             CARD_ERROR("\"code\":\"card_declined\",\"payment_intent\":{\"id\":\"pi_1\","
                        "\"status\":\"requires_payment_method\"}"),
             UNKNOWN, NONE, ""),
        CASE(CHARGE, "pm_a", 400,
             ERROR("\"type\":\"invalid_request_error\",\"payment_intent\":{\"id\":\"pi_1\"," META
                   ",\"status\":\"processing\"}"),
             UNKNOWN, NONE, ""),
        /* Nothing was done. */
        CASE(CHARGE, "tok_a", 400,
             ERROR("\"type\":\"invalid_request_error\",\"code\":\"amount_too_small\""), REFUSED,
             NONE, ""),
        CASE(CHARGE, "tok_a", 401, ERROR("\"type\":\"invalid_request_error\""), REFUSED, NONE, ""),
        CASE(CHARGE, "tok_a", 401, ERROR("\"type\":\"authentication_error\""), REFUSED, NONE, ""),
        CASE(CHARGE, "tok_a", 403, ERROR("\"type\":\"invalid_request_error\""), REFUSED, NONE, ""),
        CASE(CHARGE, "tok_a", 404, ERROR("\"type\":\"invalid_request_error\""), REFUSED, NONE, ""),
        CASE(REFUND, "tok_a", 400,
             ERROR("\"type\":\"invalid_request_error\",\"code\":\"charge_already_refunded\""),
             REFUSED, NONE, ""),
        /* Nothing is known. */
        CASE(CHARGE, "tok_a", 400, ERROR("\"type\":\"idempotency_error\""), UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 400, ERROR("\"type\":\"api_error\""), UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 400, "<html>", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 403, "<html>", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 404, "{}", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 402, "{}", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 402, ERROR("\"type\":\"api_error\""), UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 500, ERROR("\"type\":\"api_error\""), UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 500, CARD_ERROR("\"code\":\"card_declined\""), UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 502, "<html>", UNKNOWN, NONE, ""),
        CASE(CHARGE, "tok_a", 503, ERROR("\"type\":\"invalid_request_error\""), UNKNOWN, NONE, ""),
    };

    (void)state;
    check_examples(examples, COUNT(examples));
}

#define OF_CHARGE "\"charge\":\"ch_1\""

static void
believes_what_is_proved_about_a_refund(void **state)
{
    static const struct example examples[] = {
        CASE(REFUND, "tok_a", 200, REFUND_OF(OF_CHARGE, "\"status\":\"succeeded\""), SUCCEEDED,
             NONE, "re_1"),
        CASE(REFUND, "pm_a", 200,
             REFUND_OF(OF_CHARGE ",\"payment_intent\":\"pi_1\"", "\"status\":\"succeeded\""),
             SUCCEEDED, NONE, "re_1"),
        CASE(REFUND, "tok_a", 200, REFUND_OF(OF_CHARGE, "\"status\":\"pending\""), PENDING, NONE,
             "re_1"),
        CASE(REFUND, "tok_a", 200, REFUND_OF(OF_CHARGE, "\"status\":\"requires_action\""), PENDING,
             NONE, "re_1"),
        CASE(REFUND, "tok_a", 200, REFUND_OF(OF_CHARGE, "\"status\":\"failed\""), DECLINED,
             PROCESSING_ERROR, "re_1"),
        CASE(REFUND, "tok_a", 200, REFUND_OF(OF_CHARGE, "\"status\":\"canceled\""), DECLINED,
             PROCESSING_ERROR, "re_1"),
        CASE(REFUND, "tok_a", 200, REFUND_OF(OF_CHARGE, "\"status\":null"), UNKNOWN, NONE, "re_1"),
        CASE(REFUND, "tok_a", 200, REFUND_OF("\"charge\":\"ch_2\"", "\"status\":\"succeeded\""),
             UNKNOWN, NONE, ""),
        CASE(REFUND, "pm_a", 200, REFUND_OF(OF_CHARGE, "\"status\":\"succeeded\""), UNKNOWN, NONE,
             ""),
        CASE(REFUND, "tok_a", 200, CHARGE(SUCCEEDED), UNKNOWN, NONE, ""),
    };

    (void)state;
    check_examples(examples, COUNT(examples));
}

static void
hands_on_where_the_customer_has_to_go(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CHARGE, "pm_a");
    give(&scene, 200,
         INTENT("\"status\":\"requires_action\",\"next_action\":{\"redirect_to_url\":"
                "{\"url\":\"https://hooks.stripe.com/3ds?a=b\"}}"),
         "", "");
    assert_string_equal(scene.job.outcome.action_url, "https://hooks.stripe.com/3ds?a=b");
    begin(&scene, PROCESSOR_CHARGE, "pm_a");
    give(&scene, 200,
         INTENT("\"status\":\"requires_action\",\"next_action\":{\"redirect_to_url\":"
                "{\"url\":\"javascript:alert(1)\"}}"),
         "", "");
    assert_string_equal(scene.job.outcome.action_url, "");
    /* Nothing that would need an escape in our answer. */
    begin(&scene, PROCESSOR_CHARGE, "pm_a");
    give(&scene, 200,
         INTENT("\"status\":\"requires_action\",\"next_action\":{\"redirect_to_url\":"
                "{\"url\":\"https://hooks.stripe.com/\\\"x\"}}"),
         "", "");
    assert_string_equal(scene.job.outcome.action_url, "");
}

static void
tells_what_the_customer_can_still_do(void **state)
{
    static const struct {
        const char *body;
        enum processor_result result;
        bool awaits_customer;
        bool is_open;
    } examples[] = {
        {INTENT("\"status\":\"requires_action\""), PROCESSOR_PENDING, true, false},
        {INTENT("\"status\":\"requires_confirmation\""), PROCESSOR_PENDING, true, false},
        {INTENT("\"status\":\"requires_payment_method\""), PROCESSOR_PENDING, true, false},
        {INTENT("\"status\":\"processing\""), PROCESSOR_PENDING, false, false},
        {INTENT("\"status\":\"requires_payment_method\",\"last_payment_error\":"
                "{\"code\":\"payment_intent_authentication_failure\"}"),
         PROCESSOR_DECLINED, false, true},
        {INTENT("\"status\":\"canceled\",\"last_payment_error\":"
                "{\"code\":\"payment_intent_authentication_failure\"}"),
         PROCESSOR_DECLINED, false, false},
        {INTENT("\"status\":\"canceled\",\"last_payment_error\":null"), PROCESSOR_DECLINED, false,
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct scene scene;
        const struct processor_outcome *outcome = &scene.job.outcome;

        begin(&scene, PROCESSOR_FIND_PAYMENT, "pm_a");
        strcpy(scene.payment.reference, "pi_1");
        assert_int_equal(give(&scene, 200, examples[i].body, "", ""), PROCESSOR_ENDED);
        assert_int_equal(outcome->result, examples[i].result);
        assert_int_equal(outcome->awaits_customer, examples[i].awaits_customer);
        assert_int_equal(outcome->is_open, examples[i].is_open);
        if (outcome->result == PROCESSOR_DECLINED)
            assert_int_equal(outcome->decline, DECLINE_AUTHENTICATION_REQUIRED);
    }
}

/* Only what Stripe says is cancelled is. */
static void
believes_a_cancellation_that_is_confirmed(void **state)
{
    static const struct {
        int status;
        enum processor_result result;
        const char *body;
    } examples[] = {
        {200, PROCESSOR_DECLINED, INTENT("\"status\":\"canceled\"")},
        {200, PROCESSOR_UNKNOWN, INTENT("\"status\":\"canceled\",\"amount_received\":1999")},
        {200, PROCESSOR_UNKNOWN, INTENT("\"status\":\"succeeded\"")},
        {200, PROCESSOR_UNKNOWN, INTENT("\"status\":\"requires_action\"")},
        {200, PROCESSOR_UNKNOWN,
         INTENT("\"status\":\"requires_payment_method\",\"last_payment_error\":{}")},
        {200, PROCESSOR_UNKNOWN,
         "{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"status\":\"canceled\"}"},
        {200, PROCESSOR_UNKNOWN, ""},
        {400, PROCESSOR_TOO_LATE,
         ERROR("\"type\":\"invalid_request_error\",\"code\":\"payment_intent_unexpected_state\"")},
        {400, PROCESSOR_UNKNOWN, ERROR("\"type\":\"invalid_request_error\"")},
        {404, PROCESSOR_UNKNOWN,
         ERROR("\"type\":\"invalid_request_error\",\"code\":\"resource_missing\"")},
        {500, PROCESSOR_UNKNOWN, ERROR("\"code\":\"payment_intent_unexpected_state\"")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct scene scene;

        begin(&scene, PROCESSOR_CANCEL_PAYMENT, "pm_a");
        strcpy(scene.payment.reference, "pi_1");
        assert_int_equal(give(&scene, examples[i].status, examples[i].body, "", ""),
                         PROCESSOR_ENDED);
        if (scene.job.outcome.result != examples[i].result)
            print_message("# %d %s\n", examples[i].status, examples[i].body);
        assert_int_equal(scene.job.outcome.result, examples[i].result);
        assert_int_equal(scene.job.outcome.decline, examples[i].result == PROCESSOR_DECLINED
                                                        ? DECLINE_AUTHENTICATION_REQUIRED
                                                        : DECLINE_NONE);
    }
}

static void
sends_again_only_when_told(void **state)
{
    static const struct {
        int status;
        enum processor_progress progress;
        int64_t pause_ms;
        const char *retry_after;
        const char *should_retry;
    } examples[] = {
        {409, PROCESSOR_SEND_AGAIN, 500, "", ""},
        {429, PROCESSOR_SEND_AGAIN, 500, "", ""},
        {429, PROCESSOR_SEND_AGAIN, 3000, "3", ""},
        {429, PROCESSOR_SEND_AGAIN, 500, "0", ""},
        {429, PROCESSOR_SEND_AGAIN, 500, "99999999999999999999", ""},
        {429, PROCESSOR_SEND_AGAIN, 600000, "999999999", ""},
        {429, PROCESSOR_SEND_AGAIN, 500, "Wed, 21 Oct 2026 07:28:00 GMT", ""},
        {429, PROCESSOR_ENDED, 0, "3", "false"},
        {409, PROCESSOR_ENDED, 0, "", "false"},
        {500, PROCESSOR_SEND_AGAIN, 500, "", "true"},
        {500, PROCESSOR_ENDED, 0, "", ""},
        {503, PROCESSOR_ENDED, 0, "5", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct scene scene;

        begin(&scene, PROCESSOR_CHARGE, "tok_a");
        assert_int_equal(give(&scene, examples[i].status, ERROR("\"type\":\"api_error\""),
                              examples[i].retry_after, examples[i].should_retry),
                         examples[i].progress);
        assert_int_equal(scene.pause_ms, examples[i].pause_ms);
        assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    }
}

/* What refuses a second try says nothing about the first. */
static void
stays_in_doubt(void **state)
{
    const char *refusal = ERROR("\"type\":\"invalid_request_error\"");
    struct processor_answer not_sent = {.kind = PROCESSOR_ANSWER_NOT_SENT};
    struct processor_answer repeated = {.kind = PROCESSOR_ANSWER_WHOLE,
                                        .status = 401,
                                        .retry_after = "",
                                        .should_retry = "",
                                        .was_repeated = true};
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CHARGE, "tok_a");
    assert_int_equal(give(&scene, 409, refusal, "", ""), PROCESSOR_SEND_AGAIN);
    assert_int_equal(give(&scene, 401, refusal, "", ""), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    assert_int_equal(stripe_type.answer(&scene.job, &not_sent, &scene.pause_ms),
                     PROCESSOR_SEND_AGAIN);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    assert_int_equal(give(&scene, 200, CHARGE(SUCCEEDED), "", ""), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_SUCCEEDED);
    /* 429 was not carried out. */
    begin(&scene, PROCESSOR_CHARGE, "tok_a");
    assert_int_equal(give(&scene, 429, refusal, "", ""), PROCESSOR_SEND_AGAIN);
    assert_int_equal(give(&scene, 401, refusal, "", ""), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_REFUSED);
    /* Nor does an answer to what was sent twice at once. */
    begin(&scene, PROCESSOR_REFUND, "tok_a");
    repeated.body = refusal;
    repeated.body_length = strlen(refusal);
    assert_int_equal(stripe_type.answer(&scene.job, &repeated, &scene.pause_ms), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
}

static void
tells_not_sent_from_lost(void **state)
{
    struct processor_answer answer = {.kind = PROCESSOR_ANSWER_NOT_SENT};
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CHARGE, "tok_a");
    assert_int_equal(stripe_type.answer(&scene.job, &answer, &scene.pause_ms),
                     PROCESSOR_SEND_AGAIN);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_NOT_SENT);
    assert_true(scene.pause_ms > 0);
    answer.kind = PROCESSOR_ANSWER_LOST;
    assert_int_equal(stripe_type.answer(&scene.job, &answer, &scene.pause_ms), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(believes_what_is_proved_about_a_charge),
        cmocka_unit_test(tells_declines_refusals_and_doubts_apart),
        cmocka_unit_test(believes_what_is_proved_about_a_refund),
        cmocka_unit_test(hands_on_where_the_customer_has_to_go),
        cmocka_unit_test(tells_what_the_customer_can_still_do),
        cmocka_unit_test(believes_a_cancellation_that_is_confirmed),
        cmocka_unit_test(sends_again_only_when_told),
        cmocka_unit_test(stays_in_doubt),
        cmocka_unit_test(tells_not_sent_from_lost),
    };

    return RUN(tests);
}
