/*
 * An operation: something that is done with money, whoever asks for it. Operations know no HTTP and
 * no SQL. Each step is one function that takes a group: what stands at the same step is done
 * together.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_OPERATION_H
#define PAYMENT_API_OPERATIONS_OPERATION_H

#include "clock.h"
#include "processor/caller.h"
#include "processor/selection.h"
#include "store/database.h"

#define OPERATION_GROUP_MAX STORE_GROUP_MAX

/* How an operation ended. */
enum operation_outcome {
    OPERATION_WAITS,          /* it has not ended: give it to the next group */
    OPERATION_CALLS,          /* its record is kept, and the processor is being called */
    OPERATION_DONE,           /* its record is kept: the answer is the record */
    OPERATION_REPLAYED,       /* an earlier request under its idempotency key did it */
    OPERATION_KEY_REUSED,     /* that request was a different one */
    OPERATION_IN_PROGRESS,    /* that request has not ended */
    OPERATION_NOT_FOUND,      /* there is no such payment */
    OPERATION_INVALID_AMOUNT, /* not in the payment's currency, or more than is left */
    OPERATION_UNAVAILABLE,    /* the database is out of reach, or not in time */
    OPERATION_FAILED,         /* a fault; logged */
};

/* What operations work with; of the worker. */
struct workshop {
    struct database *database;           /* not owned */
    const struct processors *processors; /* not owned */
    struct caller *caller;               /* not owned */
    int64_t request_ms;                  /* how long a request may last without its call */
    int64_t call_ms;                     /* how long a call may last */
    int64_t action_ms;                   /* how long a customer may take at a processor's page */
    const struct log *log;               /* not owned */
};

/* When the request that makes a record now is over at the latest, Unix time in milliseconds. */
int64_t operation_due_at(const struct workshop *workshop, int64_t created_at);

/* When a call about a record with this due_at ends at the latest: a worker that stood still since
 * it kept the record calls no later than it has promised. */
struct deadline operation_call_deadline(const struct workshop *workshop, int64_t due_at);

/* True while the request that made a "processing" record with this due_at may still be at work. */
bool operation_is_at_work(int64_t due_at);

/* Tells an operator, in the log, what a call came to that nobody else can mend. what: "payment" or
 * "refund". */
void operation_tell(const struct workshop *workshop, const struct call *call, const char *what);

/* The outcome for what a store's function came to when it is not STORE_OK. */
enum operation_outcome operation_outcome_of(enum store_result result);

#endif
