/*
 * Records: random ones, those that were kept, and their lines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "records.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turns.h"

#define RECORDS_MAX 256
#define KEYS 3 /* of a merchant, a mode and a place in a group */
#define NEWEST 3
#define REQUEST_MS 15000 /* how long a payment may be at work */
#define NOBODY 'x'       /* a merchant that there is not */
#define ACTION "https://acquirer.example/3ds/1"

static struct payment payments[RECORDS_MAX];
static struct refund refunds[RECORDS_MAX];
static size_t payment_count, refund_count;

void
records_begin(void)
{
    payment_count = 0;
    refund_count = 0;
}

struct identifier
merchant_id(uint64_t number)
{
    return (struct identifier){{(unsigned char)(number + 1), 1}};
}

struct identifier
any_merchant(void)
{
    return merchant_id(draw_one_in(40) ? NOBODY : draw(MERCHANTS));
}

struct identifier
new_id(int64_t now)
{
    struct identifier id;

    if (!identifier_new(now, &id))
        abort();
    return id;
}

static void
make_key(size_t place, char key[IDEMPOTENCY_KEY_SIZE])
{
    if (draw_one_in(4))
        return;
    /* Two that differ in case only are two. */
    snprintf(key, IDEMPOTENCY_KEY_SIZE, "%s%zu-%d", draw_one_in(2) ? "key" : "KEY", place,
             (int)draw(KEYS));
}

static void
make_metadata(struct metadata *metadata)
{
    static const char *const texts[] = {
        "{\"order\":\"1\"}",
        "{\"order\":\"1\",\"table\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}"};

    if (draw_one_in(5) && !metadata_set(metadata, texts[draw(2)]))
        abort();
}

void
make_payment(int64_t now, size_t place, struct payment *payment)
{
    static const char *const currencies[] = {"USD", "EUR", "JPY"};

    memset(payment, 0, sizeof *payment);
    payment->id = new_id(now);
    payment->merchant_id = any_merchant();
    payment->mode = draw_one_in(2) ? MODE_LIVE : MODE_TEST;
    payment->amount = draw_one_in(40) ? 0 : 1 + (int64_t)draw(1000);
    payment->currency = currency_find(currencies[draw(3)]);
    payment->created_at = now;
    strcpy(payment->source, draw_one_in(2) ? "tok_visa" : "pm_card_visa");
    if (draw_one_in(3)) {
        payment->has_description = true;
        strcpy(payment->description, draw_one_in(2) ? "" : "Caf\xc3\xa9 \xf0\x9f\x98\x80 ");
    }
    make_key(place, payment->idempotency_key);
    make_metadata(&payment->metadata);
    if (payment->mode == MODE_LIVE) {
        strcpy(payment->processor, "stripe");
        payment->due_at = now + REQUEST_MS;
        if (draw_one_in(4))
            strcpy(payment->return_url, "https://shop.example/back");
        return;
    }
    strcpy(payment->processor, "sandbox");
    payment->status = draw_one_in(4) ? PAYMENT_FAILED : PAYMENT_SUCCEEDED;
    if (payment->status == PAYMENT_FAILED && !draw_one_in(20)) /* a CHECK asks for it */
        payment->decline = DECLINE_CARD_DECLINED;
}

void
make_refund(int64_t now, size_t place, const struct payment *payment, struct refund *refund)
{
    memset(refund, 0, sizeof *refund);
    refund->id = new_id(now);
    refund->merchant_id = draw_one_in(20) ? any_merchant() : payment->merchant_id;
    refund->mode = draw_one_in(20) ? MODE_TEST : payment->mode;
    refund->payment_id = payment->id;
    refund->amount = draw_one_in(30) ? 0 : 1 + (int64_t)draw((uint64_t)payment->amount);
    refund->currency = payment->currency;
    refund->created_at = now;
    make_key(place, refund->idempotency_key);
    make_metadata(&refund->metadata);
    if (refund->mode == MODE_LIVE)
        refund->due_at = now + REQUEST_MS;
    else
        refund->status = REFUND_SUCCEEDED;
}

void
make_attempts(int64_t now, struct attempt *attempts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        attempts[i] = (struct attempt){
            .id = i > 0 && draw_one_in(10) ? attempts[0].id : new_id(now),
            .asked = draw_one_in(2) ? "charge" : "find",
            .came = draw_one_in(2) ? "succeeded" : "unknown",
            .made_at = now,
        };
        snprintf(attempts[i].detail, sizeof attempts[i].detail, "status %d", (int)draw(500));
    }
}

void
note_payment(const struct payment *payment)
{
    if (payment_count < RECORDS_MAX)
        payments[payment_count++] = *payment;
}

void
note_refund(const struct refund *refund)
{
    if (refund_count < RECORDS_MAX)
        refunds[refund_count++] = *refund;
}

/* One of so many: mostly of the newest, at which the others are, too. */
static size_t
any_of(size_t count)
{
    size_t newest = count < NEWEST ? count : NEWEST;

    return draw_one_in(3) ? (size_t)draw(count) : count - 1 - (size_t)draw(newest);
}

const struct payment *
any_payment(void)
{
    return payment_count > 0 ? &payments[any_of(payment_count)] : NULL;
}

const struct refund *
any_refund(void)
{
    return refund_count > 0 ? &refunds[any_of(refund_count)] : NULL;
}

const struct payment *
noted_payments(size_t *count)
{
    *count = payment_count;
    return payments;
}

const struct refund *
noted_refunds(size_t *count)
{
    *count = refund_count;
    return refunds;
}

static void
say_bytes(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        say("%02x", bytes[i]);
}

void
say_id(const struct identifier *id)
{
    say(" ");
    say_bytes(id->bytes, sizeof id->bytes);
}

void
say_payment(const struct payment *payment)
{
    say("   payment");
    say_id(&payment->id);
    say_id(&payment->merchant_id);
    say(" %s %" PRId64 " %" PRId64 " %s %s %d %s %s [%s] %d key [%s] %" PRId64 " %" PRId64
        " reference [%s] [%s] [%s] ",
        mode_name(payment->mode), payment->amount, payment->refunded, payment->currency->code,
        payment_status_name(payment->status), (int)payment->decline, payment->processor,
        payment->source, payment->description, payment->has_description, payment->idempotency_key,
        payment->created_at, payment->due_at, payment->reference, payment->return_url,
        payment->action_url);
    say_bytes(payment->metadata.digest, 4);
    say("\n");
}

void
say_refund(const struct refund *refund)
{
    say("   refund");
    say_id(&refund->id);
    say_id(&refund->merchant_id);
    say_id(&refund->payment_id);
    say(" %s %" PRId64 " %s %s key [%s] %" PRId64 " %" PRId64 " reference [%s] ",
        mode_name(refund->mode), refund->amount,
        refund->currency != NULL ? refund->currency->code : "", refund_status_name(refund->status),
        refund->idempotency_key, refund->created_at, refund->due_at, refund->reference);
    say_bytes(refund->metadata.digest, 4);
    say("\n");
}
