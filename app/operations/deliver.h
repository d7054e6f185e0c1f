/*
 * Deliver: send events to merchants' webhook endpoints, as Standard Webhooks 1.0 has it.
 *
 *   deliver_claim()   takes deliveries of one endpoint that are due.
 *   deliver_begin()   signs one and sends it; its call ends later.
 *   deliver_settle()  notes what became of those whose calls have ended, and what that says of
 *                     their endpoints.
 *
 * A delivery stands in the database until it has arrived or failed for good, so one whose sender
 * dies is sent again by whoever comes next: at least once, under the same id each time.
 *
 * An endpoint that answers slowly, or not at all, gets fewer at once, down to one; each that
 * arrives doubles their number.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_DELIVER_H
#define PAYMENT_API_OPERATIONS_DELIVER_H

#include "domain/delivery.h"
#include "domain/network.h"
#include "operations/operation.h"
#include "outbound/outbound.h"
#include "store/delivery_note_store.h"
#include "store/delivery_store.h"

#define RECEIVER_ROOM_MAX 16 /* deliveries to one endpoint at once */

/* An endpoint that is being sent to. Zeroed, it is unused. */
struct receiver {
    bool is_used;
    struct receiver_row row;
    char name[IDENTIFIER_TEXT_SIZE]; /* of the endpoint, for the log */
    struct outbound_peer peer;
    struct delivery_secrets secrets; /* as the last claim found them */
    size_t room;                     /* deliveries that it may be sent at once */
    size_t in_hand;                  /* that it is being sent */
    bool is_in_trouble;              /* the last one did not arrive */
    int64_t used_at;                 /* monotonic milliseconds */
};

/* One delivery, from its claim until it is noted. Its address must not change. */
struct delivering {
    struct delivery delivery;
    struct receiver *receiver; /* not owned; NULL: this one is unused */
    struct outbound_call call;
    void (*ended)(struct delivering *delivering); /* its call has ended; set by the owner */
    void *owner;
    bool was_in_trouble;     /* the receiver was, when this one began */
    struct delivering *next; /* of the owner's */
    int64_t began_at;        /* monotonic milliseconds */
    struct delivery_note note;
    char signatures[DELIVERY_SIGNATURES_SIZE + 24]; /* header lines */
    char id[IDENTIFIER_TEXT_SIZE + 16];
    char timestamp[48];
};

/* What endpoints may be reached, and how. Must outlive the receivers. */
struct delivery_route {
    struct networks allowed; /* besides the public internet */
    const char *ca_file;     /* PEM; NULL: the system's; not owned */
};

void receiver_init(struct receiver *receiver, const struct receiver_row *row,
                   const struct delivery_route *route);

/* How many more it may be sent now. */
size_t receiver_has_room(const struct receiver *receiver);

/* Claims up to limit for a receiver, into the delivery of each delivering; *count of them. False
 * when the database cannot be reached. */
bool deliver_claim(const struct workshop *workshop, struct receiver *receiver,
                   struct delivering *const deliverings[DELIVERY_CLAIM_MAX], size_t limit,
                   size_t *count) __attribute__((warn_unused_result));

/* Sends it. */
void deliver_begin(struct outbound *outbound, struct delivering *delivering);

/* Notes up to STORE_GROUP_MAX whose calls have ended. False when the database cannot be reached:
 * they are to be given once more. */
bool deliver_settle(const struct workshop *workshop, struct delivering *const *deliverings,
                    size_t count) __attribute__((warn_unused_result));

#endif
