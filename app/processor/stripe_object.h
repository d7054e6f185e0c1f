/*
 * What Stripe answers: JSON objects, and what they prove about a payment or a refund.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_STRIPE_OBJECT_H
#define PAYMENT_API_PROCESSOR_STRIPE_OBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "processor/processor.h"

#define STRIPE_ANSWER_MAX ((size_t)1024 * 1024) /* bytes of an answer that are read at all */
#define STRIPE_WORD_SIZE 64

/* What an object has to be, to be the one that was asked for. */
struct stripe_expected {
    const char *object;  /* "charge", "payment_intent", "refund" */
    int64_t amount;      /* Stripe's units */
    char currency[4];    /* lower case */
    const char *id_name; /* of our id in the metadata: "payment_id", "refund_id" */
    char id[IDENTIFIER_TEXT_SIZE];
    const char *parent_name; /* of a refund: "charge", "payment_intent"; otherwise NULL */
    const char *parent;      /* Stripe's id of it; not owned */
};

/* The answer's JSON object, or NULL when it is none, is too large, or has a name twice. The caller
 * frees it. */
json_t *stripe_object_parse(const struct processor_answer *answer)
    __attribute__((warn_unused_result));

/* A member that is a text, of objects or NULL; "" otherwise. */
const char *stripe_object_text(const json_t *object, const char *name);

/* The same as a word of Stripe's ("card_error"), for details: "" when it is long, or could be
 * anything else. */
void stripe_object_word(const json_t *object, const char *name, char word[STRIPE_WORD_SIZE]);

/* True for an id that can be kept, and be put into a path: ASCII letters, digits and '_'. */
bool stripe_is_reference(const char *text);

/* True when the object's metadata has this text under this name. */
bool stripe_object_has_id(const json_t *object, const char *name, const char *id);

/*
 * What the object proves: succeeded, declined or pending with its reference, or, where it is not
 * what was expected, PROCESSOR_UNKNOWN. The whole outcome is written.
 */
void stripe_object_outcome(const json_t *object, const struct stripe_expected *expected,
                           struct processor_outcome *outcome);

/* What the status of a refund says. */
enum processor_result stripe_refund_result(const char *status);

/*
 * What an answer with another status than 200 proves; its body may be NULL. in_doubt: an earlier
 * try under the same key may have been at work, so that a refusal of this one proves nothing.
 */
void stripe_error_outcome(int status, const json_t *body, const struct stripe_expected *expected,
                          bool in_doubt, struct processor_outcome *outcome);

/* True for the error of a key that was used for something else. */
bool stripe_error_is_key_used(int status, const json_t *body);

/* Sets an outcome of this result, without a reference. */
void stripe_outcome_set(struct processor_outcome *outcome, enum processor_result result,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
