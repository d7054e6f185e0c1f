/*
 * What the tests of Stripe share: a payment, a refund of it, a job of either, and Stripe's objects.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_TESTS_STRIPE_SCENE_H
#define PAYMENT_API_TESTS_STRIPE_SCENE_H

#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "processor/processor.h"

#define PAYMENT_ID "pay_00000000000000000000000001"
#define REFUND_ID "refund_00000000000000000000000002"

static const struct processor processor = {
    .type = &stripe_type,
    .name = "stripe",
    .mode = MODE_TEST,
    .address = "https://api.stripe.com",
    .secret = "sk_test_51secret",
};

/* One payment, one refund of it, and a job of either. */
struct scene {
    struct payment payment;
    struct refund refund;
    struct processor_job job;
    struct processor_request request;
    int64_t pause_ms;
};

static inline void
begin(struct scene *scene, enum processor_task task, const char *source)
{
    *scene = (struct scene){
        .payment = {.amount = 1999, .created_at = INT64_C(1718020800000)},
        .refund = {.amount = 500},
    };
    scene->payment.currency = currency_find("USD");
    scene->refund.currency = scene->payment.currency;
    scene->payment.id.bytes[15] = 1;
    scene->refund.id.bytes[15] = 2;
    snprintf(scene->payment.source, sizeof scene->payment.source, "%s", source);
    if (task == PROCESSOR_REFUND || task == PROCESSOR_FIND_REFUND || task == PROCESSOR_CLOSE_REFUND)
        snprintf(scene->payment.reference, sizeof scene->payment.reference, "%s",
                 source[0] == 't' ? "ch_1" : "pi_1");
    processor_job_init(&scene->job, task, &processor, &scene->payment, &scene->refund);
}

static inline bool
write_request(struct scene *scene)
{
    return stripe_type.request(&scene->job, &scene->request);
}

static inline enum processor_progress
give(struct scene *scene, int status, const char *body, const char *retry_after,
     const char *should_retry)
{
    struct processor_answer answer = {
        .kind = PROCESSOR_ANSWER_WHOLE,
        .status = status,
        .body = body,
        .body_length = strlen(body),
        .retry_after = retry_after,
        .should_retry = should_retry,
    };

    return stripe_type.answer(&scene->job, &answer, &scene->pause_ms);
}

static inline void
assert_header(const struct processor_request *request, const char *line, bool is_there)
{
    bool found = false;

    for (size_t i = 0; i < PROCESSOR_HEADERS_MAX; i++)
        found = found || strcmp(request->headers[i], line) == 0;
    assert_int_equal(found, is_there);
}

/* Objects as Stripe answers them, for the job of begin(). */
#define META "\"metadata\":{\"payment_id\":\"" PAYMENT_ID "\"}"
#define CHARGE(rest) \
    "{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":1999,\"currency\":\"usd\"," META "," rest "}"
#define INTENT(rest)                                                                            \
    "{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":1999,\"currency\":\"usd\"," META \
    "," rest "}"
#define REFUND_OF(parent, rest)                                                   \
    "{\"id\":\"re_1\",\"object\":\"refund\",\"amount\":500,\"currency\":\"usd\"," \
    "\"metadata\":{\"refund_id\":\"" REFUND_ID "\"}," parent "," rest "}"
#define SUCCEEDED "\"status\":\"succeeded\",\"captured\":true,\"paid\":true"
#define ERROR(rest) "{\"error\":{" rest "}}"
#define LIST(data, more) "{\"object\":\"list\",\"data\":[" data "],\"has_more\":" more "}"
#define CARD_ERROR(rest) ERROR("\"type\":\"card_error\"," rest)

#endif
