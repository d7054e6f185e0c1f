/*
 * An exchange: one request that a worker has in hand, and what becomes of it. It is made whole for
 * each request, and what it points to but the connection is its own or the worker's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_EXCHANGE_H
#define PAYMENT_API_API_EXCHANGE_H

#include "api/error.h"
#include "api/service.h"
#include "domain/idempotency_key.h"
#include "domain/notice.h"
#include "domain/page.h"
#include "domain/webhook.h"
#include "http/inbound.h"
#include "http/query.h"
#include "http/router.h"
#include "operations/charge.h"
#include "operations/reconcile.h"
#include "operations/refund.h"
#include "store/event_list.h"
#include "store/payment_list.h"
#include "store/redelivery_store.h"
#include "store/refund_list.h"

/* What a request asks to be done; the turn does all of a kind together. */
enum work {
    WORK_NONE,          /* the answer is there */
    WORK_CHARGE,        /* work.charge */
    WORK_REFUND,        /* work.refunding */
    WORK_FIND_PAYMENT,  /* work.payment.id */
    WORK_ASK,           /* work.asked: its processor, about a record that stays "processing" */
    WORK_CONCLUDE,      /* work.asked, whose call has ended */
    WORK_CALL,          /* nothing for now: the processor is being called */
    WORK_SETTLE_CHARGE, /* work.charge, whose call has ended */
    WORK_SETTLE_REFUND, /* work.refunding, whose call has ended */
    WORK_ALONE,         /* exchange->alone does it, one by one */
};

/* What the Authorization header was. */
enum authorization {
    AUTHORIZATION_MISSING,
    AUTHORIZATION_MALFORMED, /* it came twice */
    AUTHORIZATION_TOKEN,     /* key_hash is the token's */
};

#define EXCHANGE_SIGNATURE_SIZE 512 /* a longer one is none */

/* An event that a processor sends. */
struct telling {
    char signature[EXCHANGE_SIGNATURE_SIZE]; /* its header; "" when it was not sent, or twice */
    struct notice notice;
};

struct api_route;
struct exchange;

/* Does what one exchange asks for and no group is made of; sets its error. */
typedef void work_alone(struct service *service, struct exchange *exchange);

/* Writes the answer of an exchange that has no error. */
typedef void represent(const struct exchange *exchange, struct response *response);

/* What is asked of a webhook endpoint; afterwards what stands. */
struct endpoint_asked {
    struct webhook_endpoint endpoint;
    struct webhook_secret secret; /* a new one */
    bool sets_url, sets_description, sets_disabled;
};

/* A range of events that is asked for once more. */
struct range_asked {
    struct identifier endpoint_id;
    struct page range;
    int64_t since, until; /* Unix seconds; not that one */
};

struct exchange {
    struct exchange *next_free; /* of the places that are in no use */
    void *connection;           /* where the answer goes; not owned */

    /* The request. */
    char id[REQUEST_ID_SIZE];
    char traceparent[REQUEST_TRACEPARENT_SIZE]; /* "": none */
    enum http_method method;
    const struct api_route *route; /* NULL: no such path */
    char argument[ROUTE_ARGUMENT_SIZE];
    char base[REQUEST_BASE_SIZE];
    enum authorization authorization;
    struct api_key_hash key_hash;
    bool has_idempotency_key;
    bool good_idempotency_key;
    char idempotency_key[IDEMPOTENCY_KEY_SIZE];
    bool is_json;
    bool accepts_problem; /* errors as application/problem+json */
    enum body_status body_status;
    const char *body; /* lives until the answer; body_length bytes */
    size_t body_length;
    int64_t waited_ms;        /* for a worker, as the web server tells it */
    int64_t queued_ms;        /* the part of it since its connection was accepted */
    int64_t started_us;       /* monotonic microseconds: taken in hand */
    int64_t database_us;      /* microseconds that the database took of the turns it was in */
    struct deadline deadline; /* of the whole request */

    /* What became of it. */
    struct credential credential;
    const struct processor *processor; /* of new payments with this key, or the one that signs; not
                                          owned */
    enum api_error error;              /* API_OK: represent() writes the answer */
    enum challenge challenge;
    enum work work;
    work_alone *alone; /* for WORK_ALONE */
    represent *represent;
    const char *parameter; /* with API_INVALID_QUERY: which one; NULL when it is none of ours */
    char *text;            /* the body, where it was made beforehand; owned */
    char *metadata;        /* of a POST, as JSON; NULL: none. Owned */
    bool full;             /* ?view=full */
    work_alone *complete;  /* makes the answer of what was done without an error; or NULL */
    union {
        const struct metrics *metrics; /* of the pool; not owned */
        char query[QUERY_SIZE]; /* of a GET, until its handler returns; one that fills it was cut */
        struct charge charge;
        struct refunding refunding;
        struct payment payment;
        struct refund refund;
        struct reconciling asked;
        struct payment_listing payment_listing;
        struct refund_listing refund_listing;
        struct telling telling;
        struct event_listing event_listing;
        struct identifier event_id;
        struct endpoint_asked endpoint;
        struct redelivery redelivery;
        struct range_asked range_asked;
    };
};

/* Reads a request whose caller is known: validates all of it and says what is to be done, or which
 * error it is. It waits for nothing and changes nothing but the exchange. */
typedef enum api_error api_handler(const struct service *service, struct exchange *exchange);

/* Takes the value of the parameter "view"; false: there is no such view. */
bool exchange_take_view(struct exchange *exchange, const char *view);

/* Frees what it owns. */
void exchange_end(struct exchange *exchange);

/* True when its record is durable and only the outcome is to be noted. */
bool exchange_has_called(const struct exchange *exchange);

/* True when all has been done that it asks for, and only the answer is missing. */
bool exchange_is_settled(const struct exchange *exchange);

#endif
