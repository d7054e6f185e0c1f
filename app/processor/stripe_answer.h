/*
 * The steps of Stripe's jobs: what follows an answer.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_STRIPE_ANSWER_H
#define PAYMENT_API_PROCESSOR_STRIPE_ANSWER_H

#include "processor/processor.h"
#include "processor/stripe_object.h"

/*
 * What job->step holds.
 *
 * Of a charge and a refund: STRIPE_IN_DOUBT once an answer left open whether something was done.
 * Of a look-up in a list: how many pages were read, and STRIPE_LATE for the second window of time;
 * job->cursor is the last id of the page before.
 * Of a fence: 0 makes the payment intent, 1 cancels it; job->cursor is its id.
 * Of a check: 0 asks for the account, 1 for the balance; job->cursor is the default currency.
 */
#define STRIPE_IN_DOUBT 0x80000000U
#define STRIPE_LATE 0x40000000U
#define STRIPE_PAGES 0x0000ffffU

/* True when a charge is made, and looked for, as a payment intent. */
bool stripe_is_intent(const struct payment *payment);

/* True when the id is one of a payment intent; otherwise it is one of a charge. */
bool stripe_is_intent_reference(const char *reference);

/* The id under which a job's record is known to Stripe: its key, and in the metadata. */
void stripe_job_id(const struct processor_job *job, char id[IDENTIFIER_TEXT_SIZE]);

/* True when the job is about a refund. */
bool stripe_job_is_refund(const struct processor_job *job);

/* struct processor_type has the contract. */
enum processor_progress stripe_answer(struct processor_job *job,
                                      const struct processor_answer *answer, int64_t *pause_ms);

#endif
