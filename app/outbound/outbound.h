/*
 * Outbound: https calls of ours, many at once beside all else that a worker's loop does, by
 * libcurl.
 *
 * - TLS is verified always. No redirect is followed, no proxy is taken from the environment, and an
 *   answer is read up to a limit.
 * - A call has one deadline, its own: when it has passed, the call ends with what is known then.
 * - Calls to one peer share few connections (kept alive; HTTP/2 where the server has it). Peers
 *   share nothing: one that hangs holds nobody else up. A connection on which a call had no answer
 *   in time gets no more calls.
 * - A request may be sent more than once: libcurl does so when a kept connection closes before the
 *   first byte of an answer (a server that ends an idle one, mostly), or HTTP/2 refuses a stream.
 *   So a POST has an idempotency key, or may be repeated without one. was_repeated tells of it: the
 *   earlier one may still arrive after the answer to the later one.
 * - The program ignores SIGPIPE.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OUTBOUND_OUTBOUND_H
#define PAYMENT_API_OUTBOUND_OUTBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "log.h"
#include "loop.h"

#define OUTBOUND_ANSWER_MAX ((size_t)256 * 1024) /* bytes of an answer's body */
#define OUTBOUND_HEADERS_MAX 8                   /* header lines of a call */

struct networks;

/* Whom calls go to; its address tells it from others. Must outlive the outbound. */
struct outbound_peer {
    const char *name;    /* for the log; not owned */
    const char *ca_file; /* PEM; NULL: the system's; not owned */
    const char *proxy;   /* a URL; NULL: none; not owned */
    /* For addresses that somebody else has chosen: those of the public internet and these are
     * called, and no other. Looked at when a connection is made, so a name may answer what it
     * likes. NULL: any address; not owned. */
    const struct networks *allowed;
    /* For answers whose status says all: of their body so many bytes are read, and headers make an
     * answer. 0: answers are wanted whole, up to OUTBOUND_ANSWER_MAX. */
    size_t answer_enough;
    bool is_unreliable; /* a call that comes to nothing is no warning in the log */
};

enum outbound_result {
    OUTBOUND_ANSWERED, /* status and answer are whole, or as whole as is wanted */
    OUTBOUND_NOT_SENT, /* surely: nothing was written to a connection that stood */
    OUTBOUND_LOST,     /* it may have arrived; the answer did not, or not all of it */
};

/* The headers of an answer that callers ask about; "" when absent. */
struct outbound_answer_headers {
    char retry_after[32];
    char should_retry[8]; /* Stripe-Should-Retry */
    char request_id[64];  /* Request-Id */
};

/*
 * One call, a member of whoever makes it; zeroed before it is first used. All that it points to
 * must live until it has ended. After that it may be started again, as it is or changed.
 */
struct outbound_call {
    const struct outbound_peer *peer;
    const char *url; /* https://... */
    const char
        *headers[OUTBOUND_HEADERS_MAX]; /* "Name: value"; the rest NULL. Secrets: never logged */
    const char *body;                   /* NULL: a GET; otherwise a POST of body_length bytes */
    size_t body_length;
    struct deadline deadline;
    /* Called once, from outbound_tick() or by the loop. May start calls, this one among them, and
     * may free this one (after outbound_call_clear()). */
    void (*ended)(struct outbound_call *call);

    /* Set when it has ended. */
    enum outbound_result result;
    bool was_repeated; /* libcurl sent it more than once */
    int status;        /* 200 to 599; 0 when there was no whole answer */
    char *answer; /* answer_length bytes and a final NUL; outbound_call_clear() frees it; "" when
                     there is none, as without OUTBOUND_ANSWERED */
    size_t answer_length;
    struct outbound_answer_headers answer_headers;
    char error[160]; /* why there was no answer, for people; no secret */

    /* Of this room. */
    struct outbound_transfer *transfer;   /* NULL when none is under way */
    struct outbound_call *next_unstarted; /* in the list of those that could not be started */
};

struct outbound;

/* NULL without memory, or when libcurl cannot be used. The loop must outlive it. */
struct outbound *outbound_new(struct loop *loop, const struct log *log)
    __attribute__((warn_unused_result));

/* Ends what is under way without a word. Takes NULL. */
void outbound_free(struct outbound *outbound);

/* Starts a call. It ends later, never from within this function: call outbound_tick() before the
 * loop waits. */
void outbound_start(struct outbound *outbound, struct outbound_call *call);

/* Frees the answer, and forgets the rest of it. outbound_start() does so, too. */
void outbound_call_clear(struct outbound_call *call);

/*
 * Runs timers, then ends calls whose deadline has passed: call it behind each wait of the loop, so
 * that an answer that lies in the socket is read first, and not from within ended(). Returns
 * milliseconds until it wants to be called again, -1 when nothing is under way; a call that is
 * started after it makes that 0.
 */
int64_t outbound_tick(struct outbound *outbound);

/* Calls under way. */
size_t outbound_count(const struct outbound *outbound);

#endif
