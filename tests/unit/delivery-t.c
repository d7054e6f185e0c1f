/*
 * Deliveries: how they are signed, and when they are tried again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <openssl/evp.h>
#include <string.h>

#include "domain/delivery.h"

#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)

/* The example of the Standard Webhooks libraries (MIT). */
static void
signs_the_published_example(void **state)
{
    static const char secret[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    struct delivery_secrets secrets = {.count = 1};
    char signatures[DELIVERY_SIGNATURES_SIZE];

    (void)state;
    /* Its secret has 24 bytes; HMAC fills keys up with zeros, as these are. */
    assert_int_equal(EVP_DecodeBlock(secrets.list[0].bytes, (const unsigned char *)secret, 32), 24);
    assert_true(delivery_sign(&secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                              "{\"test\": 2432232314}", signatures));
    assert_string_equal(signatures, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void
signs_with_each_secret(void **state)
{
    struct delivery_secrets secrets = {.count = DELIVERY_SECRETS_MAX};
    char all[DELIVERY_SIGNATURES_SIZE], one[DELIVERY_SIGNATURES_SIZE];

    (void)state;
    for (size_t i = 0; i < DELIVERY_SECRETS_MAX; i++)
        memset(secrets.list[i].bytes, (int)i + 1, WEBHOOK_SECRET_SIZE);
    assert_true(delivery_sign(&secrets, "evt_1", 1, "{}", all));
    assert_int_equal(strlen(all), DELIVERY_SIGNATURES_SIZE - 2);
    secrets.list[0] = secrets.list[2];
    secrets.count = 1;
    assert_true(delivery_sign(&secrets, "evt_1", 1, "{}", one));
    assert_memory_equal(all + (size_t)2 * 48, one, strlen(one));
    secrets.count = 0;
    assert_false(delivery_sign(&secrets, "evt_1", 1, "{}", one));
}

static void
waits_longer_each_time_and_gives_up(void **state)
{
    static const int64_t seconds[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};

    (void)state;
    for (unsigned i = 0; i < DELIVERY_TRIES - 1; i++) {
        assert_int_equal(delivery_next_try(i + 1, 7, 0, ""), 7 + seconds[i] * SECOND);
        /* The most that chance adds is less than a fifth. */
        assert_in_range(delivery_next_try(i + 1, 7, 1023, ""), 7 + seconds[i] * 1190,
                        7 + seconds[i] * 1200);
    }
    assert_int_equal(delivery_next_try(DELIVERY_TRIES, 7, 0, ""), 0);
    assert_int_equal(delivery_next_try(DELIVERY_TRIES, 7, 0, "60"), 0);
}

static void
waits_as_it_is_asked_to(void **state)
{
    (void)state;
    assert_int_equal(delivery_next_try(1, 0, 0, "60"), 60 * SECOND);
    assert_int_equal(delivery_next_try(1, 0, 0, "86400"), 24 * HOUR);
    /* Never sooner than without, and nothing that is no number of seconds, or more than a day. */
    assert_int_equal(delivery_next_try(2, 0, 0, "60"), 300 * SECOND);
    assert_int_equal(delivery_next_try(1, 0, 0, "86401"), 5 * SECOND);
    assert_int_equal(delivery_next_try(1, 0, 0, "99999999999999999999999"), 5 * SECOND);
    assert_int_equal(delivery_next_try(1, 0, 0, "-60"), 5 * SECOND);
    assert_int_equal(delivery_next_try(1, 0, 0, "Wed, 21 Oct 2015 07:28:00 GMT"), 5 * SECOND);
}

static void
takes_only_2xx_for_arrived(void **state)
{
    (void)state;
    assert_true(delivery_arrived(200));
    assert_true(delivery_arrived(299));
    assert_false(delivery_arrived(0));
    assert_false(delivery_arrived(199));
    assert_false(delivery_arrived(301));
    assert_false(delivery_arrived(410));
}

/* Words that only a newer program knows. */
static void
leaves_out_types_that_it_does_not_know(void **state)
{
    uint32_t events, both = UINT32_C(1) << EVENT_PAYMENT_SUCCEEDED | UINT32_C(1)
                                                                         << EVENT_REFUND_FAILED;

    (void)state;
    assert_false(webhook_events_parse("payment.succeeded,payment.captured,refund.failed", &events));
    assert_int_equal(events, both);
    assert_false(webhook_events_parse("payment.captured", &events));
    assert_int_equal(events, 0);
    assert_true(webhook_events_parse("refund.failed,payment.succeeded", &events));
    assert_int_equal(events, both);
    assert_false(webhook_events_parse("", &events));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_the_published_example),
        cmocka_unit_test(signs_with_each_secret),
        cmocka_unit_test(waits_longer_each_time_and_gives_up),
        cmocka_unit_test(waits_as_it_is_asked_to),
        cmocka_unit_test(takes_only_2xx_for_arrived),
        cmocka_unit_test(leaves_out_types_that_it_does_not_know),
    };

    return RUN(tests);
}
