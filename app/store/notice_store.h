/*
 * Notices in the database: what processors told us by events.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_NOTICE_STORE_H
#define PAYMENT_API_STORE_NOTICE_STORE_H

#include "domain/attempt.h"
#include "domain/notice.h"
#include "store/database.h"
#include "store/result.h"

#define NOTICE_CLAIM_MAX 16

extern const struct statement_set notice_statements;

/*
 * Keeps a notice, once by the processor's id of its event: a second one with that id is STORE_OK as
 * well, and changes nothing. One that is open is due at once. Its id was made before.
 */
enum store_result notice_store_keep(struct database *database, struct deadline deadline,
                                    const struct notice *notice)
    __attribute__((warn_unused_result));

/* Claims up to NOTICE_CLAIM_MAX notices that are due, as due_store_claim_payments(). STORE_OK, and
 * how many in *count. */
enum store_result notice_store_claim(struct database *database, struct deadline deadline,
                                     struct notice notices[NOTICE_CLAIM_MAX], size_t *count)
    __attribute__((warn_unused_result));

/* The merchant of the payment or refund with this id (is_refund), and its mode; STORE_NOT_FOUND
 * when there is none. */
enum store_result notice_store_find_owner(struct database *database, struct deadline deadline,
                                          bool is_refund, const struct identifier *id,
                                          struct identifier *merchant_id, enum mode *mode)
    __attribute__((warn_unused_result));

/* Lets the reconciler look at once at the payment or refund, if it is "processing". */
enum store_result notice_store_hint(struct database *database, struct deadline deadline,
                                    bool is_refund, const struct identifier *id)
    __attribute__((warn_unused_result));

/* What became of a notice. */
struct notice_ending {
    const struct notice *notice; /* not owned */
    enum notice_state state;     /* NOTICE_OPEN: it is looked at again, when the claim said */
    const struct attempt *attempts;
    size_t attempt_count;               /* kept with the payment or refund they were about */
    const struct identifier *record_id; /* of that one; not owned */
};

enum store_result notice_store_end(struct database *database, struct deadline deadline,
                                   const struct notice_ending *ending)
    __attribute__((warn_unused_result));

/* Which notices payment-admin lists. */
enum notice_choice {
    NOTICES_OPEN,
    NOTICES_UNKNOWN,
    NOTICES_ALL,
};

/* A notice as payment-admin shows it: texts that live until the function returns. */
struct notice_row {
    const char *received_at, *state, *processor, *kind, *subject, *reference, *event_id;
    char record[IDENTIFIER_TEXT_SIZE]; /* "" where it names none of ours */
};

typedef void notice_seen(void *arg, const struct notice_row *row);

/* The newest 500, newest first. */
enum store_result notice_store_list(struct database *database, enum notice_choice choice,
                                    notice_seen *seen, void *arg)
    __attribute__((warn_unused_result));

#endif
