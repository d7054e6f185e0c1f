/*
 * The ledger: what the acquirer has done, and how it shows it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_LEDGER_H
#define PAYMENT_API_SIMULATION_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#define LEDGER_MAX 512
#define LEDGER_TEXT_SIZE 1024 /* of an object as it is shown */

enum object_kind {
    OBJECT_CHARGE,
    OBJECT_INTENT,
    OBJECT_REFUND,
};

enum object_status {
    OBJECT_SUCCEEDED,
    OBJECT_FAILED, /* of an intent: requires_payment_method, with its error */
    OBJECT_PENDING,
    OBJECT_ACTION, /* an intent that waits for its customer */
    OBJECT_IDLE,   /* an intent that nobody confirmed */
    OBJECT_CANCELED,
};

struct object {
    enum object_kind kind;
    enum object_status status;
    char id[32];
    char our_id[48]; /* of the metadata: the record's; "" */
    char closed[48]; /* of a fence: whose key it used up; "" */
    char parent[32]; /* of a refund */
    char description[64];
    int64_t amount;
    char currency[4];
    int64_t created_at;       /* Unix seconds */
    struct process *customer; /* who was sent to its page; NULL: nobody */
};

/* A run begins. */
void ledger_clear(void);

/* A new one, with its id and the time. */
struct object *ledger_add(enum object_kind kind) __attribute__((returns_nonnull));
struct object *ledger_find(const char *id); /* NULL: none */
const struct object *ledger_objects(size_t *count);

const char *ledger_status(const struct object *object);
/* As JSON; returns its length. expands: a refund with its charge. */
size_t ledger_write(const struct object *object, bool expands, char *text, size_t size);

/* The intent whose page this is; NULL: none. */
struct object *ledger_of_page(const char *url);

#endif
