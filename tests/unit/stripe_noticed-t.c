/*
 * What notices are about: a refund or a dispute names its charge, and the charge its payment. And
 * what should not have been charged is given back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "stripe_scene.h"

#define CHARGED ",\"charge\":{\"id\":\"ch_1\",\"object\":\"charge\"," META "}"
#define NOTICED(object, id, rest)                                                   \
    "{\"id\":\"" id "\",\"object\":\"" object "\",\"metadata\":{},\"amount\":1999," \
    "\"currency\":\"usd\"," rest "}"

static void
begin_notice(struct scene *scene, struct notice *notice, enum notice_subject subject,
             const char *reference)
{
    begin(scene, PROCESSOR_FIND_NOTICED, "tok_visa");
    *notice = (struct notice){.subject = subject};
    snprintf(notice->reference, sizeof notice->reference, "%s", reference);
    scene->job.payment = NULL;
    scene->job.refund = NULL;
    scene->job.notice = notice;
}

static void
asks_for_the_charge_with_it(void **state)
{
    struct scene scene;
    struct notice notice;

    (void)state;
    begin_notice(&scene, &notice, NOTICE_REFUND, "re_1");
    assert_true(write_request(&scene));
    assert_false(scene.request.is_post);
    assert_string_equal(scene.request.path, "/v1/refunds/re_1?expand%5B%5D=charge");
    begin_notice(&scene, &notice, NOTICE_DISPUTE, "du_1");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/disputes/du_1?expand%5B%5D=charge");
    begin_notice(&scene, &notice, NOTICE_DISPUTE, "../charges");
    assert_false(write_request(&scene));
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
}

static void
takes_what_is_said(void **state)
{
    struct scene scene;
    struct notice notice;
    const struct processor_outcome *outcome = &scene.job.outcome;

    (void)state;
    begin_notice(&scene, &notice, NOTICE_REFUND, "re_1");
    give(&scene, 200, NOTICED("refund", "re_1", "\"status\":\"succeeded\"" CHARGED), "", "");
    assert_int_equal(outcome->result, PROCESSOR_SUCCEEDED);
    assert_true(outcome->seen.has_payment);
    assert_int_equal(outcome->seen.payment_id.bytes[15], 1);
    assert_string_equal(outcome->seen.parent, "ch_1");
    assert_false(outcome->seen.has_refund);
    assert_ptr_equal(outcome->seen.currency, currency_find("USD"));
    assert_int_equal(outcome->seen.amount, 1999);

    begin_notice(&scene, &notice, NOTICE_REFUND, "re_1");
    give(&scene, 200,
         "{\"id\":\"re_1\",\"object\":\"refund\",\"metadata\":{\"refund_id\":\"" REFUND_ID
         "\"},\"amount\":100000,\"currency\":\"isk\",\"payment_intent\":\"pi_1\","
         "\"status\":\"pending\"" CHARGED "}",
         "", "");
    assert_int_equal(outcome->result, PROCESSOR_PENDING);
    assert_true(outcome->seen.has_refund);
    assert_string_equal(outcome->seen.parent, "pi_1");
    assert_int_equal(outcome->seen.amount, 1000);

    begin_notice(&scene, &notice, NOTICE_REFUND, "re_1");
    give(&scene, 200,
         NOTICED("refund", "re_1", "\"status\":\"succeeded\",\"charge\":{\"id\":\"ch_1\"}"), "",
         "");
    assert_false(outcome->seen.has_payment);
}

static void
takes_no_other_object(void **state)
{
    static const char *const bodies[] = {
        NOTICED("refund", "re_2", "\"status\":\"succeeded\"" CHARGED),
        NOTICED("dispute", "re_1", "\"status\":\"succeeded\"" CHARGED),
        NOTICED("refund", "re_1", "\"status\":\"odd\"" CHARGED),
        "[]",
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct scene scene;
        struct notice notice;

        begin_notice(&scene, &notice, NOTICE_REFUND, "re_1");
        give(&scene, 200, bodies[i], "", "");
        assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
        begin_notice(&scene, &notice, NOTICE_REFUND, "re_1");
        give(&scene, 404, ERROR("\"type\":\"invalid_request_error\""), "", "");
        assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    }
}

static void
knows_which_disputes_stand(void **state)
{
    static const struct {
        const char *status;
        enum processor_result result;
    } rows[] = {
        {"needs_response", PROCESSOR_SUCCEEDED}, {"under_review", PROCESSOR_SUCCEEDED},
        {"lost", PROCESSOR_SUCCEEDED},           {"won", PROCESSOR_DECLINED},
        {"warning_closed", PROCESSOR_DECLINED},  {"warning_needs_response", PROCESSOR_DECLINED},
        {"prevented", PROCESSOR_DECLINED},       {"succeeded", PROCESSOR_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        struct notice notice;
        char body[512];

        begin_notice(&scene, &notice, NOTICE_DISPUTE, "du_1");
        snprintf(body, sizeof body, NOTICED("dispute", "du_1", "\"status\":\"%s\"" CHARGED),
                 rows[i].status);
        give(&scene, 200, body, "", "");
        assert_int_equal(scene.job.outcome.result, rows[i].result);
        assert_true(scene.job.outcome.seen.has_payment);
    }
}

static void
gives_all_of_it_back_under_a_key_of_its_own(void **state)
{
    struct scene scene;

    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(&scene, PROCESSOR_GIVE_BACK, "tok_visa");
        strcpy(scene.payment.reference, i == 0 ? "ch_1" : "pi_1");
        assert_true(write_request(&scene));
        assert_true(scene.request.is_post);
        assert_string_equal(scene.request.path, "/v1/refunds");
        assert_string_equal(scene.request.body,
                            i == 0 ? "charge=ch_1&metadata%5Bpayment_id%5D=" PAYMENT_ID
                                   : "payment_intent=pi_1&metadata%5Bpayment_id%5D=" PAYMENT_ID);
        assert_header(&scene.request,
                      i == 0 ? "Idempotency-Key: ch_1_back" : "Idempotency-Key: pi_1_back", true);
    }
    begin(&scene, PROCESSOR_GIVE_BACK, "tok_visa");
    assert_false(write_request(&scene));
}

#define GIVEN(rest) "{\"id\":\"re_1\",\"object\":\"refund\",\"amount\":1999," rest "}"

static void
knows_what_became_of_giving_back(void **state)
{
    static const struct {
        const char *body;
        int status;
        enum processor_result result;
    } rows[] = {
        {GIVEN(META ",\"status\":\"succeeded\""), 200, PROCESSOR_SUCCEEDED},
        {GIVEN(META ",\"status\":\"pending\""), 200, PROCESSOR_PENDING},
        {GIVEN(META ",\"status\":\"failed\""), 200, PROCESSOR_DECLINED},
        {GIVEN("\"status\":\"succeeded\""), 200, PROCESSOR_UNKNOWN},
        {"{", 200, PROCESSOR_UNKNOWN},
        {ERROR("\"type\":\"invalid_request_error\",\"code\":\"charge_already_refunded\""), 400,
         PROCESSOR_SUCCEEDED},
        {ERROR("\"type\":\"invalid_request_error\",\"code\":\"charge_disputed\""), 400,
         PROCESSOR_UNKNOWN},
        {ERROR("\"type\":\"api_error\""), 500, PROCESSOR_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;

        begin(&scene, PROCESSOR_GIVE_BACK, "tok_visa");
        strcpy(scene.payment.reference, "ch_1");
        give(&scene, rows[i].status, rows[i].body, "", "");
        assert_int_equal(scene.job.outcome.result, rows[i].result);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_the_charge_with_it),
        cmocka_unit_test(takes_what_is_said),
        cmocka_unit_test(takes_no_other_object),
        cmocka_unit_test(knows_which_disputes_stand),
        cmocka_unit_test(gives_all_of_it_back_under_a_key_of_its_own),
        cmocka_unit_test(knows_what_became_of_giving_back),
    };

    return RUN(tests);
}
