/*
 * Attend: do what a processor's notice asks for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/attend.h"

#include <string.h>

#include "store/payment_store.h"
#include "store/refund_store.h"

static struct deadline
store_deadline(const struct workshop *workshop)
{
    return deadline_in_ms(workshop->request_ms);
}

bool
attend_claim(const struct workshop *workshop, struct attending attendings[ATTEND_MAX],
             size_t *count)
{
    struct notice notices[ATTEND_MAX];

    if (notice_store_claim(workshop->database, store_deadline(workshop), notices, count) !=
        STORE_OK)
        return false;
    for (size_t i = 0; i < *count; i++) {
        memset(&attendings[i], 0, sizeof attendings[i]);
        attendings[i].notice = notices[i];
    }
    return true;
}

/* Reads the payment with this id, if the notice can be about it. */
static enum store_result
find_payment(const struct workshop *workshop, struct attending *attending,
             const struct identifier *id)
{
    const struct notice *notice = &attending->notice;
    struct identifier merchant_id;
    enum mode mode;
    struct payment_search search = {
        .merchant_id = &merchant_id, .id = id, .payment = &attending->payment};
    enum store_result result = notice_store_find_owner(workshop->database, store_deadline(workshop),
                                                       false, id, &merchant_id, &mode);

    if (result != STORE_OK)
        return result;
    search.mode = mode;
    payment_store_find(workshop->database, store_deadline(workshop), &search, 1);
    if (search.result == STORE_OK &&
        (mode != notice->mode || strcmp(attending->payment.processor, notice->processor) != 0))
        return STORE_NOT_FOUND;
    return search.result;
}

/* The same for a refund, and its payment. */
static enum store_result
find_refund(const struct workshop *workshop, struct attending *attending,
            const struct identifier *id)
{
    struct identifier merchant_id;
    enum mode mode;
    enum store_result result = notice_store_find_owner(workshop->database, store_deadline(workshop),
                                                       true, id, &merchant_id, &mode);

    if (result == STORE_OK)
        result = refund_store_find(workshop->database, store_deadline(workshop), &merchant_id, mode,
                                   id, &attending->refund);
    if (result == STORE_OK)
        result = find_payment(workshop, attending, &attending->refund.payment_id);
    return result;
}

/* What becomes of a notice whose record could not be read. */
static enum notice_state
end_without_record(enum store_result result)
{
    return result == STORE_NOT_FOUND ? NOTICE_UNKNOWN : NOTICE_OPEN;
}

/* Until the record is final, the notice stays: a look that began before it came may be what settles
 * the record, or another one. */
static void
hint(const struct workshop *workshop, struct attending *attending, bool is_refund)
{
    const struct identifier *id = &attending->notice.record_id;

    (void)!notice_store_hint(workshop->database, store_deadline(workshop), is_refund, id);
    attending->end = NOTICE_OPEN;
}

static void
attend_payment(const struct workshop *workshop, struct attending *attending)
{
    const struct identifier *id = &attending->notice.record_id;
    enum store_result result = find_payment(workshop, attending, id);

    attending->end = NOTICE_DONE;
    if (result != STORE_OK)
        attending->end = end_without_record(result);
    else if (attending->payment.status == PAYMENT_PROCESSING)
        hint(workshop, attending, false);
}

static void
attend_refund(const struct workshop *workshop, struct attending *attending)
{
    const struct identifier *id = &attending->notice.record_id;
    enum store_result result = find_refund(workshop, attending, id);

    attending->end = NOTICE_DONE;
    if (result != STORE_OK)
        attending->end = end_without_record(result);
    else if (attending->refund.status == REFUND_PROCESSING)
        hint(workshop, attending, true);
}

void
attend_begin(const struct workshop *workshop, struct attending *attending)
{
    attending->end = NOTICE_UNKNOWN;
    if (!attending->notice.has_record)
        return;
    switch (attending->notice.subject) {
    case NOTICE_PAYMENT:
        attend_payment(workshop, attending);
        break;
    case NOTICE_REFUND:
        attend_refund(workshop, attending);
        break;
    case NOTICE_DISPUTE:
        break;
    }
}

void
attend_settle(const struct workshop *workshop, struct attending *attending)
{
    struct notice_ending ending = {.notice = &attending->notice, .state = attending->end};

    (void)!notice_store_end(workshop->database, store_deadline(workshop), &ending);
}
