/*
 * A notice: what a processor told us unasked, by an event of its own. It is a hint that something
 * is to be looked at, and never a proof.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_NOTICE_H
#define PAYMENT_API_DOMAIN_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/identifier.h"
#include "domain/mode.h"
#include "domain/payment.h"

#define NOTICE_KIND_SIZE 65 /* 64 ASCII characters and the final NUL */

/* What it is about. */
enum notice_subject {
    NOTICE_PAYMENT,
    NOTICE_REFUND,
    NOTICE_DISPUTE, /* the customer's bank takes money of a payment back */
};

/* What it says became of that. */
enum notice_word {
    NOTICE_SAYS_OTHER, /* nothing final */
    NOTICE_SAYS_SUCCEEDED,
    NOTICE_SAYS_FAILED,
};

enum notice_state {
    NOTICE_OPEN,    /* to be looked at: at look_at, and again until it is done */
    NOTICE_DONE,    /* our records say what it was about */
    NOTICE_UNKNOWN, /* about nothing of ours: shown, and left alone */
};

struct notice {
    struct identifier id;                    /* ours, made when it came */
    char processor[PROCESSOR_NAME_SIZE];     /* whose */
    enum mode mode;                          /* of that account */
    char event_id[PROCESSOR_REFERENCE_SIZE]; /* the processor's own id of the event */
    char kind[NOTICE_KIND_SIZE];             /* its word for it: "charge.dispute.created" */
    enum notice_subject subject;
    enum notice_word says;
    bool has_record;                          /* it names an id of ours */
    struct identifier record_id;              /* of the payment or refund, as the subject says */
    char reference[PROCESSOR_REFERENCE_SIZE]; /* the processor's own id of it; of a payment the one
                                                 that payments are kept with */
    enum notice_state state;
    int64_t received_at; /* Unix time in milliseconds */
};

/* The words of the database: "payment", "refund", "dispute"; "other", "succeeded", "failed";
 * "open", "done", "unknown". */
const char *notice_subject_name(enum notice_subject subject);
bool notice_subject_parse(const char *name, enum notice_subject *subject);
const char *notice_word_name(enum notice_word word);
bool notice_word_parse(const char *name, enum notice_word *word);
const char *notice_state_name(enum notice_state state);

#endif
