/*
 * Turns: clients of a database that go on by turns.
 *
 * SPDX-License-Identifier: MIT
 */
#include "turns.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "side.h"

#define LOOK_EACH_NS 2000000 /* at the server, whether somebody waits */
#define LOOKS_MAX 30000

int __real_clock_gettime(clockid_t clock, struct timespec *time);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Thread_local struct client *self;
static uint64_t random_state;
static bool is_muted;
static const char *order; /* what is left of it; NULL: none */
static bool is_to_end;    /* this turn, without a wait */

void
draw_begin(uint64_t seed)
{
    random_state = seed;
    is_muted = false;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t
draw_of(uint64_t *state, uint64_t limit)
{
    uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (value ^ (value >> 31)) % limit;
}

uint64_t
draw(uint64_t limit)
{
    return draw_of(&random_state, limit);
}

bool
draw_one_in(uint64_t many)
{
    return draw(many) == 0;
}

void
say(const char *format, ...)
{
    va_list arguments;

    if (is_muted)
        return;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

struct client *
turns_client(void)
{
    return self;
}

static void
change_state(struct client *client, enum client_state state)
{
    client->state = state;
    pthread_cond_broadcast(&changed);
}

/* Of a client's thread, with the mutex. */
static void
await_turn(struct client *client)
{
    while (client->state != CLIENT_AT_TURN)
        pthread_cond_wait(&changed, &mutex);
}

static void
give_turn_away(enum client_state state)
{
    pthread_mutex_lock(&mutex);
    change_state(self, state);
    await_turn(self);
    pthread_mutex_unlock(&mutex);
}

void
turns_end(const char *what)
{
    snprintf(self->statement, sizeof self->statement, "%s", what);
    give_turn_away(CLIENT_READY);
}

void
turns_wait(void)
{
    give_turn_away(CLIENT_WAITS);
}

static void *
run_client(void *arg)
{
    self = arg;
    mysql_thread_init();
    pthread_mutex_lock(&mutex);
    await_turn(self);
    pthread_mutex_unlock(&mutex);
    while (self->calls-- > 0) {
        self->call(self);
        if (self->calls > 0)
            turns_end("its next call");
    }
    mysql_thread_end();
    pthread_mutex_lock(&mutex);
    change_state(self, CLIENT_ENDED);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

void
turns_follow(const char *names)
{
    order = names;
}

/* With the mutex: until the client has ended its turn, or waits for a lock. */
static void
await_end(struct client *client)
{
    for (int looks = 0; client->state == CLIENT_AT_TURN; looks++) {
        struct timespec until;
        bool waits;

        __real_clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOOK_EACH_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        if (pthread_cond_timedwait(&changed, &mutex, &until) != ETIMEDOUT)
            continue;
        pthread_mutex_unlock(&mutex);
        waits = side_waits(client);
        pthread_mutex_lock(&mutex);
        if (waits && !is_to_end && client->state == CLIENT_AT_TURN)
            break;
        if (looks == LOOKS_MAX) {
            fprintf(stderr, "compare: %c comes to no end: %s\n", client->name, client->statement);
            exit(3);
        }
    }
    client->is_blocked = client->state == CLIENT_AT_TURN || client->state == CLIENT_WAITS;
}

static void
take_turn(struct client *client)
{
    client->outcome[0] = '\0';
    pthread_mutex_lock(&mutex);
    change_state(client, CLIENT_AT_TURN);
    await_end(client);
    pthread_mutex_unlock(&mutex);
}

/* One that waited: may it go on by now? */
static void
look_after(struct client *client)
{
    pthread_mutex_lock(&mutex);
    if (client->state == CLIENT_WAITS)
        change_state(client, CLIENT_AT_TURN);
    if (client->state != CLIENT_AT_TURN || !side_waits(client))
        await_end(client);
    pthread_mutex_unlock(&mutex);
}

static void
tell_outcome(const struct client *client)
{
    if (client->is_blocked)
        say("%c waits for a lock\n", client->name);
    else if (client->outcome[0] != '\0')
        say("%c%s\n", client->name, client->outcome);
}

/* A turn, and what it makes of the one who waits. */
static void
turn(struct client *clients, size_t count, struct client *client)
{
    bool is_deadlock = false;

    say("%c: %s\n", client->name, client->statement);
    take_turn(client);
    for (size_t i = 0; i < count; i++) {
        if (&clients[i] != client && clients[i].is_blocked)
            look_after(&clients[i]);
        is_deadlock = is_deadlock || clients[i].is_deadlocked;
    }
    if (is_deadlock && order == NULL) {
        /* Whom the server rolls back is its own choice. */
        say("a deadlock\n");
        is_muted = true;
    }
    tell_outcome(client);
    for (size_t i = 0; i < count; i++) {
        if (&clients[i] != client && clients[i].outcome[0] != '\0' && !clients[i].is_blocked) {
            tell_outcome(&clients[i]);
            clients[i].outcome[0] = '\0';
        }
    }
    client->outcome[0] = '\0';
}

/* NULL: it waits for a lock, against what was expected. */
static struct client *
next_in_order(struct client *clients, size_t count, int name)
{
    for (size_t i = 0; i < count; i++) {
        if (clients[i].name == name && clients[i].state == CLIENT_READY)
            return &clients[i];
    }
    say("%c cannot go on\n", name);
    return NULL;
}

/* Whose turn it is: one of those that can go on. */
static struct client *
choose(struct client *clients, size_t count)
{
    struct client *chosen = NULL;
    size_t seen = 0;

    is_to_end = order != NULL && isupper((unsigned char)*order);
    if (order != NULL && *order != '\0')
        return next_in_order(clients, count, toupper((unsigned char)*order++));
    for (size_t i = 0; i < count; i++) {
        if (clients[i].state == CLIENT_READY && draw_one_in(++seen))
            chosen = &clients[i];
    }
    return chosen;
}

void
turns_take(struct client *clients, size_t count)
{
    struct client *client;

    for (size_t i = 0; i < count; i++) {
        clients[i].state = CLIENT_READY;
        clients[i].is_blocked = false;
        snprintf(clients[i].statement, sizeof clients[i].statement, "its first call");
        if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0)
            abort();
    }
    while ((client = choose(clients, count)) != NULL)
        turn(clients, count, client);
    for (size_t i = 0; i < count; i++) {
        if (clients[i].state != CLIENT_ENDED) {
            fprintf(stderr, "compare: %c waits for ever: %s\n", clients[i].name,
                    clients[i].statement);
            exit(3);
        }
        pthread_join(clients[i].thread, NULL);
    }
}
