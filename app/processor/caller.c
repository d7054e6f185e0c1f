/*
 * The caller: carries out what processors with effects are asked, over https.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIAL_MS 1000      /* how often a processor that does not answer is tried */
#define PAUSE_FIRST_MS 200 /* before what was surely not sent is sent again; doubled each time */
#define PAUSE_MAX_MS 2000
#define FAILURES_MAX 3 /* calls in a row that did not connect */

/* What all calls to one processor share: their connections, and whether they connect. */
struct watch {
    const struct processor *processor;
    struct outbound_peer peer;
    unsigned failures;
    int64_t trial_at; /* monotonic milliseconds */
    size_t count;     /* calls under way */
    struct watch *next;
};

struct caller {
    const struct log *log;
    struct metrics_place metrics;
    struct outbound *outbound;
    struct call *waiting; /* to be sent again */
    struct call *ended, **ended_end;
    size_t count;
    size_t calls_max;
    struct watch *watches;            /* one a processor; owned */
    struct processor_request request; /* scratch */
};

struct caller *
caller_new(struct loop *loop, const struct log *log, size_t calls_max, struct metrics_place metrics)
{
    struct caller *caller = calloc(1, sizeof *caller);

    if (caller == NULL)
        return NULL;
    caller->log = log;
    caller->metrics = metrics;
    caller->calls_max = calls_max;
    caller->ended_end = &caller->ended;
    caller->outbound = outbound_new(loop, log);
    if (caller->outbound == NULL) {
        free(caller);
        return NULL;
    }
    return caller;
}

void
caller_free(struct caller *caller)
{
    if (caller == NULL)
        return;
    outbound_free(caller->outbound);
    while (caller->watches != NULL) {
        struct watch *watch = caller->watches;

        caller->watches = watch->next;
        free(watch);
    }
    free(caller);
}

/* NULL without memory. */
static struct watch *
watch_of(struct caller *caller, const struct processor *processor)
{
    struct watch *watch;

    for (watch = caller->watches; watch != NULL; watch = watch->next) {
        if (watch->processor == processor)
            return watch;
    }
    watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->processor = processor;
    watch->peer = (struct outbound_peer){
        .name = processor->name, .ca_file = processor->ca_file, .proxy = processor->proxy};
    watch->next = caller->watches;
    caller->watches = watch;
    return watch;
}

bool
caller_may_try(struct caller *caller, const struct processor *processor)
{
    struct watch *watch = watch_of(caller, processor);
    int64_t now = clock_monotonic_ms();

    if (watch == NULL || watch->count >= caller->calls_max)
        return false;
    if (watch->failures < FAILURES_MAX)
        return true;
    if (now < watch->trial_at)
        return false;
    watch->trial_at = now + TRIAL_MS;
    return true;
}

static void
note_connection(struct caller *caller, const struct call *call, bool connected)
{
    struct watch *watch = call->watch;

    if (!connected && ++watch->failures == FAILURES_MAX) {
        log_write(caller->log, LOG_LEVEL_WARNING,
                  "processor %s cannot be reached, its payments are refused until it can: %s",
                  call->job.processor->name, call->outbound.error);
        watch->trial_at = clock_monotonic_ms() + TRIAL_MS;
    }
    if (connected && watch->failures >= FAILURES_MAX)
        log_write(caller->log, LOG_LEVEL_NOTICE, "processor %s can be reached again",
                  call->job.processor->name);
    if (connected)
        watch->failures = 0;
}

static void
count(const struct metrics_place *metrics, const struct call *call)
{
    size_t number;

    if (metrics->slot == NULL)
        return;
    number = metrics_processor(metrics->all, call->job.processor->name);
    metrics_add(&metrics->slot->calls[number][call->job.task][call->job.outcome.result], 1);
    metrics_observe(&metrics->slot->call_time[number], &metrics_times,
                    (uint64_t)(clock_monotonic_us() - call->started_at));
}

static void
end(struct caller *caller, struct call *call)
{
    count(&caller->metrics, call);
    free(call->sent);
    call->sent = NULL;
    call->under_way = false;
    call->next = NULL;
    *caller->ended_end = call;
    caller->ended_end = &call->next;
    if (call->watch != NULL)
        call->watch->count--;
}

/* Ends a call without the processor's word. */
static void
end_unproved(struct caller *caller, struct call *call, const char *detail)
{
    struct processor_outcome *outcome = &call->job.outcome;

    outcome->result = call->maybe_sent ? PROCESSOR_UNKNOWN : PROCESSOR_NOT_SENT;
    snprintf(outcome->detail, sizeof outcome->detail, "%s", detail);
    end(caller, call);
}

static void send(struct caller *caller, struct call *call);

static void
wait_to_send(struct caller *caller, struct call *call, int64_t pause_ms)
{
    call->send_at = clock_monotonic_ms() + pause_ms;
    call->next = caller->waiting;
    caller->waiting = call;
}

static int64_t
pause_of(const struct call *call)
{
    int64_t pause = PAUSE_FIRST_MS;

    for (unsigned i = 1; i < call->tries && pause < PAUSE_MAX_MS; i++)
        pause *= 2;
    return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

/* What came back, as the processor's type reads it. */
static struct processor_answer
answer_of(const struct outbound_call *outbound)
{
    struct processor_answer answer = {
        .status = outbound->status,
        .body = outbound->answer != NULL ? outbound->answer : "",
        .body_length = outbound->answer_length,
        .retry_after = outbound->answer_headers.retry_after,
        .should_retry = outbound->answer_headers.should_retry,
        .was_repeated = outbound->was_repeated,
    };

    switch (outbound->result) {
    case OUTBOUND_ANSWERED:
        answer.kind = PROCESSOR_ANSWER_WHOLE;
        break;
    case OUTBOUND_NOT_SENT:
        answer.kind = PROCESSOR_ANSWER_NOT_SENT;
        break;
    case OUTBOUND_LOST:
        answer.kind = PROCESSOR_ANSWER_LOST;
        break;
    }
    return answer;
}

static void
go_on(struct caller *caller, struct call *call)
{
    struct processor_answer answer = answer_of(&call->outbound);
    int64_t pause_ms = 0;
    enum processor_progress progress =
        call->job.processor->type->answer(&call->job, &answer, &pause_ms);

    outbound_call_clear(&call->outbound);
    switch (progress) {
    case PROCESSOR_ENDED:
        end(caller, call);
        break;
    case PROCESSOR_NEXT:
        call->tries = 0;
        send(caller, call);
        break;
    case PROCESSOR_SEND_AGAIN:
        if (deadline_left_ms(call->deadline) > pause_ms)
            wait_to_send(caller, call, pause_ms);
        else
            end(caller, call);
        break;
    }
}

static void
ended(struct outbound_call *outbound)
{
    struct call *call = (struct call *)((char *)outbound - offsetof(struct call, outbound));
    struct caller *caller = call->caller;

    note_connection(caller, call, outbound->result != OUTBOUND_NOT_SENT);
    call->maybe_sent = call->maybe_sent || outbound->result != OUTBOUND_NOT_SENT;
    if (outbound->result != OUTBOUND_NOT_SENT)
        go_on(caller, call);
    else if (deadline_left_ms(call->deadline) > pause_of(call))
        wait_to_send(caller, call, pause_of(call));
    else
        end_unproved(caller, call, outbound->error);
}

/* The request's text in one piece of memory: address and path, the headers, the body. */
static bool
take_text(struct call *call, const struct processor_request *request)
{
    const struct processor *processor = call->job.processor;
    struct outbound_call *outbound = &call->outbound;
    size_t address = strlen(processor->address);
    size_t path = strlen(request->path) + 1;
    size_t body = strlen(request->body) + 1;
    size_t headers = 0;
    char *at;

    for (size_t i = 0; i < PROCESSOR_HEADERS_MAX; i++)
        headers += strlen(request->headers[i]) + 1;
    free(call->sent);
    call->sent = at = malloc(address + path + body + headers);
    if (at == NULL)
        return false;
    *outbound = (struct outbound_call){
        .peer = &call->watch->peer, .deadline = call->deadline, .ended = ended, .url = at};
    memcpy(at, processor->address, address);
    memcpy(at + address, request->path, path);
    at += address + path;
    memcpy(at, request->body, body);
    if (request->is_post) {
        outbound->body = at;
        outbound->body_length = body - 1;
    }
    at += body;
    for (size_t i = 0; i < PROCESSOR_HEADERS_MAX && request->headers[i][0] != '\0'; i++) {
        size_t length = strlen(request->headers[i]) + 1;

        memcpy(at, request->headers[i], length);
        outbound->headers[i] = at;
        at += length;
    }
    return true;
}

static void
send(struct caller *caller, struct call *call)
{
    if (!call->job.processor->type->request(&call->job, &caller->request)) {
        end(caller, call);
        return;
    }
    if (!take_text(call, &caller->request)) {
        end_unproved(caller, call, "no memory");
        return;
    }
    call->tries++;
    outbound_start(caller->outbound, &call->outbound);
    explicit_bzero(&caller->request, sizeof caller->request);
}

void
caller_start(struct caller *caller, struct call *call)
{
    call->caller = caller;
    call->started_at = clock_monotonic_us();
    call->watch = watch_of(caller, call->job.processor);
    call->under_way = true;
    caller->count++;
    if (call->watch == NULL) {
        end_unproved(caller, call, "no memory");
        return;
    }
    call->watch->count++;
    send(caller, call);
}

struct call *
caller_next_ended(struct caller *caller)
{
    struct call *call = caller->ended;

    if (call == NULL)
        return NULL;
    caller->ended = call->next;
    if (caller->ended == NULL)
        caller->ended_end = &caller->ended;
    caller->count--;
    return call;
}

/* Sends what has waited long enough. */
static void
send_waiting(struct caller *caller)
{
    struct call *waiting = caller->waiting;
    int64_t now = clock_monotonic_ms();

    caller->waiting = NULL;
    while (waiting != NULL) {
        struct call *call = waiting;

        waiting = call->next;
        if (call->send_at <= now) {
            call->send_at = 0;
            send(caller, call);
            continue;
        }
        call->next = caller->waiting;
        caller->waiting = call;
    }
}

/* Milliseconds until one has waited long enough; -1 when none waits. */
static int64_t
next_send_ms(const struct caller *caller)
{
    int64_t now = clock_monotonic_ms();
    int64_t next_ms = -1;

    for (const struct call *call = caller->waiting; call != NULL; call = call->next) {
        int64_t left_ms = call->send_at > now ? call->send_at - now : 0;

        if (next_ms < 0 || left_ms < next_ms)
            next_ms = left_ms;
    }
    return next_ms;
}

int64_t
caller_tick(struct caller *caller)
{
    int64_t outbound_ms;
    int64_t waiting_ms;

    /* First, since what is sent now is to be looked after, too. */
    send_waiting(caller);
    outbound_ms = outbound_tick(caller->outbound);
    waiting_ms = next_send_ms(caller);
    if (caller->ended != NULL)
        return 0;
    if (outbound_ms < 0 || (waiting_ms >= 0 && waiting_ms < outbound_ms))
        return waiting_ms;
    return outbound_ms;
}

size_t
caller_count(const struct caller *caller)
{
    return caller->count;
}

bool
caller_attempt(const struct call *call, struct attempt *attempt)
{
    attempt->made_at = clock_wall_ms();
    attempt->asked = processor_task_name(call->job.task);
    attempt->came = processor_result_name(call->job.outcome.result);
    snprintf(attempt->detail, sizeof attempt->detail, "%s", call->job.outcome.detail);
    return identifier_new(attempt->made_at, &attempt->id);
}
