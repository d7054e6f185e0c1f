/*
 * What is told of a request that has its answer: the metrics, and its line in the log.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/answered.h"

#include "api/routes.h"

static const enum metrics_method counted_as[] = {
    [METHOD_GET] = METRICS_GET,       [METHOD_HEAD] = METRICS_GET,
    [METHOD_POST] = METRICS_POST,     [METHOD_DELETE] = METRICS_OTHER,
    [METHOD_OPTIONS] = METRICS_OTHER, [METHOD_OTHER] = METRICS_OTHER,
};

void
answered_count(struct service *service, const struct exchange *exchange, int64_t took_us)
{
    struct metrics_slot *slot = service->metrics.slot;
    int64_t waited_ms = exchange->waited_ms - service->clock_gap_ms;

    if (slot == NULL)
        return;
    if (waited_ms < exchange->queued_ms)
        waited_ms = exchange->queued_ms;
    metrics_observe(&slot->queue, &metrics_times, (uint64_t)waited_ms * 1000);
    metrics_request(slot, api_route_number(exchange->route), counted_as[exchange->method],
                    service->response.status, (uint64_t)took_us);
}

static const char *
route_of(const struct exchange *exchange)
{
    return exchange->route != NULL ? exchange->route->path.pattern : "-";
}

/* The line of a format that has named values. */
static void
log_fields(struct service *service, const struct exchange *exchange, int64_t took_us,
           size_t together)
{
    static const struct identifier nobody = {.bytes = {0}};
    const struct identifier *merchant_id = &exchange->credential.merchant_id;
    const struct response *response = &service->response;
    char merchant[IDENTIFIER_TEXT_SIZE];
    struct log_field fields[11];
    size_t count = 0;

    fields[count++] =
        (struct log_field){.name = "method", .text = http_method_name(exchange->method)};
    fields[count++] = (struct log_field){.name = "route", .text = route_of(exchange)};
    fields[count++] = (struct log_field){.name = "status", .number = response->status};
    if (exchange->error != API_OK)
        fields[count++] =
            (struct log_field){.name = "error", .text = error_row(exchange->error)->message};
    if (!identifier_equal(merchant_id, &nobody)) {
        identifier_format(IDENTIFIER_MERCHANT, merchant_id, merchant);
        fields[count++] = (struct log_field){.name = "merchant", .text = merchant};
    }
    fields[count++] = (struct log_field){.name = "duration_us", .number = took_us};
    fields[count++] = (struct log_field){.name = "database_us", .number = exchange->database_us};
    fields[count++] = (struct log_field){
        .name = "bytes",
        .number = exchange->method != METHOD_HEAD ? (int64_t)response->body_length : 0};
    fields[count++] = (struct log_field){.name = "group_size", .number = (int64_t)together};
    if (exchange->traceparent[0] != '\0')
        fields[count++] = (struct log_field){.name = "traceparent", .text = exchange->traceparent};
    log_event(&service->log, LOG_LEVEL_INFO, "request", fields, count);
}

void
answered_log(struct service *service, const struct exchange *exchange, int64_t took_us,
             size_t together)
{
    service->log.request_id = exchange->id;
    /* Groups are logged without an id: whose fault it was is said here. */
    if (exchange->error == API_INTERNAL_ERROR)
        log_write(&service->log, LOG_LEVEL_ERROR, "internal error: %s",
                  database_error(service->database));
    if (service->log.format == LOG_FORMAT_TEXT)
        log_write(&service->log, LOG_LEVEL_INFO, "%s %d %lld ms, %zu in the turn",
                  route_of(exchange), service->response.status, (long long)(took_us / 1000),
                  together);
    else if (log_is_wanted(&service->log, LOG_LEVEL_INFO))
        log_fields(service, exchange, took_us, together);
    service->log.request_id = NULL;
}
