/*
 * A processor: who moves the money.
 *
 * One instance is one configured account with a processor. A payment belongs to the instance that
 * it was made with for ever, by its name.
 *
 * A processor without effects (the sandbox) decides before the record is kept: that is one durable
 * write a request. One that moves money is called after the record is durable as "processing", with
 * the record's id as its idempotency key, and the outcome is noted then.
 *
 * What is asked of a processor with effects is a job. Its type says which https requests the job
 * consists of and what their answers mean, and does nothing else: no input or output, no clock, no
 * state. So it can be tested and fuzzed by itself; who carries jobs out is the caller (caller.h).
 *
 * Rules for every implementation:
 * - A job moves money at most once, however often any of its requests is sent: the record's id is
 *   the idempotency key of each request that moves some; that of what gives a charge back, which
 *   no record has asked for, names the charge.
 * - What an answer does not prove is PROCESSOR_UNKNOWN. An answer that is cut, is no JSON, or is of
 *   another record proves nothing.
 * - No secret leaves but in a request's headers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_PROCESSOR_H
#define PAYMENT_API_PROCESSOR_PROCESSOR_H

#include <stdbool.h>

#include "domain/notice.h"
#include "domain/payment.h"
#include "domain/refund.h"

#define PROCESSOR_DETAIL_SIZE 161 /* what came, for people; no secret, no personal data */
#define PROCESSOR_PATH_SIZE 512
#define PROCESSOR_BODY_SIZE 6144
#define PROCESSOR_HEADER_SIZE 320
#define PROCESSOR_HEADERS_MAX 5
#define PROCESSOR_EVENT_SECRETS 2 /* the one in use, and the one before while it is replaced */

enum charge_outcome {
    CHARGE_SUCCEEDED,
    CHARGE_DECLINED, /* *decline says why */
    CHARGE_UNKNOWN,
};

enum refund_outcome {
    REFUND_OUTCOME_SUCCEEDED,
    REFUND_OUTCOME_UNKNOWN,
};

/* What is asked of a processor with effects. */
enum processor_task {
    PROCESSOR_CHARGE, /* job.payment */
    PROCESSOR_REFUND, /* job.refund, of job.payment */
    /* Looks; moves nothing. By the processor's own reference where the record has one, by our id
     * otherwise. */
    PROCESSOR_FIND_PAYMENT,
    PROCESSOR_FIND_REFUND,
    /* Uses the record's idempotency key up by something that moves no money, so that a call that is
     * still under way is refused when it arrives. */
    PROCESSOR_CLOSE_PAYMENT,
    PROCESSOR_CLOSE_REFUND,
    /* So that the customer cannot finish it any more. DECLINED: it is cancelled, for ever. */
    PROCESSOR_CANCEL_PAYMENT,
    PROCESSOR_CHECK, /* the account: detail says its mode and currencies; moves nothing */
    /* Looks at what a notice is about, a refund or a dispute, by the processor's reference alone:
     * job.notice. What it says of it is outcome.seen. */
    PROCESSOR_FIND_NOTICED,
    /* Gives back all that is left of a charge that should not be: job.payment, by its reference,
     * under a key of its own. */
    PROCESSOR_GIVE_BACK,
    /* Reads one page of all that the processor knows, by time: job.listing; moves nothing.
     * UNKNOWN: it was not read, or there are no such lists. */
    PROCESSOR_LIST, /* the last one */
};

#define PROCESSOR_TASKS (PROCESSOR_LIST + 1)

/* How a job ended. */
enum processor_result {
    PROCESSOR_SUCCEEDED,
    PROCESSOR_DECLINED,  /* decline says why; of a refund: it failed, the money is back; final */
    PROCESSOR_REFUSED,   /* our request, the amount or the account is wrong; nothing was done, final
                          */
    PROCESSOR_NOT_SENT,  /* surely: it never reached the processor */
    PROCESSOR_PENDING,   /* the processor knows it and has not decided; perhaps an action_url */
    PROCESSOR_UNKNOWN,   /* nothing is proved */
    PROCESSOR_NOT_FOUND, /* of a look-up: not known there; a call that is under way may still come
                          */
    PROCESSOR_CLOSED,    /* of a fence: no call under this key can come any more */
    PROCESSOR_KEY_USED,  /* of a fence: the call had come first, or is at work: look again */
    PROCESSOR_TOO_LATE,  /* of a cancellation: it had ended first: look again; the last one */
};

#define PROCESSOR_RESULTS (PROCESSOR_TOO_LATE + 1)

/* What the processor says of a refund or a dispute that a notice is about. */
struct processor_seen {
    bool has_payment; /* it is of a charge that names a payment of ours */
    struct identifier payment_id;
    char parent[PROCESSOR_REFERENCE_SIZE]; /* the processor's own id of that one, as payments are
                                              kept with; "" when it is not said */
    bool has_refund;                       /* it names a refund of ours */
    struct identifier refund_id;
    const struct currency *currency; /* NULL: amount is none of ours */
    int64_t amount;                  /* minor units */
};

/* A payment or a refund in a processor's list. Payments that failed may be left out. */
struct processor_listed {
    enum notice_subject subject; /* NOTICE_PAYMENT, NOTICE_REFUND */
    enum notice_word says;       /* what became of it; NOTICE_SAYS_OTHER: nothing final */
    char reference[PROCESSOR_REFERENCE_SIZE]; /* the processor's own id, as records have it */
    bool has_record;                          /* it names an id of ours: */
    struct identifier record_id;              /* of the payment or refund */
    bool has_payment;                         /* of a refund: it is of a charge that names: */
    struct identifier payment_id;
    const struct currency *currency; /* NULL: amount is none of ours */
    int64_t amount;                  /* minor units */
    bool is_all_back;                /* of a payment: all of it has been refunded */
    int64_t created_at;              /* Unix time in milliseconds */
};

#define PROCESSOR_PAGE_MAX \
    25 /* of objects whose JSON is long: an answer has a limit (outbound.h) */

/* All that was made in a time, page by page: a job each. */
struct processor_listing {
    int64_t since, until; /* Unix time in milliseconds, with both ends */
    struct processor_listed objects[PROCESSOR_PAGE_MAX]; /* of the page that was read last */
    size_t count;
    bool has_ended; /* there is no other page */

    /* The type's own: where the next page is. */
    unsigned part;
    char cursor[PROCESSOR_REFERENCE_SIZE];
};

struct processor_outcome {
    enum processor_result result;
    enum decline decline; /* with PROCESSOR_DECLINED */
    bool is_open;         /* with PROCESSOR_DECLINED: a customer who was sent to the processor's
                             page could still pay, until it is cancelled */
    bool awaits_customer; /* with PROCESSOR_PENDING: nothing happens until the customer does
                             something, so it can be cancelled */
    char reference[PROCESSOR_REFERENCE_SIZE]; /* the processor's own id; "" when it is not known */
    char action_url[PAYMENT_URL_SIZE]; /* with PROCESSOR_PENDING: where the customer has to go; ""
                                          where that is not known, or cannot be handed on */
    struct processor_seen seen; /* of PROCESSOR_FIND_NOTICED. A dispute that stands succeeded, one
                                   that was won or is only a question was declined */
    char detail[PROCESSOR_DETAIL_SIZE];
};

struct processor;

/* One request of a job. */
struct processor_request {
    char path[PROCESSOR_PATH_SIZE]; /* "/v1/charges"; with a query where it has one */
    bool is_post;                   /* otherwise a GET, without a body */
    char body[PROCESSOR_BODY_SIZE]; /* form-encoded or JSON, as the type's headers say */
    char headers[PROCESSOR_HEADERS_MAX][PROCESSOR_HEADER_SIZE]; /* "Name: value"; "" behind the
                                                                   last. They hold secrets */
};

/* What came back for it. */
struct processor_answer {
    enum {
        PROCESSOR_ANSWER_WHOLE, /* status and body */
        PROCESSOR_ANSWER_NOT_SENT,
        PROCESSOR_ANSWER_LOST,
    } kind;
    int status;
    const char *body; /* NUL-terminated; not owned */
    size_t body_length;
    const char *retry_after;  /* the header; "" when absent */
    const char *should_retry; /* Stripe-Should-Retry; "" when absent */
    bool was_repeated;        /* the request was sent twice, and the first may arrive yet */
};

/* One thing that is asked, and how far it has come. Made by processor_job_init(). */
struct processor_job {
    enum processor_task task;
    const struct processor *processor;     /* not owned */
    const struct payment *payment;         /* not owned; NULL for _CHECK, _FIND_NOTICED, _LIST */
    const struct refund *refund;           /* not owned; NULL but for refunds */
    const struct notice *notice;           /* not owned; NULL but for PROCESSOR_FIND_NOTICED */
    struct processor_listing *listing;     /* not owned; NULL but for PROCESSOR_LIST */
    unsigned step;                         /* the type's own: which of its requests is under way */
    char cursor[PROCESSOR_REFERENCE_SIZE]; /* the type's own: how far a list was read */
    struct processor_outcome outcome;      /* once it has ended */
};

/* What follows an answer. */
enum processor_progress {
    PROCESSOR_ENDED,      /* job->outcome is set */
    PROCESSOR_NEXT,       /* request() writes the next one; to be sent at once */
    PROCESSOR_SEND_AGAIN, /* the same one once more, after *pause_ms, if there is time; otherwise
                             the job ends with job->outcome, which is set */
};

/* What an event of a processor's is. */
enum processor_event_result {
    PROCESSOR_EVENT_TAKEN,      /* genuine, and *notice says what it is about */
    PROCESSOR_EVENT_OF_NOTHING, /* genuine, about nothing that a payment or refund depends on */
    PROCESSOR_EVENT_FORGED,     /* not signed, or not with a secret of this account */
    PROCESSOR_EVENT_STALE,      /* genuine, and too old: it may have been recorded by somebody */
    PROCESSOR_EVENT_MALFORMED,  /* genuine, and not to be understood */
};

/* One kind of processor. */
struct processor_type {
    const char *name; /* "sandbox" */
    bool has_effects; /* false: decide_*(); true: the rest */
    bool (*knows_source)(const struct processor *processor, const char *source);

    /* Without effects. */
    enum charge_outcome (*decide_charge)(const struct processor *processor,
                                         const struct payment *payment, enum decline *decline);
    enum refund_outcome (*decide_refund)(const struct processor *processor,
                                         const struct refund *refund);

    /* With effects. takes_amount is asked before anything is recorded, of refunds, too: can it take
     * so much of this currency? A currency that it does not take at all is *is_amount false. */
    bool (*takes_amount)(const struct processor *processor, const struct currency *currency,
                         int64_t amount, bool *is_amount);
    /* Writes the request at which the job stands. False when it cannot be written: the job has
     * ended, and its outcome is set. */
    bool (*request)(struct processor_job *job, struct processor_request *request);
    enum processor_progress (*answer)(struct processor_job *job,
                                      const struct processor_answer *answer, int64_t *pause_ms);
    const char *address; /* where calls go when the configuration says nothing */
    /* The mode of an account by its API key. */
    enum mode (*mode_of_secret)(const char *secret);
    int64_t key_lifetime_ms; /* how old a key may be for CLOSE to be believed; 0: it has no fence */
    /* Events. The header of the signature as CGI names it ("HTTP_..."); NULL: it is in the body, or
     * the type has no events. */
    const char *event_header;
    /*
     * Verifies one, by the bytes of its body, then reads it. Sets what the event says of the
     * notice: event_id, kind, subject, says, has_record, record_id, reference. signature: the
     * header's value, "" when it was not sent; now: Unix time in milliseconds. NULL: the type has
     * no events.
     */
    enum processor_event_result (*event)(const struct processor *processor, const char *signature,
                                         const char *body, size_t length, int64_t now,
                                         struct notice *notice);
};

/* One configured account with a processor. */
struct processor {
    const struct processor_type *type;
    const char *name;    /* as kept with each payment; unique; not owned */
    enum mode mode;      /* of the keys that may use it */
    const char *address; /* "https://api.stripe.com"; not owned; NULL without effects */
    const char *secret;  /* its API key; not owned; NULL without effects */
    const char *ca_file; /* NULL: the system's; not owned */
    const char *proxy;   /* NULL: none; not owned */
    const char *event_secrets[PROCESSOR_EVENT_SECRETS]; /* what signs its events; NULL: none; not
                                                           owned */
};

/* For test keys: decides by well-known test tokens, and moves nothing. */
extern const struct processor_type sandbox_type;

/* Stripe: tok_... by charges, pm_... by payment intents. */
extern const struct processor_type stripe_type;

/* The words under which attempts are kept: "charge", "find", ...; "succeeded", "unknown", ... */
const char *processor_task_name(enum processor_task task);
const char *processor_result_name(enum processor_result result);

/* A job from its start. */
void processor_job_init(struct processor_job *job, enum processor_task task,
                        const struct processor *processor, const struct payment *payment,
                        const struct refund *refund);

#endif
