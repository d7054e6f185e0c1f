/*
 * Turns: clients of a database, each with a connection of its own, that go on by turns: a statement
 * is a turn. Who is next follows from the seed. Each client is a thread, since the real Connector/C
 * waits in its calls; only the one whose turn it is runs, but for one that a lock lets go on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_COMPARE_TURNS_H
#define PAYMENT_API_SIMULATION_COMPARE_TURNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/database.h"

#define CLIENTS_MAX 2
#define CLIENT_TEXTS_MAX STATEMENTS_MAX

enum client_state {
    CLIENT_READY,   /* it waits for its turn */
    CLIENT_AT_TURN, /* or waits for a lock, of which only the server knows */
    CLIENT_WAITS,   /* for a lock, as the simulated server says */
    CLIENT_ENDED,
};

struct client {
    char name; /* 'A', 'B' */
    struct database *database;
    unsigned long session;         /* the server's number of it */
    int64_t wall;                  /* what time it is for it, Unix milliseconds */
    uint64_t random;               /* for its ids */
    int calls;                     /* that are left */
    void (*call)(struct client *); /* makes one */
    /* Of turns.c: */
    pthread_t thread;
    enum client_state state;
    bool is_blocked;     /* it has waited at the end of a turn, and has not gone on yet */
    char statement[128]; /* that it is at */
    char outcome[128];   /* of the statement of this turn; "" none */
    bool is_deadlocked;
    /* Prepared statements, for the lines about them. */
    const void *handles[CLIENT_TEXTS_MAX];
    const char *texts[CLIENT_TEXTS_MAX];
    size_t text_count;
};

/* A number below limit, as the seed says. Only for the one whose turn it is. */
void draw_begin(uint64_t seed);
uint64_t draw(uint64_t limit);
bool draw_one_in(uint64_t many);
uint64_t draw_of(uint64_t *state, uint64_t limit); /* of another sequence */

/* A line of what happens, or a part of one. After a deadlock there are none, but in an order that
 * is followed. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on turns are taken in this order: names of clients, in lower case where the client is to
 * wait for a lock. NULL: as the seed says. */
void turns_follow(const char *order);

/* Lets all clients make all their calls. Ends the program when none can go on. */
void turns_take(struct client *clients, size_t count);

/* Of a client's thread: which one it is; NULL for the main thread. */
struct client *turns_client(void);

/* Ends this turn, and waits for the next one. what: the statement that comes then. */
void turns_end(const char *what);

/* For the simulated server: this one waits for a lock. Comes back when somebody else had a turn. */
void turns_wait(void);

#endif
