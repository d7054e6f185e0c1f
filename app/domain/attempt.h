/*
 * An attempt: one thing that a processor was asked about a payment or refund, and what came. Kept,
 * so that people can see what was tried.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_ATTEMPT_H
#define PAYMENT_API_DOMAIN_ATTEMPT_H

#include <stdint.h>

#include "domain/identifier.h"

#define ATTEMPT_DETAIL_SIZE 161 /* 160 ASCII characters and the final NUL */

struct attempt {
    struct identifier id;
    const char *asked; /* "charge", "find", ...: a word of the program's, not owned */
    const char *came;  /* "succeeded", "unknown", ...: the same */
    char detail[ATTEMPT_DETAIL_SIZE]; /* no secret and nothing personal */
    int64_t made_at;                  /* Unix time in milliseconds: when it ended */
};

/* When the processor is asked for the first time about a record whose request is over at due_at
 * (Unix time in milliseconds); 0 for 0: not at all. */
int64_t attempt_first_look_at(int64_t due_at);

/* When it is asked again: the older the record, the later. */
int64_t attempt_next_look_at(int64_t created_at, int64_t now);

#endif
