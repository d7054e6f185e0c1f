/*
 * Random calls of the store, from seeds, against one side; another program makes the same ones
 * against the other side, and what they print is compared.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "scenes.h"
#include "side.h"

#define CALLS 25 /* of each client */

static void
run(uint64_t seed)
{
    struct client clients[CLIENTS_MAX];
    bool plays = scenes_are_played(seed);
    size_t count = plays ? CLIENTS_MAX : 1 + (size_t)(seed % CLIENTS_MAX);

    printf("seed %" PRIu64 "\n", seed);
    memset(clients, 0, sizeof clients);
    draw_begin(seed);
    side_clear();
    calls_begin(count > 1);
    for (size_t i = 0; i < count; i++) {
        clients[i].name = (char)('A' + i);
        clients[i].random = draw(UINT64_MAX);
        clients[i].calls = CALLS;
        clients[i].call = calls_make;
        side_connect(&clients[i]);
    }
    clients[0].calls = 1;
    clients[0].call = calls_prepare;
    turns_take(clients, 1);
    clients[0].calls = CALLS;
    clients[0].call = calls_make;
    if (plays)
        scenes_play(clients);
    else
        turns_take(clients, count);
    clients[0].calls = 1;
    clients[0].call = calls_show_all;
    turns_take(clients, 1);
    for (size_t i = 0; i < count; i++)
        side_disconnect(&clients[i]);
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    uint64_t first;
    uint64_t many;

    if (argc != 4) {
        fputs("usage: compare OPTION-FILE|SQL-FOLDER FIRST-SEED HOW-MANY\n", stderr);
        return 2;
    }
    side_begin(argv[1]);
    first = strtoull(argv[2], NULL, 10);
    many = strtoull(argv[3], NULL, 10);
    for (uint64_t seed = first; seed < first + many; seed++)
        run(seed);
    return 0;
}
