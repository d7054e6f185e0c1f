/*
 * Stripe's jobs at a prompt, for the tests that have the other side: they read what would be sent,
 * and say what came back.
 *
 * Each line of the input is a JSON object, and has a line of output.
 *   {"task":"charge","source":"tok_visa","amount":1999,"currency":"USD",...} begins a job
 *   {"status":200,"body":"..."} is the answer to its request
 * The output is {"request":{...}}, {"outcome":{...}}, or both with "pause_ms" when the same request
 * is to be sent again.
 *
 * SPDX-License-Identifier: MIT
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "processor/processor.h"

static const char *const tasks[] = {
    [PROCESSOR_CHARGE] = "charge",
    [PROCESSOR_REFUND] = "refund",
    [PROCESSOR_FIND_PAYMENT] = "find_payment",
    [PROCESSOR_FIND_REFUND] = "find_refund",
    [PROCESSOR_CLOSE_PAYMENT] = "close_payment",
    [PROCESSOR_CLOSE_REFUND] = "close_refund",
    [PROCESSOR_CANCEL_PAYMENT] = "cancel_payment",
    [PROCESSOR_CHECK] = "check",
};

static const struct processor processor = {
    .type = &stripe_type,
    .name = "stripe",
    .mode = MODE_TEST,
    .secret = "sk_test_probe",
};

/* What a line may set; the job stands on it. */
static struct payment payment;
static struct refund refund;
static struct processor_job job;
static struct processor_request request;

static const char *
text_of(const json_t *line, const char *name)
{
    const char *text = json_string_value(json_object_get(line, name));

    return text != NULL ? text : "";
}

static void
take_number(const json_t *line, const char *name, int64_t *number)
{
    if (json_is_integer(json_object_get(line, name)))
        *number = json_integer_value(json_object_get(line, name));
}

static void
fail(const char *what)
{
    fprintf(stderr, "stripe_probe: %s\n", what);
    exit(2);
}

static void
take_records(const json_t *line)
{
    int64_t payment_number = 1, refund_number = 2;

    payment = (struct payment){.amount = 1999, .currency = currency_find("USD")};
    refund = (struct refund){.amount = 500};
    take_number(line, "payment", &payment_number);
    take_number(line, "refund", &refund_number);
    payment.id.bytes[15] = (unsigned char)payment_number;
    refund.id.bytes[15] = (unsigned char)refund_number;
    take_number(line, "amount", &payment.amount);
    take_number(line, "refund_amount", &refund.amount);
    take_number(line, "created_at", &payment.created_at);
    if (json_object_get(line, "currency") != NULL)
        payment.currency = currency_find(text_of(line, "currency"));
    if (payment.currency == NULL)
        fail("no such currency");
    refund.currency = payment.currency;
    payment.has_description = json_object_get(line, "description") != NULL;
    snprintf(payment.source, sizeof payment.source, "%s", text_of(line, "source"));
    snprintf(payment.description, sizeof payment.description, "%s", text_of(line, "description"));
    snprintf(payment.return_url, sizeof payment.return_url, "%s", text_of(line, "return_url"));
    snprintf(payment.reference, sizeof payment.reference, "%s", text_of(line, "payment_reference"));
    snprintf(refund.reference, sizeof refund.reference, "%s", text_of(line, "refund_reference"));
}

static void
begin(const json_t *line)
{
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        if (strcmp(tasks[i], text_of(line, "task")) == 0) {
            take_records(line);
            processor_job_init(&job, (enum processor_task)i, &processor, &payment, &refund);
            return;
        }
    }
    fail("no such task");
}

static void
put(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        fail("no memory");
}

static json_t *
request_object(void)
{
    json_t *object = json_object(), *headers = json_array();

    for (size_t i = 0; i < PROCESSOR_HEADERS_MAX && request.headers[i][0] != '\0'; i++)
        json_array_append_new(headers, json_string(request.headers[i]));
    put(object, "method", json_string(request.is_post ? "POST" : "GET"));
    put(object, "path", json_string(request.path));
    put(object, "body", json_string(request.body));
    put(object, "headers", headers);
    return object;
}

static json_t *
outcome_object(void)
{
    const char *decline = decline_name(job.outcome.decline);
    json_t *object = json_object();

    put(object, "result", json_string(processor_result_name(job.outcome.result)));
    put(object, "decline", decline != NULL ? json_string(decline) : json_null());
    put(object, "reference", json_string(job.outcome.reference));
    put(object, "action_url", json_string(job.outcome.action_url));
    put(object, "detail", json_string(job.outcome.detail));
    return object;
}

/* The next request, or why there is none. */
static void
put_request(json_t *output)
{
    if (stripe_type.request(&job, &request))
        put(output, "request", request_object());
    else
        put(output, "outcome", outcome_object());
}

static void
take_answer(const json_t *line, json_t *output)
{
    struct processor_answer answer = {
        .kind = PROCESSOR_ANSWER_WHOLE,
        .status = (int)json_integer_value(json_object_get(line, "status")),
        .body = text_of(line, "body"),
        .body_length = strlen(text_of(line, "body")),
        .retry_after = text_of(line, "retry_after"),
        .should_retry = text_of(line, "should_retry"),
    };
    int64_t pause_ms = 0;

    switch (stripe_type.answer(&job, &answer, &pause_ms)) {
    case PROCESSOR_ENDED:
        put(output, "outcome", outcome_object());
        break;
    case PROCESSOR_NEXT:
        put_request(output);
        break;
    case PROCESSOR_SEND_AGAIN:
        put(output, "outcome", outcome_object());
        put(output, "pause_ms", json_integer(pause_ms));
        put(output, "request", request_object());
        break;
    }
}

int
main(void)
{
    char *text = NULL;
    size_t size = 0;

    while (getline(&text, &size, stdin) > 0) {
        json_error_t error;
        json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, &error);
        json_t *output = json_object();

        if (!json_is_object(line))
            fail("a line that is no JSON object");
        if (json_object_get(line, "task") != NULL) {
            begin(line);
            put_request(output);
        } else {
            take_answer(line, output);
        }
        json_dumpf(output, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(output);
        json_decref(line);
    }
    free(text);
    return 0;
}
