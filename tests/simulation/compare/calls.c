/*
 * Calls of the store, at random: those that change payments and refunds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "calls.h"

#include <inttypes.h>
#include <string.h>

#include "domain/event.h"
#include "records.h"
#include "side.h"
#include "store/due_store.h"
#include "store/payment_store.h"
#include "store/refund_store.h"
#include "store/settlement.h"

#define GROUP_MAX 9 /* one more than the slots of a small group */

static bool has_company;
static int64_t now;

void
calls_begin(bool several)
{
    has_company = several;
    now = INT64_C(1760000000000);
    records_begin();
}

struct deadline
no_deadline(void)
{
    return deadline_in_ms(1000000);
}

static size_t
group_size(void)
{
    return draw_one_in(2) ? 1 : draw_one_in(8) ? GROUP_MAX : 1 + (size_t)draw(4);
}

static void
insert_payments(struct client *client)
{
    struct payment_insertion insertions[GROUP_MAX];
    struct payment made[GROUP_MAX];
    struct payment existing[GROUP_MAX];
    struct event events[GROUP_MAX];
    size_t count = group_size();

    say("   insert %zu payments\n", count);
    for (size_t i = 0; i < count; i++) {
        make_payment(client->wall, i, &made[i]);
        insertions[i] = (struct payment_insertion){
            .payment = &made[i],
            .existing = &existing[i],
            .event = draw_one_in(6) && event_of_payment(&events[i], &made[i]) ? &events[i] : NULL,
        };
    }
    /* An id that is there. Alone: what waits for nothing tries again. */
    if (!has_company && any_payment() != NULL && draw_one_in(30))
        made[0].id = any_payment()->id;
    payment_store_insert(client->database, no_deadline(), insertions, count);
    turns_end("its answer");
    for (size_t i = 0; i < count; i++) {
        say("   %d\n", (int)insertions[i].result);
        if (insertions[i].result == STORE_EXISTS)
            say_payment(&existing[i]);
        if (insertions[i].result == STORE_OK)
            note_payment(&made[i]);
    }
}

static void
insert_refunds(struct client *client)
{
    struct refund_insertion insertions[GROUP_MAX];
    struct refund made[GROUP_MAX];
    struct refund existing[GROUP_MAX];
    struct event events[GROUP_MAX];
    size_t count = group_size();

    if (any_payment() == NULL)
        return;
    say("   insert %zu refunds\n", count);
    for (size_t i = 0; i < count; i++) {
        const struct payment *payment = any_payment();

        make_refund(client->wall, i, payment, &made[i]);
        /* What is not there is locked as a gap between rows, and only MariaDB has those. */
        if (!has_company && draw_one_in(20))
            made[i].payment_id = new_id(client->wall);
        insertions[i] = (struct refund_insertion){
            .refund = &made[i],
            .processor = draw_one_in(20) ? "another" : payment->processor,
            .existing = &existing[i],
            .event = draw_one_in(6) && event_of_refund(&events[i], &made[i]) ? &events[i] : NULL,
        };
        say_refund(&made[i]);
    }
    refund_store_insert(client->database, no_deadline(), insertions, count);
    turns_end("its answer");
    for (size_t i = 0; i < count; i++) {
        say("   %d\n", (int)insertions[i].result);
        existing[i].currency = NULL;
        if (insertions[i].result == STORE_EXISTS)
            say_refund(&existing[i]);
        if (insertions[i].result == STORE_OK)
            note_refund(&made[i]);
    }
}

static void
settle_payments(struct client *client)
{
    struct payment_settlement settlements[GROUP_MAX];
    struct payment taken[GROUP_MAX];
    struct attempt attempts[GROUP_MAX][2];
    size_t count = 0;

    for (size_t i = group_size(); i > 0 && any_payment() != NULL; i--) {
        struct payment_settlement *settlement = &settlements[count];
        bool is_there = false;

        taken[count] = *any_payment();
        for (size_t j = 0; j < count; j++)
            is_there = is_there || identifier_equal(&taken[j].id, &taken[count].id);
        if (is_there)
            continue;
        *settlement = (struct payment_settlement){
            .payment = &taken[count],
            .status = (enum payment_status)draw(3),
            .reference = draw_one_in(2) ? "ch_1" : "",
            .due_at = draw_one_in(3) ? client->wall : 0,
            .action_url = draw_one_in(3)   ? "https://acquirer.example/action"
                          : draw_one_in(2) ? ""
                                           : NULL,
            .look_at = draw_one_in(3) ? client->wall + (int64_t)draw(20000) : 0,
            .attempts = attempts[count],
            .attempt_count = (size_t)draw(3),
            .wish = (enum event_wish)draw(3),
            .tells_processing = draw_one_in(3),
        };
        if (settlement->status == PAYMENT_FAILED)
            settlement->decline = DECLINE_EXPIRED_CARD;
        make_attempts(client->wall, attempts[count], settlement->attempt_count);
        count++;
    }
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        say_payment(&taken[i]);
    say("   settle %zu payments\n", count);
    settlement_of_payments(client->database, no_deadline(), settlements, count);
    turns_end("its answer");
    for (size_t i = 0; i < count; i++) {
        say("   %d\n", (int)settlements[i].result);
        if (settlements[i].result == STORE_OK)
            say_payment(&taken[i]);
    }
}

static void
settle_refunds(struct client *client)
{
    struct refund_settlement settlements[GROUP_MAX];
    struct refund taken[GROUP_MAX];
    struct attempt attempts[GROUP_MAX][2];
    size_t count = 0;

    for (size_t i = group_size(); i > 0 && any_refund() != NULL; i--) {
        bool is_there = false;

        taken[count] = *any_refund();
        for (size_t j = 0; j < count; j++)
            is_there = is_there || identifier_equal(&taken[j].id, &taken[count].id);
        if (is_there)
            continue;
        settlements[count] = (struct refund_settlement){
            .refund = &taken[count],
            .status = (enum refund_status)draw(3),
            .reference = draw_one_in(2) ? "re_1" : "",
            .look_at = draw_one_in(3) ? client->wall + (int64_t)draw(20000) : 0,
            .attempts = attempts[count],
            .attempt_count = (size_t)draw(3),
            .wish = (enum event_wish)draw(3),
        };
        make_attempts(client->wall, attempts[count], settlements[count].attempt_count);
        count++;
    }
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        say_refund(&taken[i]);
    say("   settle %zu refunds\n", count);
    settlement_of_refunds(client->database, no_deadline(), settlements, count);
    turns_end("its answer");
    for (size_t i = 0; i < count; i++) {
        say("   %d\n", (int)settlements[i].result);
        if (settlements[i].result == STORE_OK)
            say_refund(&taken[i]);
    }
}

static void
claim(struct client *client)
{
    struct payment payments[DUE_MAX];
    struct refund refunds[DUE_MAX];
    enum store_result result;
    size_t count;

    if (draw_one_in(2)) {
        say("   claim payments\n");
        result = due_store_claim_payments(client->database, no_deadline(), payments, &count);
        turns_end("its answer");
        say("   %d, %zu\n", (int)result, count);
        for (size_t i = 0; i < count; i++)
            say_payment(&payments[i]);
        return;
    }
    say("   claim refunds\n");
    result = due_store_claim_refunds(client->database, no_deadline(), refunds, &count);
    turns_end("its answer");
    say("   %d, %zu\n", (int)result, count);
    for (size_t i = 0; i < count; i++) {
        refunds[i].currency = NULL;
        say_refund(&refunds[i]);
    }
}

void
calls_make(struct client *client)
{
    now += draw_one_in(3) ? (int64_t)draw(20000) : (int64_t)draw(30);
    client->wall = now;
    side_set_time(client);
    say("   at %" PRId64 "\n", now);
    switch (draw(has_company ? 12 : 14)) {
    case 0:
    case 1:
    case 2:
        insert_payments(client);
        break;
    case 3:
    case 4:
        insert_refunds(client);
        break;
    case 5:
    case 6:
        settle_payments(client);
        break;
    case 7:
    case 8:
        settle_refunds(client);
        break;
    case 9:
        claim(client);
        break;
    case 10:
    case 11:
        calls_look(client);
        break;
    default:
        calls_administer(client);
        break;
    }
}
