/*
 * Stripe's answers: whatever comes back, a job ends or goes on within its rules, and nothing counts
 * as done that the answer does not say of the very record.
 *
 * The first byte is the task, the second how the payment was made and what is known of it, the
 * third the status, and whether a notice is of a dispute; the rest is the bodies, one behind each
 * NUL.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "domain/web_address.h"
#include "processor/processor.h"

#define ANSWERS_MAX 8

static const struct processor processor = {
    .type = &stripe_type,
    .name = "stripe",
    .mode = MODE_TEST,
    .secret = "sk_test_fuzz!", /* no id has a "!", so that no answer can be taken for a leak */
};

static const int statuses[] = {200, 200, 400, 401, 402, 403, 404, 409, 429, 500, 502, 302};

/* True when a text stands in the first so many bytes. */
static bool
says(const char *body, size_t length, const char *text)
{
    return memmem(body, length, text, strlen(text)) != NULL;
}

static void
check_request(struct processor_job *job)
{
    struct processor_request request;

    if (!stripe_type.request(job, &request))
        return;
    CHECK(strncmp(request.path, "/v1/", 4) == 0);
    for (const char *c = request.path; *c != '\0'; c++)
        CHECK(*c > ' ' && *c <= '~');
    CHECK(strstr(request.path, "..") == NULL);
    for (size_t i = 0; i < PROCESSOR_HEADERS_MAX; i++)
        CHECK(strpbrk(request.headers[i], "\r\n") == NULL);
    CHECK(strstr(request.path, processor.secret) == NULL);
    CHECK(strstr(request.body, processor.secret) == NULL);
}

static void
check_outcome(const struct processor_job *job, const struct processor_answer *answer)
{
    const struct processor_outcome *outcome = &job->outcome;
    bool is_refund = job->task == PROCESSOR_REFUND || job->task == PROCESSOR_FIND_REFUND;
    bool looks = job->task == PROCESSOR_FIND_PAYMENT || job->task == PROCESSOR_FIND_REFUND;
    bool charges = job->task == PROCESSOR_CHARGE || job->task == PROCESSOR_REFUND;
    bool closes = job->task == PROCESSOR_CLOSE_PAYMENT || job->task == PROCESSOR_CLOSE_REFUND;
    char id[IDENTIFIER_TEXT_SIZE];

    CHECK(memchr(outcome->reference, '\0', sizeof outcome->reference) != NULL);
    CHECK(memchr(outcome->detail, '\0', sizeof outcome->detail) != NULL);
    for (const char *c = outcome->reference; *c != '\0'; c++)
        CHECK(isalnum((unsigned char)*c) || *c == '_');
    for (const char *c = outcome->detail; *c != '\0'; c++)
        CHECK(*c >= ' ' && *c <= '~');
    CHECK(job->task >= PROCESSOR_FIND_NOTICED ||
          (outcome->result == PROCESSOR_DECLINED) == (outcome->decline != DECLINE_NONE));
    CHECK(outcome->result != PROCESSOR_NOT_FOUND || looks);
    CHECK(outcome->result != PROCESSOR_REFUSED || charges || job->task == PROCESSOR_CHECK);
    CHECK((outcome->result != PROCESSOR_CLOSED && outcome->result != PROCESSOR_KEY_USED) || closes);
    CHECK(job->task == PROCESSOR_FIND_NOTICED || outcome->seen.currency == NULL);
    CHECK(memchr(outcome->seen.parent, '\0', sizeof outcome->seen.parent) != NULL);
    CHECK(outcome->seen.currency == NULL || outcome->seen.amount >= 0);
    CHECK(outcome->result != PROCESSOR_TOO_LATE || job->task == PROCESSOR_CANCEL_PAYMENT);
    CHECK(memchr(outcome->action_url, '\0', sizeof outcome->action_url) != NULL);
    CHECK(outcome->action_url[0] == '\0' ||
          (outcome->result == PROCESSOR_PENDING && web_address_is(outcome->action_url)));
    CHECK(!outcome->awaits_customer || outcome->result == PROCESSOR_PENDING);
    CHECK(!outcome->is_open || outcome->result == PROCESSOR_DECLINED);
    if (job->task == PROCESSOR_CANCEL_PAYMENT && outcome->result == PROCESSOR_DECLINED)
        CHECK(answer->status == 200 && !outcome->is_open &&
              (says(answer->body, answer->body_length, "\\u") ||
               says(answer->body, answer->body_length, "canceled")));
    if (outcome->result != PROCESSOR_SUCCEEDED || job->task == PROCESSOR_CHECK ||
        job->task == PROCESSOR_FIND_NOTICED || job->task == PROCESSOR_GIVE_BACK ||
        job->task == PROCESSOR_LIST)
        return;
    CHECK(job->task != PROCESSOR_CANCEL_PAYMENT);
    if (is_refund)
        identifier_format(IDENTIFIER_REFUND, &job->refund->id, id);
    else
        identifier_format(IDENTIFIER_PAYMENT, &job->payment->id, id);
    CHECK(answer->status == 200);
    CHECK(outcome->reference[0] != '\0');
    /* A character can be written as its number, too. */
    CHECK(says(answer->body, answer->body_length, "\\u") ||
          (says(answer->body, answer->body_length, id) &&
           says(answer->body, answer->body_length, "succeeded")));
    CHECK(says(answer->body, answer->body_length, is_refund ? "500" : "1999"));
}

/* Gives one answer; false when nothing follows. */
static bool
step(struct processor_job *job, const char *body, size_t length, int status)
{
    struct processor_answer answer = {
        .kind = PROCESSOR_ANSWER_WHOLE,
        .status = status,
        .body = body,
        .body_length = length,
        .retry_after = length > 3 ? "3" : "",
        .should_retry = length % 7 == 0 ? "true" : "",
    };
    int64_t pause_ms = -1;
    enum processor_progress progress = stripe_type.answer(job, &answer, &pause_ms);

    CHECK(pause_ms >= 0);
    if (progress == PROCESSOR_NEXT) {
        check_request(job);
        return true;
    }
    CHECK(progress == PROCESSOR_ENDED || pause_ms > 0);
    check_outcome(job, &answer);
    return progress == PROCESSOR_SEND_AGAIN;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct payment payment = {.amount = 1999, .currency = currency_find("USD")};
    struct refund refund = {.amount = 500, .currency = payment.currency};
    struct notice notice = {.subject = NOTICE_REFUND, .reference = "re_1"};
    struct processor_listing listing = {.since = 1};
    struct processor_job job;
    size_t at = 3;

    if (size < at)
        return 0;
    payment.id.bytes[IDENTIFIER_SIZE - 1] = 1;
    refund.id.bytes[IDENTIFIER_SIZE - 1] = 2;
    snprintf(payment.source, sizeof payment.source, "%s", data[1] % 2 == 0 ? "tok_1" : "pm_1");
    if (data[1] % 4 >= 2)
        snprintf(payment.reference, sizeof payment.reference, "%s",
                 data[1] % 2 == 0 ? "ch_1" : "pi_1");
    if (data[1] % 8 >= 4)
        snprintf(refund.reference, sizeof refund.reference, "re_1");
    if (data[1] % 16 >= 8)
        snprintf(payment.return_url, sizeof payment.return_url, "https://shop.example/back");
    processor_job_init(&job, (enum processor_task)(data[0] % PROCESSOR_TASKS), &processor, &payment,
                       &refund);
    job.notice = &notice;
    job.listing = &listing;
    if (data[1] % 32 >= 16)
        listing.part = 2;
    if (data[2] % 2 != 0)
        notice = (struct notice){.subject = NOTICE_DISPUTE, .reference = "du_1"};
    check_request(&job);
    for (int i = 0; i < ANSWERS_MAX && at <= size; i++) {
        const uint8_t *end = at < size ? memchr(data + at, '\0', size - at) : NULL;
        size_t length = end != NULL ? (size_t)(end - (data + at)) : size - at;
        char *body = fuzz_copy(data + at, length);
        bool goes_on = step(&job, body, length,
                            statuses[(data[2] + i) % (int)(sizeof statuses / sizeof statuses[0])]);

        free(body);
        if (!goes_on)
            break;
        at += length + 1;
    }
    return 0;
}
