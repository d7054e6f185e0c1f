/*
 * The caller: carries out what processors with effects are asked, over https.
 *
 * A call sends the requests of its job one after the other until the job has ended or the call's
 * deadline has come. What is surely not sent, and what the processor asks for, is sent again under
 * the same idempotency key, as long as there is time. A charge or refund of which anything may have
 * been sent ends as PROCESSOR_NOT_SENT never: without proof it is PROCESSOR_UNKNOWN.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_CALLER_H
#define PAYMENT_API_PROCESSOR_CALLER_H

#include "clock.h"
#include "domain/attempt.h"
#include "log.h"
#include "metrics.h"
#include "outbound/outbound.h"
#include "processor/processor.h"

struct watch;

/* A member of whoever makes it. What the job points to must live until it has ended. */
struct call {
    struct processor_job job;
    struct deadline deadline;
    void *owner; /* whoever made it; for caller_next_ended()'s caller */

    /* The caller's own. */
    struct caller *caller;
    struct outbound_call outbound;
    struct watch *watch;
    char *sent;         /* the text of the request under way; owned */
    int64_t started_at; /* monotonic microseconds */
    bool maybe_sent;    /* a request of this job may have arrived */
    unsigned tries;     /* of the request at which the job stands */
    int64_t send_at;    /* monotonic milliseconds: it waits to be sent again; 0: it does not wait */
    bool under_way;
    struct call *next; /* of those that wait, or have ended */
};

struct caller;

/* At most calls_max calls to one processor are under way, so that one that hangs takes no room from
 * the others. NULL without memory. The loop must outlive it. */
struct caller *caller_new(struct loop *loop, const struct log *log, size_t calls_max,
                          struct metrics_place metrics) __attribute__((warn_unused_result));

/* Ends what is under way without a word: what may have been sent stays unknown. Takes NULL. */
void caller_free(struct caller *caller);

/* False while the processor's last calls did not connect (once a second it is true for one trial),
 * or too many calls to it are under way. To be asked before anything new is recorded. */
bool caller_may_try(struct caller *caller, const struct processor *processor);

/* Starts a call whose job and deadline are set; all else of it is zero. It ends later. */
void caller_start(struct caller *caller, struct call *call);

/* The next call that has ended, its outcome in job.outcome; NULL when there is none. */
struct call *caller_next_ended(struct caller *caller);

/* To be called behind each wait of the loop. Returns milliseconds until it wants to be called
 * again, -1 when nothing is under way. */
int64_t caller_tick(struct caller *caller);

/* Calls that have been started and not taken with caller_next_ended(). */
size_t caller_count(const struct caller *caller);

/* What was asked and what came, as it is kept. False without random bytes. */
bool caller_attempt(const struct call *call, struct attempt *attempt)
    __attribute__((warn_unused_result));

#endif
