/*
 * Events: their words, and the texts that they are made of.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include <jansson.h>

#include "domain/event.h"

static void
words_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        enum event_type type = EVENT_TYPE_COUNT;

        assert_true(event_type_parse(event_type_name((enum event_type)i), &type));
        assert_int_equal(type, i);
    }
    for (size_t i = 0; i < 3; i++) {
        static const char *const wrong[] = {"", "payment", "payment.succeeded "};
        enum event_type type;

        assert_false(event_type_parse(wrong[i], &type));
    }
}

/* The text is JSON, whole, and its data has these members. */
static void
check_body(const struct event *event, const char *const *members, size_t count)
{
    json_t *body = json_loads(event->body, JSON_REJECT_DUPLICATES, NULL);
    const json_t *data = json_object_get(body, "data");

    assert_non_null(data);
    assert_string_equal(json_string_value(json_object_get(body, "type")),
                        event_type_name(event->type));
    assert_int_equal(strncmp(json_string_value(json_object_get(body, "id")), "evt_", 4), 0);
    assert_int_equal(json_object_size(data), count);
    for (size_t i = 0; i < count; i++)
        assert_non_null(json_object_get(data, members[i]));
    json_decref(body);
}

static void
payments_are_told(void **state)
{
    static const char *const members[] = {"id", "amount", "currency", "status", "created_at"};
    static const enum event_type types[] = {
        [PAYMENT_PROCESSING] = EVENT_PAYMENT_PROCESSING,
        [PAYMENT_SUCCEEDED] = EVENT_PAYMENT_SUCCEEDED,
        [PAYMENT_FAILED] = EVENT_PAYMENT_FAILED,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct payment payment = {.amount = 999999999999999,
                                  .currency = currency_find("KWD"),
                                  .status = (enum payment_status)i,
                                  .created_at = 1718020800000};
        struct event event;

        payment.id.bytes[15] = 7;
        payment.merchant_id.bytes[0] = 9;
        assert_true(event_of_payment(&event, &payment));
        assert_int_equal(event.type, types[i]);
        assert_true(identifier_equal(&event.object_id, &payment.id));
        assert_true(identifier_equal(&event.merchant_id, &payment.merchant_id));
        check_body(&event, members, COUNT(members));
        assert_non_null(strstr(event.body, "\"amount\":999999999999.999,\"currency\":\"KWD\""));
    }
}

static void
refunds_are_told(void **state)
{
    static const char *const members[] = {"id", "payment_id", "amount", "status", "created_at"};
    struct refund refund = {.amount = 250,
                            .currency = currency_find("JPY"),
                            .status = REFUND_SUCCEEDED,
                            .created_at = 1718020800000};
    struct event event;

    (void)state;
    assert_true(event_of_refund(&event, &refund));
    assert_int_equal(event.type, EVENT_REFUND_SUCCEEDED);
    check_body(&event, members, COUNT(members));
    assert_non_null(strstr(event.body, "\"amount\":250,"));
    refund.status = REFUND_FAILED;
    event_tell_refund(&event, &refund);
    assert_int_equal(event.type, EVENT_REFUND_FAILED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(payments_are_told),
        cmocka_unit_test(refunds_are_told),
    };

    return RUN(tests);
}
