/*
 * Deliver: send events to merchants' webhook endpoints.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/deliver.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define CALL_MS 20000 /* Standard Webhooks 1.0: 15 to 30 s */
/* Until another courier may take it: behind the end of the call by the time that a note may need.
 */
#define LEASE_MS (CALL_MS + 40000)
#define FIRST_ROOM 2
#define ANSWER_ENOUGH ((size_t)16 * 1024)
#define STATUS_GONE 410

void
receiver_init(struct receiver *receiver, const struct receiver_row *row,
              const struct delivery_route *route)
{
    memset(receiver, 0, sizeof *receiver);
    receiver->is_used = true;
    receiver->row = *row;
    identifier_format(IDENTIFIER_ENDPOINT, &row->id, receiver->name);
    receiver->peer = (struct outbound_peer){
        .name = receiver->name,
        .ca_file = route->ca_file,
        .allowed = &route->allowed,
        .answer_enough = ANSWER_ENOUGH,
        .is_unreliable = true,
    };
    receiver->is_in_trouble = row->failing_since != 0;
    receiver->room = receiver->is_in_trouble ? 1 : FIRST_ROOM;
}

size_t
receiver_has_room(const struct receiver *receiver)
{
    return receiver->room > receiver->in_hand ? receiver->room - receiver->in_hand : 0;
}

static struct deadline
store_deadline(const struct workshop *workshop)
{
    return deadline_in_ms(workshop->request_ms);
}

bool
deliver_claim(const struct workshop *workshop, struct receiver *receiver,
              struct delivering *const deliverings[DELIVERY_CLAIM_MAX], size_t limit, size_t *count)
{
    struct delivery claimed[DELIVERY_CLAIM_MAX];
    enum store_result result =
        delivery_store_claim(workshop->database, store_deadline(workshop), &receiver->row.id,
                             LEASE_MS, limit, claimed, count, &receiver->secrets);

    for (size_t i = 0; i < *count; i++) {
        deliverings[i]->delivery = claimed[i];
        deliverings[i]->receiver = receiver;
        receiver->in_hand++;
    }
    return result == STORE_OK;
}

static void
end_call(struct outbound_call *call)
{
    struct delivering *delivering =
        (struct delivering *)((char *)call - offsetof(struct delivering, call));

    delivering->ended(delivering);
}

void
deliver_begin(struct outbound *outbound, struct delivering *delivering)
{
    const struct delivery *delivery = &delivering->delivery;
    struct receiver *receiver = delivering->receiver;
    struct outbound_call *call = &delivering->call;
    char id[IDENTIFIER_TEXT_SIZE], signatures[DELIVERY_SIGNATURES_SIZE];
    int64_t now = clock_wall_ms();

    identifier_format(IDENTIFIER_EVENT, &delivery->event_id, id);
    /* Without a secret there is none to send it with: the endpoint has just been deleted. */
    if (!delivery_sign(&receiver->secrets, id, now / 1000, delivery->body, signatures))
        signatures[0] = '\0';
    snprintf(delivering->id, sizeof delivering->id, "webhook-id: %s", id);
    snprintf(delivering->timestamp, sizeof delivering->timestamp, "webhook-timestamp: %" PRId64,
             now / 1000);
    snprintf(delivering->signatures, sizeof delivering->signatures, "webhook-signature: %s",
             signatures);
    memset(call, 0, sizeof *call);
    *call = (struct outbound_call){
        .peer = &receiver->peer,
        .url = receiver->row.url,
        .headers = {"Content-Type: application/json", delivering->id, delivering->timestamp,
                    delivering->signatures},
        .body = delivery->body,
        .body_length = strlen(delivery->body),
        .deadline = deadline_in_ms(signatures[0] != '\0' ? CALL_MS : 0),
        .ended = end_call,
    };
    delivering->began_at = clock_monotonic_ms();
    delivering->note.attempt.attempted_at = now;
    outbound_start(outbound, call);
}

static void
keep_answer(struct delivery_attempt *attempt, const struct outbound_call *call)
{
    const char *text = call->result == OUTBOUND_ANSWERED ? call->answer : call->error;
    size_t length = call->result == OUTBOUND_ANSWERED ? call->answer_length : strlen(call->error);

    attempt->status = call->result == OUTBOUND_ANSWERED ? call->status : 0;
    attempt->answer_length = length < DELIVERY_ANSWER_MAX ? length : DELIVERY_ANSWER_MAX;
    memcpy(attempt->answer, text, attempt->answer_length);
}

/* What is to be noted of a call that has ended. Once: a note that could not be written is the same
 * when it is written again. */
static bool
conclude(struct delivering *delivering)
{
    struct delivery_note *note = &delivering->note;
    struct outbound_call *call = &delivering->call;
    unsigned tries = delivering->delivery.tries + 1;
    int64_t now = clock_wall_ms();
    uint32_t chance = 0;

    if (note->delivery != NULL)
        return true;
    if (!identifier_new(now, &note->attempt.id) ||
        RAND_bytes((unsigned char *)&chance, sizeof chance) != 1)
        return false;
    note->delivery = &delivering->delivery;
    note->attempt.milliseconds = clock_monotonic_ms() - delivering->began_at;
    keep_answer(&note->attempt, call);
    note->due_at = 0;
    if (delivery_arrived(note->attempt.status))
        note->state = DELIVERY_DELIVERED;
    else if (note->attempt.status == STATUS_GONE)
        note->state = DELIVERY_FAILED;
    else {
        note->due_at = delivery_next_try(tries, now, chance, call->answer_headers.retry_after);
        note->state = note->due_at != 0 ? DELIVERY_PENDING : DELIVERY_FAILED;
    }
    outbound_call_clear(call);
    return true;
}

static void
mark(const struct workshop *workshop, struct receiver *receiver, enum receiver_change change)
{
    int64_t now = clock_wall_ms();

    if (delivery_note_store_mark(workshop->database, store_deadline(workshop), &receiver->row.id,
                                 change, now) != STORE_OK)
        return; /* the next one that fails does it */
    switch (change) {
    case RECEIVER_WORKS:
        receiver->row.failing_since = 0;
        return;
    case RECEIVER_FAILS:
        receiver->row.failing_since = now;
        return;
    case RECEIVER_IS_GONE:
        log_write(workshop->log, LOG_LEVEL_WARNING,
                  "webhook endpoint %s answered 410 and is disabled", receiver->name);
        return;
    case RECEIVER_FAILS_FOR_DAYS:
        log_write(workshop->log, LOG_LEVEL_WARNING,
                  "webhook endpoint %s has taken nothing for five days and is disabled",
                  receiver->name);
        return;
    }
}

/* What one try says of its endpoint. */
static void
judge(const struct workshop *workshop, const struct delivery_note *note, struct receiver *receiver)
{
    if (note->state == DELIVERY_DELIVERED) {
        receiver->is_in_trouble = false;
        receiver->room =
            receiver->room * 2 < RECEIVER_ROOM_MAX ? receiver->room * 2 : RECEIVER_ROOM_MAX;
        if (receiver->row.failing_since != 0)
            mark(workshop, receiver, RECEIVER_WORKS);
        return;
    }
    receiver->is_in_trouble = true;
    receiver->room = 1;
    if (note->attempt.status == STATUS_GONE)
        mark(workshop, receiver, RECEIVER_IS_GONE);
    else if (receiver->row.failing_since == 0)
        mark(workshop, receiver, RECEIVER_FAILS);
    else if (clock_wall_ms() - receiver->row.failing_since > ENDPOINT_FAILING_MS)
        mark(workshop, receiver, RECEIVER_FAILS_FOR_DAYS);
}

bool
deliver_settle(const struct workshop *workshop, struct delivering *const *deliverings, size_t count)
{
    struct delivery_note notes[STORE_GROUP_MAX];

    for (size_t i = 0; i < count; i++) {
        if (!conclude(deliverings[i]))
            return false;
        notes[i] = deliverings[i]->note;
    }
    if (delivery_note_store_keep(workshop->database, store_deadline(workshop), notes, count) !=
        STORE_OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct receiver *receiver = deliverings[i]->receiver;

        judge(workshop, &notes[i], receiver);
        receiver->in_hand--;
        receiver->used_at = clock_monotonic_ms();
        memset(&deliverings[i]->note, 0, sizeof deliverings[i]->note);
        deliverings[i]->receiver = NULL;
    }
    return true;
}
