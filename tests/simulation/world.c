/*
 * The world: processes that take turns as chance says, their time, and the story of a run.
 *
 * SPDX-License-Identifier: MIT
 */
/* Its longjmp() would take the change of stacks for an error. */
#undef _FORTIFY_SOURCE

#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PROCESSES_MAX 64
#define EVENTS_MAX 1024
#define STACK_SIZE ((size_t)2 * 1024 * 1024) /* of addresses; memory only where it was used */
#define MEMORY_SIZE ((size_t)64 * 1024 * 1024)
#define START_MONOTONIC 1000000
#define START_WALL INT64_C(1760000000000)

struct process {
    jmp_buf place; /* where it goes on */
    ucontext_t beginning;
    bool has_begun;
    char *stack;
    enum process_kind kind;
    char name[24];
    int number;
    bool lives;
    int64_t wake_at;
    int64_t stands_until;
    void (*run)(void *arg);
    void *arg;
};

struct event {
    int64_t at;
    void (*function)(void *arg);
    void *arg;
};

struct trouble trouble;

static struct {
    uint64_t random;
    int64_t now;
    struct process processes[PROCESSES_MAX];
    size_t process_count;
    int numbers;
    struct process *current;
    jmp_buf scheduler;
    struct event events[EVENTS_MAX];
    size_t event_count;
    void (*on_death)(struct process *process);
    size_t turns;
    bool is_patient;
    bool with_story;
    char violation[512];
    char *memory;
    size_t memory_used;
    size_t memory_touched;
} world;

void
world_begin(uint64_t seed, bool with_story)
{
    world.random = seed;
    world.now = START_MONOTONIC;
    world.process_count = 0;
    world.numbers = 0;
    world.current = NULL;
    world.event_count = 0;
    world.turns = 0;
    world.is_patient = false;
    world.with_story = with_story;
    world.violation[0] = '\0';
    if (world.memory == NULL)
        world.memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (world.memory == MAP_FAILED)
        abort();
    memset(world.memory, 0, world.memory_used);
    world.memory_used = 0;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t
next_random(void)
{
    uint64_t value = world.random += UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

uint64_t
chance_below(uint64_t limit)
{
    return next_random() % limit;
}

bool
chance(unsigned of_thousand)
{
    return chance_below(1000) < of_thousand;
}

int64_t
chance_between(int64_t least, int64_t most)
{
    return least + (int64_t)chance_below((uint64_t)(most - least + 1));
}

int64_t
world_now(void)
{
    return world.now;
}

int64_t
world_wall(void)
{
    return world.now - START_MONOTONIC + START_WALL;
}

void *
world_memory(size_t size)
{
    void *memory = world.memory + world.memory_used;

    world.memory_used += (size + 15) & ~(size_t)15;
    if (world.memory_used > MEMORY_SIZE) {
        fprintf(stderr, "simulation: a run that takes too much memory\n");
        abort();
    }
    return memory;
}

void
story(const char *format, ...)
{
    va_list arguments;

    if (!world.with_story)
        return;
    printf("%9lld ms  %-14s ", (long long)(world.now - START_MONOTONIC),
           world.current != NULL ? world.current->name : "");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void
violation(const char *format, ...)
{
    va_list arguments;
    char text[sizeof world.violation];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    story("VIOLATION: %s", text);
    if (world.violation[0] == '\0')
        memcpy(world.violation, text, sizeof text);
}

const char *
world_violation(void)
{
    return world.violation[0] != '\0' ? world.violation : NULL;
}

/* makecontext() hands over integers only. */
static void
begin_process(void)
{
    struct process *process = world.current;

    process->run(process->arg);
    process->lives = false;
    _longjmp(world.scheduler, 1);
}

/* The turn is its own until it gives it back. */
static void
go_on(struct process *process)
{
    /* swapcontext() would ask the kernel for the signal mask, each time. */
    if (_setjmp(world.scheduler) != 0)
        return;
    if (process->has_begun)
        _longjmp(process->place, 1);
    process->has_begun = true;
    setcontext(&process->beginning);
}

static void
give_back(struct process *process)
{
    if (_setjmp(process->place) == 0)
        _longjmp(world.scheduler, 1);
}

struct process *
world_add(enum process_kind kind, const char *name, void (*run)(void *arg), void *arg)
{
    struct process *process = NULL;

    for (size_t i = 0; i < world.process_count; i++) {
        if (!world.processes[i].lives && &world.processes[i] != world.current)
            process = &world.processes[i];
    }
    if (process == NULL && world.process_count == PROCESSES_MAX)
        abort();
    if (process == NULL)
        process = &world.processes[world.process_count++];
    if (process->stack == NULL) {
        process->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (process->stack == MAP_FAILED || mprotect(process->stack, 4096, PROT_NONE) != 0)
            abort();
    }
    process->kind = kind;
    process->number = ++world.numbers;
    snprintf(process->name, sizeof process->name, "%s", name);
    process->lives = true;
    process->wake_at = world.now;
    process->stands_until = 0;
    process->run = run;
    process->arg = arg;
    process->has_begun = false;
    getcontext(&process->beginning);
    process->beginning.uc_stack.ss_sp = process->stack;
    process->beginning.uc_stack.ss_size = STACK_SIZE;
    process->beginning.uc_link = NULL;
    makecontext(&process->beginning, begin_process, 0);
    return process;
}

struct process *
world_current(void)
{
    return world.current;
}

enum process_kind
process_kind(const struct process *process)
{
    return process->kind;
}

const char *
process_name(const struct process *process)
{
    return process->name;
}

bool
process_lives(const struct process *process)
{
    return process->lives;
}

int
process_number(const struct process *process)
{
    return process->number;
}

void
process_kill(struct process *process)
{
    process->lives = false;
    story("%s is killed", process->name);
    if (world.on_death != NULL)
        world.on_death(process);
}

void
process_wake(struct process *process)
{
    if (process->wake_at > world.now)
        process->wake_at = world.now;
}

void
world_on_death(void (*function)(struct process *process))
{
    world.on_death = function;
}

void
world_sleep(int64_t until)
{
    struct process *process = world.current;

    process->wake_at = until;
    give_back(process);
}

void
world_step(void)
{
    world_sleep(world.now);
}

void
world_be_patient(void)
{
    world.is_patient = true;
}

int64_t
world_idle(int64_t ms)
{
    return world.is_patient && ms >= 500 ? 10000 : ms;
}

void
world_later(int64_t at, void (*function)(void *arg), void *arg)
{
    if (world.event_count == EVENTS_MAX)
        abort();
    world.events[world.event_count++] = (struct event){at, function, arg};
}

static bool
is_server(const struct process *process)
{
    return process->lives &&
           (process->kind == PROCESS_WORKER || process->kind == PROCESS_RECONCILER ||
            process->kind == PROCESS_COURIER);
}

/* One of the program's processes. */
static struct process *
any_server(void)
{
    struct process *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < world.process_count; i++) {
        if (is_server(&world.processes[i]) && chance_below(++count) == 0)
            found = &world.processes[i];
    }
    return found;
}

static void
stop(struct process *process, int64_t ms)
{
    process->stands_until = world.now + ms;
    story("%s stands still for %lld ms", process->name, (long long)ms);
}

void
world_stand_still(int64_t ms)
{
    stop(world.current, ms);
    world_step();
}

static void
make_trouble(void)
{
    struct process *process;

    if (chance(trouble.deaths) && (process = any_server()) != NULL)
        process_kill(process);
    if (chance(trouble.standstills) && (process = any_server()) != NULL) {
        int64_t most = chance(300) ? 45000 : 4000;

        stop(process, chance_between(100, most));
    }
}

static int64_t
due_at(const struct process *process)
{
    return process->wake_at > process->stands_until ? process->wake_at : process->stands_until;
}

/* Whose turn it is: one of those that can go on, or the index of an event. */
struct choice {
    struct process *process;
    size_t event;
    bool is_event;
    bool is_any;
};

static struct choice
choose(int64_t *next)
{
    struct choice choice = {.is_any = false};
    size_t count = 0;

    *next = WORLD_FOREVER;
    for (size_t i = 0; i < world.process_count; i++) {
        struct process *process = &world.processes[i];
        int64_t due = process->lives ? due_at(process) : WORLD_FOREVER;

        if (due < *next)
            *next = due;
        if (due <= world.now && chance_below(++count) == 0)
            choice = (struct choice){.process = process, .is_any = true};
    }
    for (size_t i = 0; i < world.event_count; i++) {
        if (world.events[i].at < *next)
            *next = world.events[i].at;
        if (world.events[i].at <= world.now && chance_below(++count) == 0)
            choice = (struct choice){.event = i, .is_event = true, .is_any = true};
    }
    return choice;
}

static void
pass_time(void)
{
    world.now += chance(50) ? chance_between(0, 400) : chance_between(0, 3);
}

/* False when nothing will ever happen again. What is wrong ends the run: a program that has gone
 * wrong may well crash next. */
static bool
take_turn(void)
{
    int64_t next;
    struct choice choice = choose(&next);

    if (world.violation[0] != '\0')
        return false;
    if (!choice.is_any) {
        if (next == WORLD_FOREVER)
            return false;
        world.now = next;
        return true;
    }
    world.turns++;
    if (choice.is_event) {
        struct event event = world.events[choice.event];

        world.events[choice.event] = world.events[--world.event_count];
        event.function(event.arg);
    } else {
        world.current = choice.process;
        choice.process->wake_at = WORLD_FOREVER;
        go_on(choice.process);
        world.current = NULL;
    }
    pass_time();
    make_trouble();
    return true;
}

void
world_run(size_t turns)
{
    size_t end = world.turns + turns;

    while (world.turns < end && take_turn())
        ;
}

bool
world_run_until(bool (*done)(void), int64_t time_limit)
{
    while (!done()) {
        if (world.now > time_limit || !take_turn())
            return false;
    }
    return true;
}

size_t
world_turns(void)
{
    return world.turns;
}
