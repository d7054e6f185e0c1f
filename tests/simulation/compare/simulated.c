/*
 * The simulated side: ../connector.c and what is behind it, and in place of ../world.c a world in
 * which nothing goes wrong and turns.c says who is next.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../connector.h"
#include "../server.h"
#include "../tables.h"
#include "../world.h"
#include "side.h"

#define MEMORY_SIZE ((size_t)256 * 1024 * 1024)

struct trouble trouble;

static char *memory;
static size_t memory_used;

/* Of the world. */

uint64_t
chance_below(uint64_t limit)
{
    (void)limit;
    return 0;
}

bool
chance(unsigned of_thousand)
{
    (void)of_thousand;
    return false;
}

int64_t
chance_between(int64_t least, int64_t most)
{
    (void)most;
    return least;
}

int64_t
world_now(void)
{
    return 1000000;
}

int64_t
world_wall(void)
{
    const struct client *client = turns_client();

    return client != NULL ? client->wall : 0;
}

void *
world_memory(size_t size)
{
    void *taken = memory + memory_used;

    memory_used += (size + 15) & ~(size_t)15;
    if (memory_used > MEMORY_SIZE)
        abort();
    return taken;
}

struct process *
world_add(enum process_kind kind, const char *name, void (*run)(void *arg), void *arg)
{
    (void)kind, (void)name, (void)run, (void)arg;
    abort();
}

void
world_later(int64_t at, void (*function)(void *arg), void *arg)
{
    (void)at, (void)function, (void)arg;
    abort();
}

struct process *
world_current(void)
{
    return NULL;
}

void
world_step(void)
{
}

void
world_sleep(int64_t until)
{
    (void)until;
    turns_wait();
}

void
story(const char *format, ...)
{
    (void)format;
}

/* Rows that break a CHECK are asked for here. */
void
violation(const char *format, ...)
{
    (void)format;
}

/* Of the side. */

void
side_begin(const char *argument)
{
    tables_read_schema(argument);
    memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        abort();
}

void
side_clear(void)
{
    memset(memory, 0, memory_used);
    memory_used = 0;
    connector_clear();
    tables_clear();
}

void
side_connect(struct client *client)
{
    const struct database_settings settings = {
        .option_file = "", .group = "database", .timeout = 60, .prepare_on_use = true};

    client->database = database_new(&settings);
    if (client->database == NULL ||
        database_connect(client->database, deadline_in_ms(1000000)) != DATABASE_DONE)
        abort();
}

void
side_disconnect(struct client *client)
{
    database_free(client->database);
}

void
side_set_time(struct client *client)
{
    (void)client;
}

bool
side_waits(const struct client *client)
{
    (void)client;
    return false;
}

/* Of Connector/C, and of no concern here. */

my_bool STDCALL
mysql_thread_init(void)
{
    return 0;
}

void STDCALL
mysql_thread_end(void)
{
}
