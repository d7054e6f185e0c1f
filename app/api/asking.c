/*
 * Asking: a read of a payment or refund that stays "processing" asks its processor first.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/asking.h"

#include <string.h>

#include "store/payment_store.h"

#define PAUSE_MS 1000 /* between two questions about one record */

/* True once a second for a record; a record that shares its slot with another one may be asked
 * about more often. */
static bool
take_turn(struct service *service, const struct identifier *id)
{
    size_t slot = id->bytes[IDENTIFIER_SIZE - 1] % ASKED_SLOTS;
    int64_t now = clock_monotonic_ms();

    if (identifier_equal(&service->asked[slot].id, id) && now - service->asked[slot].at < PAUSE_MS)
        return false;
    service->asked[slot].id = *id;
    service->asked[slot].at = now;
    return true;
}

static bool
is_wanted(struct service *service, const struct exchange *exchange, bool processing, int64_t due_at,
          const struct identifier *id)
{
    return exchange->error == API_OK && processing && service->caller != NULL &&
           !operation_is_at_work(due_at) && take_turn(service, id);
}

void
asking_of_payment(struct service *service, struct exchange *exchange)
{
    struct payment payment;

    if (!is_wanted(service, exchange, exchange->payment.status == PAYMENT_PROCESSING,
                   exchange->payment.due_at, &exchange->payment.id))
        return;
    payment = exchange->payment; /* it shares its place */
    memset(&exchange->asked, 0, sizeof exchange->asked);
    exchange->asked.payment = payment;
    exchange->work = WORK_ASK;
}

void
asking_of_refund(struct service *service, struct exchange *exchange)
{
    struct refund refund;
    struct payment_search search;

    if (!is_wanted(service, exchange, exchange->refund.status == REFUND_PROCESSING,
                   exchange->refund.due_at, &exchange->refund.id))
        return;
    refund = exchange->refund; /* it shares its place */
    memset(&exchange->asked, 0, sizeof exchange->asked);
    exchange->asked.is_refund = true;
    exchange->asked.refund = refund;
    search = (struct payment_search){.merchant_id = &refund.merchant_id,
                                     .id = &refund.payment_id,
                                     .mode = refund.mode,
                                     .payment = &exchange->asked.payment};
    payment_store_find(service->database, exchange->deadline, &search, 1);
    if (search.result == STORE_OK)
        exchange->work = WORK_ASK;
    else
        exchange->refund = refund;
}

/* The answer is the record, as it stands. */
static void
take_record(struct exchange *exchange)
{
    exchange->work = WORK_NONE;
    if (exchange->asked.is_refund) {
        struct refund refund = exchange->asked.refund;

        exchange->refund = refund;
    } else {
        struct payment payment = exchange->asked.payment;

        exchange->payment = payment;
    }
}

void
asking_begin(struct service *service, struct exchange *exchange)
{
    struct workshop workshop = service_workshop(service);
    int64_t left_ms =
        deadline_left_ms(exchange->deadline) - (int64_t)service->config->database_timeout * 1000;

    if (left_ms < workshop.call_ms)
        workshop.call_ms = left_ms;
    if (left_ms <= 0 || !reconcile_begin(&workshop, &exchange->asked, exchange))
        take_record(exchange);
    else
        exchange->work = WORK_CALL;
}

void
asking_conclude(struct service *service, struct exchange *const *exchanges, size_t count)
{
    struct workshop workshop = service_workshop(service);
    struct reconciling *concluded[RECONCILE_MAX];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct exchange *exchange = exchanges[i];
        int64_t left_ms = deadline_left_ms(exchange->deadline) -
                          (int64_t)service->config->database_timeout * 1000;

        workshop.call_ms = left_ms;
        if (left_ms > 0 && reconcile_go_on(&workshop, &exchange->asked)) {
            exchange->work = WORK_CALL;
            continue;
        }
        concluded[size++] = &exchange->asked;
        if (size < RECONCILE_MAX)
            continue;
        reconcile_settle(&workshop, concluded, size);
        size = 0;
    }
    if (size > 0)
        reconcile_settle(&workshop, concluded, size);
    for (size_t i = 0; i < count; i++) {
        if (exchanges[i]->work != WORK_CALL)
            take_record(exchanges[i]);
    }
}
