/*
 * Attend: do what a processor's notice asks for.
 *
 *   attend_claim()   takes notices that are due.
 *   attend_begin()   looks at our record of what one is about.
 *   attend_settle()  notes what became of it.
 *
 * A notice is a hint: it never changes a record by itself. It is done once the record that it is
 * about is final, so none is lost that comes while that record is being looked at. One about
 * nothing of ours is kept, and shown.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPERATIONS_ATTEND_H
#define PAYMENT_API_OPERATIONS_ATTEND_H

#include "operations/operation.h"
#include "store/notice_store.h"

#define ATTEND_MAX NOTICE_CLAIM_MAX /* notices of one claim */

struct attending {
    struct notice notice;
    enum notice_state end; /* what becomes of it */
    struct payment payment;
    struct refund refund;
};

/* Claims up to ATTEND_MAX notices. False when the database cannot be reached; *count is 0 then. */
bool attend_claim(const struct workshop *workshop, struct attending attendings[ATTEND_MAX],
                  size_t *count) __attribute__((warn_unused_result));

/* Sets the notice's end. */
void attend_begin(const struct workshop *workshop, struct attending *attending);

/* Notes the end. */
void attend_settle(const struct workshop *workshop, struct attending *attending);

#endif
