/*
 * An event: what a merchant's program is told about a change of one of its records.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/event.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "domain/money.h"

#define DATA_SIZE 384

static const char *const names[] = {
    [EVENT_PAYMENT_SUCCEEDED] = "payment.succeeded",
    [EVENT_PAYMENT_FAILED] = "payment.failed",
    [EVENT_PAYMENT_PROCESSING] = "payment.processing",
    [EVENT_PAYMENT_DISPUTED] = "payment.disputed",
    [EVENT_REFUND_SUCCEEDED] = "refund.succeeded",
    [EVENT_REFUND_FAILED] = "refund.failed",
    [EVENT_REFUND_RETURNED] = "refund.returned",
};

const char *
event_type_name(enum event_type type)
{
    return names[type];
}

bool
event_type_parse(const char *name, enum event_type *type)
{
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *type = (enum event_type)i;
            return true;
        }
    }
    return false;
}

bool
event_init(struct event *event)
{
    event->created_at = clock_wall_ms();
    return identifier_new(event->created_at, &event->id);
}

/* No member needs a JSON escape. */
static void
write_body(struct event *event, const char *data)
{
    char id[IDENTIFIER_TEXT_SIZE], created_at[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_EVENT, &event->id, id);
    clock_format(event->created_at, created_at);
    snprintf(event->body, sizeof event->body,
             "{\"id\":\"%s\",\"type\":\"%s\",\"created_at\":\"%s\",\"data\":%s}", id,
             event_type_name(event->type), created_at, data);
}

static enum event_type
type_of_payment(const struct payment *payment)
{
    if (payment->is_disputed)
        return EVENT_PAYMENT_DISPUTED;
    switch (payment->status) {
    case PAYMENT_SUCCEEDED:
        return EVENT_PAYMENT_SUCCEEDED;
    case PAYMENT_FAILED:
        return EVENT_PAYMENT_FAILED;
    case PAYMENT_PROCESSING:
        break;
    }
    return EVENT_PAYMENT_PROCESSING;
}

static enum event_type
type_of_refund(const struct refund *refund)
{
    if (refund->returned_at != 0)
        return EVENT_REFUND_RETURNED;
    return refund->status == REFUND_SUCCEEDED ? EVENT_REFUND_SUCCEEDED : EVENT_REFUND_FAILED;
}

void
event_tell_payment(struct event *event, const struct payment *payment)
{
    char id[IDENTIFIER_TEXT_SIZE], amount[MONEY_TEXT_SIZE], created_at[CLOCK_TEXT_SIZE];
    char data[DATA_SIZE];

    event->merchant_id = payment->merchant_id;
    event->object_id = payment->id;
    event->mode = payment->mode;
    event->type = type_of_payment(payment);
    identifier_format(IDENTIFIER_PAYMENT, &payment->id, id);
    money_format(payment->amount, payment->currency, amount);
    clock_format(payment->created_at, created_at);
    snprintf(data, sizeof data,
             "{\"id\":\"%s\",\"amount\":%s,\"currency\":\"%s\",\"status\":\"%s\","
             "\"created_at\":\"%s\"}",
             id, amount, payment->currency->code, payment_status_name(payment->status), created_at);
    write_body(event, data);
}

void
event_tell_refund(struct event *event, const struct refund *refund)
{
    char id[IDENTIFIER_TEXT_SIZE], payment_id[IDENTIFIER_TEXT_SIZE], amount[MONEY_TEXT_SIZE];
    char created_at[CLOCK_TEXT_SIZE], data[DATA_SIZE];

    event->merchant_id = refund->merchant_id;
    event->object_id = refund->id;
    event->mode = refund->mode;
    event->type = type_of_refund(refund);
    identifier_format(IDENTIFIER_REFUND, &refund->id, id);
    identifier_format(IDENTIFIER_PAYMENT, &refund->payment_id, payment_id);
    money_format(refund->amount, refund->currency, amount);
    clock_format(refund->created_at, created_at);
    snprintf(data, sizeof data,
             "{\"id\":\"%s\",\"payment_id\":\"%s\",\"amount\":%s,\"status\":\"%s\","
             "\"created_at\":\"%s\"}",
             id, payment_id, amount, refund_status_name(refund->status), created_at);
    write_body(event, data);
}

bool
event_of_payment(struct event *event, const struct payment *payment)
{
    if (!event_init(event))
        return false;
    event_tell_payment(event, payment);
    return true;
}

bool
event_of_refund(struct event *event, const struct refund *refund)
{
    if (!event_init(event))
        return false;
    event_tell_refund(event, refund);
    return true;
}
