/*
 * Attend: do what a processor's notice asks for.
 *
 *   attend_claim()   takes notices that are due.
 *   attend_begin()   looks at our record of what one is about; asks the processor where that does
 *                    not do.
 *   attend_go_on()   its call has ended: another one, or the end.
 *   attend_settle()  does what the processor's answer asks for, and notes what became of the
 *                    notice.
 *
 *   of a payment: processing --> the reconciler looks at it now
 *                 failed, and charged all the same --> all of it is given back
 *   of a refund:  processing --> the reconciler looks at it now
 *                 made in the processor's own pages --> it becomes a record
 *                 it had succeeded, and came back --> its amount is the payment's again
 *   of a dispute: the payment is marked, or not any more
 *
 * What was written by what the processor said of a refund or dispute is followed by another look:
 * it may have changed while its answer was on its way, and another process may have attended to
 * that. So a notice is done by a look that finds nothing to write, begun after the last write.
 *
 * A notice is a hint: what it says changes nothing, what the processor answers does. It stays open
 * until our records say what it is about, so none is lost that comes while its record is being
 * looked at, and one that cannot be brought about is shown. One about nothing of ours is kept.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_ATTEND_H
#define PAYMENT_API_OPERATIONS_ATTEND_H

#include "operations/operation.h"
#include "store/notice_store.h"

#define ATTEND_MAX NOTICE_CLAIM_MAX /* notices of one claim */

#define ATTEND_LOOKS_MAX 3 /* at a refund or dispute, at one time; then the notice stays open */

struct attending {
    struct notice notice;
    enum notice_state end; /* what becomes of it; set where no charge's call has to say it */
    bool has_written;      /* what the last look was followed by changed our records */
    struct payment payment;
    struct refund refund;
    bool has_payment; /* payment is set */
    struct call call;
    struct attempt attempts[ATTEND_LOOKS_MAX]; /* of this time */
    size_t attempt_count;
};

/* Claims up to ATTEND_MAX notices. False when the database cannot be reached; *count is 0 then. */
bool attend_claim(const struct workshop *workshop, struct attending attendings[ATTEND_MAX],
                  size_t *count) __attribute__((warn_unused_result));

/* True when the processor is being asked: the call ends later, its call.owner the attending. False
 * when it can be settled. */
bool attend_begin(const struct workshop *workshop, struct attending *attending)
    __attribute__((warn_unused_result));

/* True when another call has been started; false when it can be settled. */
bool attend_go_on(const struct workshop *workshop, struct attending *attending)
    __attribute__((warn_unused_result));

/* Does and notes what follows. */
void attend_settle(const struct workshop *workshop, struct attending *attending);

#endif
