/*
 * The world: processes that take turns as chance says, their time, and the story of a run.
 *
 * A process is a coroutine. It goes on until it calls world_step() or world_sleep(), and those are
 * called wherever the program waits for anybody: so all that happens follows from the seed. A
 * process that dies is never gone on with; one that stands still is left out for a while.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_WORLD_H
#define PAYMENT_API_SIMULATION_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_FOREVER INT64_MAX

enum process_kind {
    PROCESS_WORKER,
    PROCESS_RECONCILER,
    PROCESS_COURIER,
    PROCESS_CLIENT,
    PROCESS_SERVER, /* a statement that a lost connection left behind */
};

struct process;

/* Begins a run: no process, the same time, this seed. story: print it. */
void world_begin(uint64_t seed, bool with_story);

/* How often what goes wrong; set before the run, in thousandths of the chances that there are. */
struct trouble {
    unsigned deaths;      /* of each step */
    unsigned standstills; /* of each step */
    unsigned database;    /* of each statement */
    unsigned network;     /* of each call */
    unsigned outages;     /* of the database, of each step */
    unsigned acquirer;    /* of each call that arrives */
};
extern struct trouble trouble;

/* Chance: a number below limit; true so often of a thousand; from least to most. */
uint64_t chance_below(uint64_t limit);
bool chance(unsigned of_thousand);
int64_t chance_between(int64_t least, int64_t most);

/* Time in milliseconds; the wall clock is world_wall_offset() ahead of the monotonic one. */
int64_t world_now(void);
int64_t world_wall(void);

/* Memory that lives until the next run. Zeroed. */
void *world_memory(size_t size) __attribute__((malloc, returns_nonnull));

struct process *world_add(enum process_kind kind, const char *name, void (*run)(void *arg),
                          void *arg);
struct process *world_current(void); /* NULL: nobody's turn */
enum process_kind process_kind(const struct process *process);
const char *process_name(const struct process *process);
bool process_lives(const struct process *process);
int process_number(const struct process *process); /* another one for each */
void process_kill(struct process *process);
/* What it sleeps for has come. */
void process_wake(struct process *process);

/* The turn goes to somebody, perhaps to the same process again. */
void world_step(void);
/* The same, but not before this time, unless it is woken. */
void world_sleep(int64_t until);

/* The current process stands still for so long, whatever comes. */
void world_stand_still(int64_t ms);

/* From now on who waits for nothing but time waits longer: see world_idle(). */
void world_be_patient(void);
/* How long to wait where the program asks for so many milliseconds. */
int64_t world_idle(int64_t ms);

/* Has a function called once the time has come, when nobody is at his turn. */
void world_later(int64_t at, void (*function)(void *arg), void *arg);

/* Lets so many turns pass, or goes on until done() is true; false when time_limit has come first.
 */
void world_run(size_t turns);
bool world_run_until(bool (*done)(void), int64_t time_limit);
size_t world_turns(void);

/* Tells what is called for a process that has died: set by those who have to clean up. */
void world_on_death(void (*function)(struct process *process));

/* A line of the story. */
void story(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What must not be: noted, and the run ends with this turn; the first of them is its result. */
void violation(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *world_violation(void); /* NULL: none */

#endif
