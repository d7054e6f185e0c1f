/*
 * Scenes: statements of two clients in an order that is written down.
 *
 * SPDX-License-Identifier: MIT
 */
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EACH 25 /* seeds: one of so many plays them */
#define STEPS_MAX 24

#define ID(n) "'a row of scene " #n "'"
#define NEW(n)                                                                      \
    "INSERT IGNORE INTO merchants (id, name, created_at, live_events) VALUES (" ID( \
        n) ", 'x',"                                                                 \
           " UTC_TIMESTAMP(3), 0)"
#define SET_ONE(n, value) \
    "UPDATE merchants FORCE INDEX (PRIMARY) SET live_events = " value " WHERE id = " ID(n)
#define ADD(n) SET_ONE(n, "live_events + 1")
#define DROP(n) "DELETE FROM merchants WHERE id = " ID(n)
#define ALL "SELECT id, live_events FROM merchants WHERE id >= " ID(1) " AND id <= " ID(9)
#define READ ALL " ORDER BY id"
#define LOCK(n) "SELECT id, live_events FROM merchants WHERE id = " ID(n) " FOR UPDATE"
#define SKIP                                                                       \
    "SELECT id, live_events FROM merchants FORCE INDEX (PRIMARY) WHERE id >= " ID( \
        1) " AND id <= " ID(3) " ORDER BY id FOR UPDATE SKIP LOCKED"
#define KEY(n, hash, parent)                                                                       \
    "INSERT INTO api_keys (id, merchant_id, key_hash, prefix, mode, created_at) VALUES"            \
    " ('a key of scene " #n "', " ID(parent) ", 'the hash of a key of a scene, " #hash " ', 'sk'," \
                                             " 'live', UTC_TIMESTAMP(3))"
#define DROP_KEY(n) "DELETE FROM api_keys WHERE id = 'a key of scene " #n "'"
#define KEYS                                                                                  \
    "SELECT id, 1 FROM api_keys WHERE id >= 'a key of scene 1' AND id <= 'a key of scene 9' " \
    "ORDER BY id"
#define START "START TRANSACTION"
#define FRESH "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
#define DIRTY "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"
#define EITHER "COMMIT or ROLLBACK"

/* A step is whose it is, a space, and its statement. In lower case: it waits for a lock. The server
 * ends the one of a deadlock that has done less; so there it is clear which one has. */
static const struct scene {
    const char *name;
    const char *steps[STEPS_MAX];
} scenes[] = {
    {"a deadlock that the lighter one closes",
     {"A " START, "B " START, "A " ADD(1), "B " ADD(3), "B " ADD(4), "B " ADD(5), "B " ADD(6),
      "B " ADD(2), "b " ADD(1), "A " ADD(2), "A " READ, "a " ADD(2), "B " READ, "B COMMIT",
      "A " READ}},
    {"a deadlock that the heavier one closes",
     {"A " START, "B " START, "A " ADD(1), "B " ADD(3), "B " ADD(4), "B " ADD(5), "B " ADD(6),
      "B " ADD(2), "a " ADD(2), "B " ADD(1), "A " READ, "a " ADD(4), "B COMMIT", "A " READ}},
    {"a deadlock with rows that are only locked",
     {"A " START, "B " START, "A " LOCK(1), "B " ADD(3), "B " ADD(4), "B " ADD(5), "B " ADD(6),
      "B " LOCK(2), "b " LOCK(1), "A " LOCK(2), "B " EITHER, "A " READ}},
    {"a deadlock with a key",
     {"A " DROP_KEY(1), "A " DROP_KEY(2), "A " START, "B " START, "B " ADD(3), "B " ADD(4),
      "B " ADD(5), "B " ADD(6), "A " KEY(1, 1, 1), "b " KEY(2, 1, 2), "A " ADD(3), "B COMMIT",
      "A " KEYS, "A " READ}},
    {"the lock of a row that another one changes",
     {"A " START, "A " ADD(1), "B " START, "b " ADD(1), "A " EITHER, "B " READ, "B " EITHER,
      "A " READ}},
    {"the lock of a row that was changed to what it was",
     {"A " START, "A " SET_ONE(1, "live_events"), "b " ADD(1), "A " EITHER, "B " READ}},
    {"the lock of a row that is read",
     {"A " START, "A " LOCK(1), "b " ADD(1), "A " EITHER, "A " READ}},
    {"a row that is not the one wanted stays locked",
     {"A " START, "A " ADD(1) " AND live_events = 126", "b " ADD(1), "A COMMIT", "B " READ}},
    {"a row that is not the one wanted, and the next one sees it",
     {"A " FRESH, "A " START, "A " ADD(1) " AND live_events = 126", "B " ADD(1), "A COMMIT",
      "B " READ}},
    {"a row that is not wanted any more",
     {"A " SET_ONE(1, "0"), "A " START, "A " ADD(1), "B " START, "b " ADD(1) " AND live_events = 0",
      "A " EITHER, "B COMMIT", "A " READ}},
    {"a row that is deleted",
     {"A " NEW(7), "A " START, "A " DROP(7), "b " ADD(7), "A " EITHER, "B " READ}},
    {"rows that are locked are left out",
     {"A " START, "A " ADD(2), "B " FRESH, "B " START, "B " SKIP, "A " EITHER, "B " SKIP,
      "a " ADD(1), "B COMMIT", "A " READ}},
    {"a snapshot is of the first read",
     {"B " START, "A " ADD(1), "B " READ, "A " ADD(1), "B " READ, "B COMMIT", "B " READ}},
    {"a snapshot stays as it is",
     {"A " NEW(7), "A " DROP(8), "B " START, "B " READ, "A " START, "A " ADD(1), "A " DROP(7),
      "A " NEW(8), "B " READ, "A " EITHER, "B " READ, "B " EITHER, "B " READ}},
    {"a lock reads what is committed by now",
     {"B " START, "B " READ, "A " ADD(1), "B " LOCK(1), "B " READ, "B COMMIT", "B " READ}},
    {"a change is of what is committed by now, and seen by whoever made it",
     {"B " START, "B " READ, "A " ADD(1), "A " ADD(2), "B " ADD(1), "B " READ, "A " READ,
      "B " EITHER, "B " READ}},
    {"a change of a row that came behind the snapshot",
     {"A " DROP(8), "B " START, "B " READ, "A " NEW(8), "B " READ, "B " ADD(8), "B " READ,
      "B " EITHER, "B " READ}},
    {"a change of a row that went behind the snapshot",
     {"A " NEW(7), "B " START, "B " READ, "A " DROP(7), "B " ADD(7), "B " READ, "B COMMIT",
      "B " READ}},
    {"each read is fresh",
     {"B " FRESH, "B " START, "B " READ, "A " ADD(1), "B " READ, "A " START, "A " ADD(1), "B " READ,
      "A " EITHER, "B " READ, "B COMMIT", "B " START, "B " READ, "A " ADD(1), "B " READ,
      "B COMMIT"}},
    {"what is not committed is read",
     {"B " DIRTY, "B " START, "A " START, "A " ADD(1), "B " READ, "A " ADD(1), "B " READ,
      "A " EITHER, "B " READ, "B COMMIT"}},
    {"a transaction is committed by the next one",
     {"A " START, "A " ADD(1), "A " START, "A " ADD(2), "A ROLLBACK", "B " READ}},
    {"a key that another one is about to use",
     {"A " DROP_KEY(1), "A " DROP_KEY(2), "A " START, "A " KEY(1, 1, 1), "B " START, "B " ADD(2),
      "b " KEY(2, 1, 1), "A " EITHER, "B " READ, "B COMMIT", "A " KEYS, "A " READ}},
    {"a key that another one gives up",
     {"A " DROP_KEY(1), "A " DROP_KEY(2), "A " KEY(1, 1, 1), "A " START, "A " DROP_KEY(1),
      "b " KEY(2, 1, 1), "A " EITHER, "A " KEYS}},
    {"a statement that fails leaves those before it",
     {"A " DROP_KEY(1), "A " DROP_KEY(2), "A " START, "A " ADD(1), "A " KEY(1, 1, 1),
      "A " KEY(2, 1, 1), "b " ADD(1), "A COMMIT", "A " KEYS, "A " READ}},
    {"a parent that is changed",
     {"A " DROP_KEY(1), "A " START, "A " ADD(1), "b " KEY(1, 1, 1), "A " EITHER, "A " KEYS}},
    {"a parent that is not there yet",
     {"A " DROP_KEY(1), "A " DROP(9), "A " START, "A " NEW(9), "b " KEY(1, 1, 9), "A " EITHER,
      "A " KEYS, "A " DROP_KEY(1)}},
    {"a parent that goes",
     {"A " DROP_KEY(1), "A " NEW(9), "A " START, "A " DROP(9), "b " KEY(1, 1, 9), "A " EITHER,
      "A " KEYS, "A " DROP_KEY(1)}},
};

#define SCENES (sizeof scenes / sizeof scenes[0])

static const struct scene *scene;
static const char *ends[STEPS_MAX]; /* what EITHER is */

bool
scenes_are_played(uint64_t seed)
{
    return seed % EACH == 0;
}

/* "1=3" of a row whose id ends in 1. */
static void
take_row(void *arg, char **row, const unsigned long *lengths)
{
    struct client *client = arg;
    size_t used = strlen(client->outcome);

    (void)lengths;
    snprintf(client->outcome + used, sizeof client->outcome - used, " %c=%s", row[0][15], row[1]);
}

/* The client's steps. What went wrong is in its outcome. */
static void
play(struct client *client)
{
    for (size_t i = 0; i < STEPS_MAX && scene->steps[i] != NULL; i++) {
        const char *step = scene->steps[i];

        if ((step[0] & ~0x20) == client->name)
            (void)!database_query(client->database, ends[i] != NULL ? ends[i] : step + 2, take_row,
                                  client);
    }
}

/* A client needs a turn to come to its first step. */
static void
take_steps(struct client clients[CLIENTS_MAX])
{
    char order[CLIENTS_MAX + STEPS_MAX + 1] = "AB";
    size_t length = CLIENTS_MAX;

    say("scene: %s\n", scene->name);
    for (size_t i = 0; i < STEPS_MAX && scene->steps[i] != NULL; i++) {
        ends[i] = NULL;
        if (strcmp(scene->steps[i] + 2, EITHER) == 0)
            ends[i] = draw_one_in(2) ? "COMMIT" : "ROLLBACK";
        order[length++] = scene->steps[i][0];
    }
    order[length] = '\0';
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        clients[i].calls = 1;
        clients[i].call = play;
    }
    turns_follow(order);
    turns_take(clients, CLIENTS_MAX);
    turns_follow(NULL);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        clients[i].is_deadlocked = false; /* both servers ended the same one */
}

static const struct scene beginning = {
    "rows", {"A " NEW(1), "A " NEW(2), "A " NEW(3), "A " NEW(4), "A " NEW(5), "A " NEW(6)}};

void
scenes_play(struct client clients[CLIENTS_MAX])
{
    size_t places[SCENES];

    scene = &beginning;
    take_steps(clients);
    for (size_t i = 0; i < SCENES; i++) {
        size_t other = (size_t)draw(i + 1);

        places[i] = i;
        places[i] = places[other];
        places[other] = i;
    }
    for (size_t i = 0; i < SCENES; i++) {
        scene = &scenes[places[i]];
        take_steps(clients);
    }
}
