/*
 * The messenger: brings the program what the acquirer tells of each change, in any order, late,
 * twice, and again until it is taken.
 *
 * SPDX-License-Identifier: MIT
 */
#include "messenger.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"
#include "webserver.h"
#include "world.h"

#define EVENTS_MAX 512
#define PATIENCE_MS 10000
#define PATH "/processors/stripe/events"

struct event {
    char *body;
    int64_t send_at;
    unsigned times; /* that it is still to be taken */
};

static struct event events[EVENTS_MAX];
static size_t event_count;
static struct process *messenger; /* NULL: none */

static const char *
sign(const char *body)
{
    size_t size = strlen(body) + 32;
    char *signed_text = world_memory(size);
    char *header = world_memory(128);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_size = 0;
    int length = snprintf(header, 128, "t=%lld,v1=", (long long)world_wall() / 1000);

    snprintf(signed_text, size, "%lld.%s", (long long)world_wall() / 1000, body);
    if (HMAC(EVP_sha256(), MESSENGER_SECRET, (int)strlen(MESSENGER_SECRET),
             (const unsigned char *)signed_text, strlen(signed_text), mac, &mac_size) == NULL)
        abort();
    for (unsigned i = 0; i < mac_size; i++)
        length += snprintf(header + length, 128 - (size_t)length, "%02x", mac[i]);
    return header;
}

static void
bring(struct event *event)
{
    struct exchange_of_client *exchange = world_memory(sizeof *exchange);

    exchange->is_post = true;
    strcpy(exchange->path, PATH);
    exchange->body = event->body;
    exchange->signature = sign(event->body);
    webserver_ask(exchange, PATIENCE_MS);
    switch (exchange->has_ended ? exchange->status : 0) {
    case 200:
        event->times--;
        event->send_at = world_now() + chance_between(0, 20000);
        return;
    case 0:
    case 503:
        event->send_at = world_now() + chance_between(100, 10000);
        return;
    default:
        violation("an event is answered %d", exchange->status);
        event->times = 0;
    }
}

/* One of those whose time has come; otherwise *next is when there will be one. */
static struct event *
any_due(int64_t *next)
{
    struct event *found = NULL;
    size_t count = 0;

    *next = WORLD_FOREVER;
    for (size_t i = 0; i < event_count; i++) {
        if (events[i].times == 0)
            continue;
        if (events[i].send_at < *next)
            *next = events[i].send_at;
        if (events[i].send_at <= world_now() && chance_below(++count) == 0)
            found = &events[i];
    }
    return found;
}

static void
run_messenger(void *arg)
{
    (void)arg;
    for (;;) {
        int64_t next;
        struct event *event = any_due(&next);

        if (event != NULL)
            bring(event);
        else
            world_sleep(next);
    }
}

void
messenger_start(bool is_at_work)
{
    event_count = 0;
    messenger = is_at_work ? world_add(PROCESS_CLIENT, "messenger", run_messenger, NULL) : NULL;
}

bool
messenger_is_at_work(void)
{
    return messenger != NULL;
}

void
messenger_tell(const char *text)
{
    struct event *event = &events[event_count++];
    size_t size = strlen(text) + 128;

    if (event_count == EVENTS_MAX)
        abort();
    event->body = world_memory(size);
    snprintf(event->body, size,
             "{\"id\":\"evt_%zu\",\"object\":\"event\",\"type\":\"object.changed\","
             "\"livemode\":true,\"data\":{\"object\":%s}}",
             event_count, text);
    event->times = chance(150) ? 2 : 1;
    event->send_at =
        world_now() + (chance(200) ? chance_between(0, 40000) : chance_between(0, 200));
    process_wake(messenger);
}

/* One that stays open. */
static bool
is_open(const struct table *table, const struct row *row)
{
    const struct value *state;

    if (row->version == NULL || row->version->values == NULL)
        return false;
    state = &row->version->values[table_column(table, "state")];
    return strcmp(state->bytes, "open") == 0;
}

bool
messenger_is_done(void)
{
    const struct table *table = tables_find("notices");

    for (size_t i = 0; i < event_count; i++) {
        if (events[i].times > 0)
            return false;
    }
    for (const struct row *row = table->rows; row != NULL; row = row->next) {
        if (is_open(table, row))
            return false;
    }
    return true;
}
