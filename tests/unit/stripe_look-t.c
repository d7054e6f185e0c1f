/*
 * Stripe: what was lost is looked for, and a key is used up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "stripe_scene.h"

static void
looks_by_stripes_own_id(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_FIND_PAYMENT, "tok_a");
    strcpy(scene.payment.reference, "ch_1");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/charges/ch_1");
    assert_false(scene.request.is_post);
    assert_header(&scene.request, "Authorization: Bearer sk_test_51secret", true);
    assert_header(&scene.request, "Idempotency-Key: " PAYMENT_ID, false);
    assert_int_equal(give(&scene, 200, CHARGE(SUCCEEDED), "", ""), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_SUCCEEDED);
    /* What was there once is not gone: another account, or another mode. */
    give(&scene, 404, ERROR("\"type\":\"invalid_request_error\",\"code\":\"resource_missing\""), "",
         "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    give(&scene, 401, ERROR("\"type\":\"invalid_request_error\""), "", "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    strcpy(scene.payment.reference, "pi_1");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/payment_intents/pi_1");
    give(&scene, 200,
         INTENT("\"status\":\"requires_payment_method\",\"last_payment_error\":"
                "{\"code\":\"card_declined\",\"decline_code\":\"insufficient_funds\"}"),
         "", "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_DECLINED);
    assert_int_equal(scene.job.outcome.decline, DECLINE_INSUFFICIENT_FUNDS);
    give(&scene, 200, INTENT("\"status\":\"canceled\",\"amount_received\":0"), "", "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_DECLINED);
    give(&scene, 200, INTENT("\"status\":\"canceled\",\"amount_received\":5"), "", "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    strcpy(scene.payment.reference, "pi_1/../x");
    assert_false(write_request(&scene));
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
}

#define OTHER "{\"id\":\"ch_7\",\"object\":\"charge\",\"metadata\":{}}"

static void
looks_through_lists(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_FIND_PAYMENT, "tok_a");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/charges?created%5Bgte%5D=1718020500"
                                            "&created%5Blte%5D=1718024400&limit=25");
    assert_int_equal(give(&scene, 200, LIST(OTHER, "true"), "", ""), PROCESSOR_NEXT);
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path,
                        "/v1/charges?created%5Bgte%5D=1718020500"
                        "&created%5Blte%5D=1718024400&limit=25&starting_after=ch_7");
    assert_int_equal(give(&scene, 200, LIST("", "false"), "", ""), PROCESSOR_NEXT);
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/charges?created%5Bgte%5D=1718024401"
                                            "&created%5Blte%5D=1718107200&limit=25");
    assert_int_equal(give(&scene, 429, "{}", "1", ""), PROCESSOR_SEND_AGAIN);
    assert_int_equal(give(&scene, 200, LIST(OTHER, "false"), "", ""), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_NOT_FOUND);

    begin(&scene, PROCESSOR_FIND_PAYMENT, "tok_a");
    assert_int_equal(give(&scene, 200, LIST(OTHER "," CHARGE(SUCCEEDED), "true"), "", ""),
                     PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_SUCCEEDED);
    assert_string_equal(scene.job.outcome.reference, "ch_1");

    begin(&scene, PROCESSOR_FIND_PAYMENT, "pm_a");
    assert_true(write_request(&scene));
    assert_int_equal(strncmp(scene.request.path, "/v1/payment_intents?created", 27), 0);
}

static void
looks_for_a_refund(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_FIND_REFUND, "tok_a");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/refunds?charge=ch_1&limit=25");
    assert_int_equal(give(&scene, 200, LIST("", "false"), "", ""), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_NOT_FOUND);
    begin(&scene, PROCESSOR_FIND_REFUND, "pm_a");
    strcpy(scene.refund.reference, "re_1");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/refunds/re_1");
    give(&scene, 200, REFUND_OF("\"payment_intent\":\"pi_1\"", "\"status\":\"succeeded\""), "", "");
    assert_int_equal(scene.job.outcome.result, PROCESSOR_SUCCEEDED);
}

/* Not found is only what a whole list says. */
static void
finds_nothing_only_in_lists(void **state)
{
    static const struct {
        int status;
        const char *body;
    } examples[] = {
        {200, "{}"},
        {200, "{\"object\":\"list\",\"data\":[]}"},
        {200, "{\"object\":\"list\",\"has_more\":false}"},
        {200, "{\"data\":[],\"has_more\":false}"},
        {200, LIST("", "true")},
        {200, LIST("{\"id\":\"../\"}", "true")},
        {404, ERROR("\"type\":\"invalid_request_error\"")},
        {401, ERROR("\"type\":\"invalid_request_error\"")},
        {500, LIST("", "false")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct scene scene;

        begin(&scene, PROCESSOR_FIND_PAYMENT, "tok_a");
        assert_int_equal(give(&scene, examples[i].status, examples[i].body, "", ""),
                         PROCESSOR_ENDED);
        assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    }
}

static void
ends_a_list_that_does_not_end(void **state)
{
    enum processor_progress progress = PROCESSOR_NEXT;
    struct scene scene;
    unsigned pages = 0;

    (void)state;
    begin(&scene, PROCESSOR_FIND_PAYMENT, "tok_a");
    while (progress == PROCESSOR_NEXT && pages < 100000) {
        char body[160];

        snprintf(body, sizeof body, LIST("{\"id\":\"ch_%u\",\"metadata\":{}}", "true"), pages++);
        progress = give(&scene, 200, body, "", "");
    }
    assert_int_equal(progress, PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
    /* Nor one that goes round. */
    begin(&scene, PROCESSOR_FIND_PAYMENT, "tok_a");
    assert_int_equal(give(&scene, 200, LIST(OTHER, "true"), "", ""), PROCESSOR_NEXT);
    assert_int_equal(give(&scene, 200, LIST(OTHER, "true"), "", ""), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_UNKNOWN);
}

#define FENCE(id)                                                                          \
    "{\"id\":\"pi_5\",\"object\":\"payment_intent\",\"amount\":1999,\"currency\":\"usd\"," \
    "\"status\":\"requires_payment_method\",\"metadata\":{\"closed\":\"" id "\"}}"

static void
uses_a_key_up(void **state)
{
    struct processor_answer lost = {.kind = PROCESSOR_ANSWER_LOST};
    struct scene scene;

    (void)state;
    begin(&scene, PROCESSOR_CLOSE_PAYMENT, "tok_a");
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/payment_intents");
    assert_string_equal(scene.request.body,
                        "amount=1999&currency=usd&payment_method_types%5B%5D=card"
                        "&metadata%5Bclosed%5D=" PAYMENT_ID);
    assert_header(&scene.request, "Idempotency-Key: " PAYMENT_ID, true);
    assert_int_equal(give(&scene, 200, FENCE(PAYMENT_ID), "", ""), PROCESSOR_NEXT);
    assert_true(write_request(&scene));
    assert_string_equal(scene.request.path, "/v1/payment_intents/pi_5/cancel");
    assert_header(&scene.request, "Idempotency-Key: " PAYMENT_ID, false);
    /* It stands, whatever becomes of the cancellation. */
    assert_int_equal(stripe_type.answer(&scene.job, &lost, &scene.pause_ms), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_CLOSED);
    assert_int_equal(give(&scene, 500, "", "", ""), PROCESSOR_ENDED);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_CLOSED);

    begin(&scene, PROCESSOR_CLOSE_REFUND, "tok_a");
    assert_true(write_request(&scene));
    assert_header(&scene.request, "Idempotency-Key: " REFUND_ID, true);
    assert_int_equal(give(&scene, 200, FENCE(REFUND_ID), "", ""), PROCESSOR_NEXT);
    assert_int_equal(scene.job.outcome.result, PROCESSOR_CLOSED);
}

static void
believes_in_a_fence_only_when_it_stands(void **state)
{
    static const struct {
        int status;
        enum processor_result result;
        const char *body;
    } examples[] = {
        {400, PROCESSOR_KEY_USED, ERROR("\"type\":\"idempotency_error\"")},
        {409, PROCESSOR_KEY_USED, "{}"},
        {200, PROCESSOR_KEY_USED, CHARGE(SUCCEEDED)},
        {200, PROCESSOR_KEY_USED, INTENT(SUCCEEDED)},
        {200, PROCESSOR_UNKNOWN, FENCE("pay_00000000000000000000000009")},
        {200, PROCESSOR_UNKNOWN, "{}"},
        {200, PROCESSOR_UNKNOWN, ""},
        {400, PROCESSOR_UNKNOWN, ERROR("\"type\":\"invalid_request_error\"")},
        {401, PROCESSOR_UNKNOWN, ERROR("\"type\":\"invalid_request_error\"")},
        {402, PROCESSOR_UNKNOWN, CARD_ERROR("\"code\":\"card_declined\"")},
        {500, PROCESSOR_UNKNOWN, FENCE(PAYMENT_ID)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct scene scene;

        begin(&scene, PROCESSOR_CLOSE_PAYMENT, "tok_a");
        assert_int_equal(give(&scene, examples[i].status, examples[i].body, "", ""),
                         PROCESSOR_ENDED);
        assert_int_equal(scene.job.outcome.result, examples[i].result);
    }
    assert_true(stripe_type.key_lifetime_ms < INT64_C(24) * 3600 * 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_by_stripes_own_id),
        cmocka_unit_test(looks_through_lists),
        cmocka_unit_test(looks_for_a_refund),
        cmocka_unit_test(finds_nothing_only_in_lists),
        cmocka_unit_test(ends_a_list_that_does_not_end),
        cmocka_unit_test(uses_a_key_up),
        cmocka_unit_test(believes_in_a_fence_only_when_it_stands),
    };

    return RUN(tests);
}
