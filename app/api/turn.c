/*
 * A turn: what a worker does with the exchanges that it has in hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/turn.h"

#include <string.h>

#include "api/asking.h"
#include "api/authentication.h"
#include "api/routes.h"
#include "store/payment_store.h"

/* A web server's clock that is further off than this is a reason to say so. */
#define CLOCK_GAP_MS 1000

static void
take_route(struct exchange *exchange, const struct request *request)
{
    enum route_status status;

    exchange->route = api_route_find(request->path, exchange->argument);
    if (exchange->route == NULL) {
        exchange->error = API_NOT_FOUND;
        return;
    }
    status = router_status(&exchange->route->path, request->method);
    if (status == ROUTE_METHOD_NOT_ALLOWED)
        exchange->error = API_METHOD_NOT_ALLOWED;
}

static void
take_idempotency_key(struct exchange *exchange, const struct header *header)
{
    exchange->has_idempotency_key = header->value != NULL;
    exchange->good_idempotency_key =
        header->value != NULL && !header->repeated &&
        idempotency_key_parse(header->value, exchange->idempotency_key);
}

/* The query lives no longer than the request's other parameters; one that is cut is too long for
 * query_parse(). */
static void
take_query(struct exchange *exchange, const struct request *request)
{
    size_t length = strnlen(request->query, sizeof exchange->query - 1);

    memcpy(exchange->query, request->query, length);
    exchange->query[length] = '\0';
}

/* Who sends an event, and how it signs it. */
static void
take_signature(struct exchange *exchange, const struct service *service, char *const *params)
{
    struct header header = {.value = NULL};

    exchange->telling.signature[0] = '\0';
    exchange->processor = processor_of_events(&service->processors, exchange->argument);
    if (exchange->processor != NULL && exchange->processor->type->event_header != NULL)
        header = request_header(params, exchange->processor->type->event_header);
    if (header.value != NULL && !header.repeated && strlen(header.value) < EXCHANGE_SIGNATURE_SIZE)
        strcpy(exchange->telling.signature, header.value);
}

void
turn_begin(struct exchange *exchange, const struct service *service, const struct inbound *inbound)
{
    struct request request;

    memset(exchange, 0, offsetof(struct exchange, charge));
    request_init(&request, inbound->params);
    exchange->connection = inbound->connection;
    memcpy(exchange->id, request.id, sizeof exchange->id);
    memcpy(exchange->traceparent, request.traceparent, sizeof exchange->traceparent);
    memcpy(exchange->base, request.base, sizeof exchange->base);
    exchange->method = request.method;
    exchange->is_json = request_is_json(&request);
    exchange->accepts_problem = request_accepts_problem(&request);
    exchange->body_status = inbound->body_status;
    exchange->body = inbound->body;
    exchange->body_length = inbound->body_length;
    exchange->waited_ms = request.waited_ms;
    exchange->started_us = clock_monotonic_us();
    exchange->queued_ms = exchange->started_us / 1000 - inbound->arrived_at;
    exchange->deadline = (struct deadline){.at = inbound->arrived_at +
                                                 (int64_t)service->config->request_timeout * 1000};
    take_idempotency_key(exchange, &request.idempotency_key);
    take_route(exchange, &request);
    if (exchange->error == API_OK && exchange->route->access == ACCESS_SIGNED)
        take_signature(exchange, service, inbound->params);
    else if (exchange->error == API_OK)
        authentication_take(exchange, &request.authorization);
    if (exchange->method == METHOD_GET || exchange->method == METHOD_HEAD)
        take_query(exchange, &request);
}

/*
 * How long a request waited is told by the web server's clock. When the worker was waiting for it,
 * it has not waited at all: what its time says then is how far that clock is off.
 */
static void
note_clock_gap(struct service *service, const struct exchange *exchange)
{
    int64_t gap = exchange->waited_ms > CLOCK_GAP_MS ? exchange->waited_ms : 0;

    if (gap > 0 && service->clock_gap_ms == 0)
        log_write(&service->log, LOG_LEVEL_WARNING,
                  "REQUEST_START is %lld ms behind this machine's clock for a request that did not"
                  " wait: the web server's clock is wrong, or it tells another time than that of"
                  " passing the request on; max_queue_seconds is measured from there",
                  (long long)gap);
    service->clock_gap_ms = gap;
}

/* True when the client has waited so long for a worker that it has better be told to come again. */
static bool
waited_too_long(const struct service *service, const struct exchange *exchange)
{
    int64_t limit_ms = (int64_t)service->config->max_queue_seconds * 1000;

    return limit_ms > 0 && exchange->waited_ms - service->clock_gap_ms > limit_ms;
}

static bool
is_open(const struct exchange *exchange)
{
    return exchange->error == API_OK && exchange->method != METHOD_OPTIONS &&
           exchange->route->access == ACCESS_OPEN;
}

static void
handle(const struct service *service, struct exchange *exchange)
{
    if (exchange->error == API_OK && exchange->method != METHOD_OPTIONS)
        exchange->error = api_route_handler(exchange->route, exchange->method)(service, exchange);
}

void
turn_open(struct service *service, struct exchange *const *exchanges, size_t count, bool idle)
{
    struct exchange *keyed[TURN_MAX] = {NULL};
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        struct exchange *exchange = exchanges[i];

        if (idle && i == 0)
            note_clock_gap(service, exchange);
        if (exchange->error != API_OK || exchange->method == METHOD_OPTIONS || is_open(exchange))
            continue;
        if (waited_too_long(service, exchange))
            exchange->error = API_UNAVAILABLE;
        else if (exchange->route->access == ACCESS_KEY)
            keyed[size++] = exchange;
    }
    authenticate(service, keyed, size);
    for (size_t i = 0; i < count; i++)
        handle(service, exchanges[i]);
}

static enum api_error
error_of(enum operation_outcome outcome)
{
    switch (outcome) {
    case OPERATION_WAITS:
    case OPERATION_CALLS:
    case OPERATION_DONE:
    case OPERATION_REPLAYED:
        return API_OK;
    case OPERATION_KEY_REUSED:
        return API_IDEMPOTENCY_KEY_REUSED;
    case OPERATION_IN_PROGRESS:
        return API_REQUEST_IN_PROGRESS;
    case OPERATION_NOT_FOUND:
        return API_PAYMENT_NOT_FOUND;
    case OPERATION_INVALID_AMOUNT:
        return API_INVALID_REFUND_AMOUNT;
    case OPERATION_UNAVAILABLE:
        return API_UNAVAILABLE;
    case OPERATION_FAILED:
        break;
    }
    return API_INTERNAL_ERROR;
}

/* What became of an exchange's work; one that waits keeps it. */
static void
settle(struct exchange *exchange, enum operation_outcome outcome)
{
    if (outcome == OPERATION_WAITS)
        return;
    exchange->work = outcome == OPERATION_CALLS ? WORK_CALL : WORK_NONE;
    exchange->error = error_of(outcome);
}

/* Those of the exchanges that ask for this, up to TURN_MAX. */
static size_t
select_work(struct exchange *const *exchanges, size_t count, enum work work,
            struct exchange *selected[TURN_MAX])
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        if (!exchange_is_settled(exchanges[i]) && exchanges[i]->work == work)
            selected[size++] = exchanges[i];
    }
    return size;
}

/* How many are done together. */
static void
note_group(const struct service *service, enum metrics_group group, size_t size)
{
    if (size > 0 && service->metrics.slot != NULL)
        metrics_observe(&service->metrics.slot->groups[group], &metrics_sizes, size);
}

/* A step of charges: charge_run() or charge_settle(). */
static void
charge_all(const struct service *service, struct exchange *const *exchanges, size_t count,
           enum work work, enum metrics_group group,
           void (*step)(const struct workshop *workshop, struct charge *const *charges,
                        size_t count))
{
    const struct workshop workshop = service_workshop(service);
    struct exchange *selected[TURN_MAX];
    struct charge *charges[TURN_MAX] = {NULL};
    size_t size = select_work(exchanges, count, work, selected);

    for (size_t i = 0; i < size; i++)
        charges[i] = &selected[i]->charge;
    note_group(service, group, size);
    step(&workshop, charges, size);
    for (size_t i = 0; i < size; i++)
        settle(selected[i], selected[i]->charge.outcome);
}

/* A step of refunds: refund_run() or refund_settle(). */
static void
refund_all(const struct service *service, struct exchange *const *exchanges, size_t count,
           enum work work, enum metrics_group group,
           void (*step)(const struct workshop *workshop, struct refunding *const *refundings,
                        size_t count))
{
    const struct workshop workshop = service_workshop(service);
    struct exchange *selected[TURN_MAX];
    struct refunding *refundings[TURN_MAX] = {NULL};
    size_t size = select_work(exchanges, count, work, selected);

    for (size_t i = 0; i < size; i++)
        refundings[i] = &selected[i]->refunding;
    note_group(service, group, size);
    step(&workshop, refundings, size);
    for (size_t i = 0; i < size; i++)
        settle(selected[i], selected[i]->refunding.outcome);
}

static void
find_payments(struct service *service, struct exchange *const *exchanges, size_t count)
{
    struct exchange *selected[TURN_MAX];
    struct payment_search searches[TURN_MAX];
    struct identifier ids[TURN_MAX];
    struct deadline deadline = {.at = INT64_MAX};
    size_t size = select_work(exchanges, count, WORK_FIND_PAYMENT, selected);

    for (size_t i = 0; i < size; i++) {
        struct exchange *exchange = selected[i];

        ids[i] = exchange->payment.id; /* the search writes over it */
        searches[i] = (struct payment_search){.merchant_id = &exchange->credential.merchant_id,
                                              .id = &ids[i],
                                              .mode = exchange->credential.mode,
                                              .payment = &exchange->payment};
        deadline = deadline_earlier(deadline, exchange->deadline);
    }
    note_group(service, METRICS_READ_PAYMENTS, size);
    if (size > 0)
        payment_store_find(service->database, deadline, searches, size);
    for (size_t i = 0; i < size; i++) {
        selected[i]->work = WORK_NONE;
        selected[i]->error = error_of_store(searches[i].result, API_PAYMENT_NOT_FOUND);
        asking_of_payment(service, selected[i]);
    }
}

static void
work_alone_all(struct service *service, struct exchange *const *exchanges, size_t count)
{
    struct exchange *selected[TURN_MAX];
    size_t size = select_work(exchanges, count, WORK_ALONE, selected);

    for (size_t i = 0; i < size; i++) {
        selected[i]->work = WORK_NONE;
        selected[i]->alone(service, selected[i]);
    }
}

/* Reads of what stays "processing": their processors are asked, and their answers noted. */
static void
ask_all(struct service *service, struct exchange *const *exchanges, size_t count)
{
    struct exchange *selected[TURN_MAX];
    size_t size = select_work(exchanges, count, WORK_CONCLUDE, selected);

    if (size > 0)
        asking_conclude(service, selected, size);
    size = select_work(exchanges, count, WORK_ASK, selected);
    for (size_t i = 0; i < size; i++)
        asking_begin(service, selected[i]);
}

/* What was done, and is shown otherwise than by itself. */
static void
complete_all(struct service *service, struct exchange *const *exchanges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct exchange *exchange = exchanges[i];
        work_alone *complete = exchange->complete;

        if (complete == NULL || exchange->error != API_OK || !exchange_is_settled(exchange))
            continue;
        exchange->complete = NULL;
        complete(service, exchange);
    }
}

/* One that has too little time left for the database would take it from its neighbours. */
static void
leave_out_late(const struct service *service, struct exchange *const *exchanges, size_t count)
{
    int64_t least_ms = (int64_t)service->config->database_timeout * 1000;

    for (size_t i = 0; i < count; i++) {
        if (exchange_has_called(exchanges[i]) || exchange_is_settled(exchanges[i]))
            continue;
        if (deadline_left_ms(exchanges[i]->deadline) < least_ms)
            exchanges[i]->error = API_UNAVAILABLE;
    }
}

struct exchange *
turn_next_called(struct service *service)
{
    struct call *call = service->caller != NULL ? caller_next_ended(service->caller) : NULL;
    struct exchange *exchange;

    if (call == NULL)
        return NULL;
    exchange = call->owner;
    switch (call->job.task) {
    case PROCESSOR_CHARGE:
        exchange->work = WORK_SETTLE_CHARGE;
        break;
    case PROCESSOR_REFUND:
        exchange->work = WORK_SETTLE_REFUND;
        break;
    case PROCESSOR_FIND_PAYMENT:
    case PROCESSOR_FIND_REFUND:
    case PROCESSOR_CLOSE_PAYMENT:
    case PROCESSOR_CLOSE_REFUND:
    case PROCESSOR_CANCEL_PAYMENT:
    case PROCESSOR_FIND_NOTICED:
    case PROCESSOR_GIVE_BACK:
    case PROCESSOR_LIST:
    case PROCESSOR_CHECK:
        exchange->work = WORK_CONCLUDE;
        break;
    }
    return exchange;
}

void
turn_work(struct service *service, struct exchange *const *exchanges, size_t count)
{
    note_group(service, METRICS_TURN, count);
    leave_out_late(service, exchanges, count);
    find_payments(service, exchanges, count);
    charge_all(service, exchanges, count, WORK_SETTLE_CHARGE, METRICS_SETTLE_PAYMENTS,
               charge_settle);
    refund_all(service, exchanges, count, WORK_SETTLE_REFUND, METRICS_SETTLE_REFUNDS,
               refund_settle);
    charge_all(service, exchanges, count, WORK_CHARGE, METRICS_MAKE_PAYMENTS, charge_run);
    refund_all(service, exchanges, count, WORK_REFUND, METRICS_MAKE_REFUNDS, refund_run);
    work_alone_all(service, exchanges, count);
    ask_all(service, exchanges, count);
    complete_all(service, exchanges, count);
}
