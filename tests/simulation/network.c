/*
 * Calls, in place of libcurl: requests that arrive, late or never, and answers that do so.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acquirer.h"
#include "books.h"
#include "outbound/outbound.h"
#include "receivers.h"
#include "world.h"

/* A request on its way. It goes on its way when its sender has died. */
struct message {
    struct outbound *outbound;
    struct outbound_call *call; /* NULL: nobody waits for the answer any more */
    bool was_sent;
    bool was_repeated, loses_answer, cuts_answer;
    bool has_ended; /* for the sender: result, status and body are set */
    enum outbound_result result;
    int status;
    char *body;
    const char *should_retry;
    char *url, *path, *text, *key;
    char *event; /* webhook-id: it is for a receiver; NULL */
    struct message *next;
};

struct outbound {
    struct process *process;
    struct message *messages;
    size_t count;
};

struct outbound *
outbound_new(struct loop *loop, const struct log *log)
{
    struct outbound *outbound = world_memory(sizeof *outbound);

    (void)loop;
    (void)log;
    outbound->process = world_current();
    return outbound;
}

void
outbound_free(struct outbound *outbound)
{
    (void)outbound;
}

void
outbound_call_clear(struct outbound_call *call)
{
    call->answer = NULL;
    call->answer_length = 0;
}

size_t
outbound_count(const struct outbound *outbound)
{
    return outbound->count;
}

static char *
copy(const char *text)
{
    char *memory = NULL;

    if (text == NULL)
        return NULL;
    memory = world_memory(strlen(text) + 1);
    strcpy(memory, text);
    return memory;
}

/* What stands behind the name of a header, or otherwise. */
static const char *
header_of(const struct outbound_call *call, const char *name, const char *otherwise)
{
    for (size_t i = 0; i < OUTBOUND_HEADERS_MAX && call->headers[i] != NULL; i++) {
        if (strncmp(call->headers[i], name, strlen(name)) == 0)
            return call->headers[i] + strlen(name);
    }
    return otherwise;
}

/* The sender hears of it. */
static void
end(struct message *message, enum outbound_result result)
{
    if (message->has_ended)
        return;
    message->has_ended = true;
    message->result = result;
    if (message->call != NULL && process_lives(message->outbound->process))
        process_wake(message->outbound->process);
}

static void
bring_answer(void *arg)
{
    end(arg, OUTBOUND_ANSWERED);
}

static void
lose_answer(void *arg)
{
    end(arg, OUTBOUND_LOST);
}

static int64_t
delay(void)
{
    return chance(trouble.network) ? chance_between(0, 25000) : chance_between(1, 60);
}

static void
take_answer(void *arg, const struct http_answer *answer)
{
    struct message *message = arg;

    if (message->body == NULL) {
        message->status = answer->status;
        message->body = copy(answer->body);
        message->should_retry = answer->should_retry;
        if (message->cuts_answer)
            message->body[strlen(message->body) / 2] = '\0';
    }
    world_later(world_now() + delay(), message->loses_answer ? lose_answer : bring_answer, message);
}

static void
arrive(void *arg)
{
    struct message *message = arg;
    struct http_request request = {
        .path = message->path, .body = message->text, .key = message->key};

    if (message->event != NULL) {
        struct http_answer answer = {.body = copy("")};

        answer.status = receivers_take(message->url, message->event, message->text);
        if (answer.status != 0)
            take_answer(message, &answer);
        return;
    }
    story("at the acquirer: %s %s %s", message->text != NULL ? "POST" : "GET", message->path,
          message->key);
    acquirer_take(&request, take_answer, message);
}

static void
refuse_connection(void *arg)
{
    end(arg, OUTBOUND_NOT_SENT);
}

static void
never_arrive(void *arg)
{
    end(arg, OUTBOUND_LOST);
}

static void
send(struct message *message)
{
    bool trouble_comes = chance(trouble.network);

    /* From here on it is on its way, but where the connection is refused. */
    message->was_sent = true;
    if (!trouble_comes) {
        world_later(world_now() + delay(), arrive, message);
        return;
    }
    switch (chance_below(6)) {
    case 0:
        message->was_sent = false;
        world_later(world_now() + delay(), refuse_connection, message);
        return;
    case 1:
        world_later(world_now() + chance_between(0, 30000), never_arrive, message);
        return;
    case 2: /* long after it was given up */
        world_later(world_now() + chance_between(10000, 90000), arrive, message);
        return;
    case 3: /* twice: libcurl sends it again on a new connection */
        message->was_repeated = true;
        world_later(world_now() + delay(), arrive, message);
        world_later(world_now() + delay(), arrive, message);
        return;
    case 4:
        message->cuts_answer = true;
        break;
    default:
        message->loses_answer = true;
        break;
    }
    world_later(world_now() + delay(), arrive, message);
}

void
outbound_start(struct outbound *outbound, struct outbound_call *call)
{
    struct message *message = world_memory(sizeof *message);

    outbound_call_clear(call);
    message->outbound = outbound;
    message->call = call;
    message->path = copy(strchr(call->url + strlen("https://"), '/'));
    message->text = copy(call->body);
    message->url = copy(call->url);
    message->key = copy(header_of(call, "Idempotency-Key: ", ""));
    message->event = copy(header_of(call, "webhook-id: ", NULL));
    message->next = outbound->messages;
    outbound->messages = message;
    outbound->count++;
    world_step(); /* it may die here */
    if (deadline_left_ms(call->deadline) == 0) {
        end(message, OUTBOUND_NOT_SENT);
        return;
    }
    if (message->event == NULL)
        books_note_call(message->path, message->text, message->key);
    send(message);
    /* Who stands still now is overtaken by a reconciler, and his connection may not last. */
    if (chance(10 * trouble.standstills)) {
        message->loses_answer = message->loses_answer || chance(500);
        world_stand_still(chance_between(100, 60000));
    }
    world_step(); /* or here */
}

static void
finish(struct outbound *outbound, struct message *message)
{
    struct outbound_call *call = message->call;

    message->call = NULL;
    outbound->count--;
    call->result = message->result;
    call->was_repeated = message->was_repeated;
    call->status = call->result == OUTBOUND_ANSWERED ? message->status : 0;
    call->answer = call->result == OUTBOUND_ANSWERED ? message->body : copy("");
    call->answer_length = strlen(call->answer);
    memset(&call->answer_headers, 0, sizeof call->answer_headers);
    if (call->result == OUTBOUND_ANSWERED && message->should_retry != NULL)
        snprintf(call->answer_headers.should_retry, sizeof call->answer_headers.should_retry, "%s",
                 message->should_retry);
    snprintf(call->error, sizeof call->error, "simulated");
    story("%s %s ends: %s, status %d", message->text != NULL ? "POST" : "GET", message->path,
          call->result == OUTBOUND_ANSWERED   ? "answered"
          : call->result == OUTBOUND_NOT_SENT ? "not sent"
                                              : "lost",
          call->status);
    call->ended(call);
}

/* One whose end has come; NULL: none. */
static struct message *
next_ended(struct outbound *outbound)
{
    for (struct message **at = &outbound->messages; *at != NULL;) {
        struct message *message = *at;

        if (!message->has_ended && deadline_left_ms(message->call->deadline) == 0)
            end(message, message->was_sent ? OUTBOUND_LOST : OUTBOUND_NOT_SENT);
        if (message->has_ended) {
            *at = message->next;
            return message;
        }
        at = &message->next;
    }
    return NULL;
}

int64_t
outbound_tick(struct outbound *outbound)
{
    struct message *message;
    int64_t next_ms = -1;

    while ((message = next_ended(outbound)) != NULL)
        finish(outbound, message);
    for (message = outbound->messages; message != NULL; message = message->next) {
        int64_t left_ms = deadline_left_ms(message->call->deadline);

        if (next_ms < 0 || left_ms < next_ms)
            next_ms = left_ms;
    }
    return next_ms;
}
