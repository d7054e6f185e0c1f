/*
 * /metrics: what all processes of the pool have counted, in the text format of Prometheus.
 *
 * The sums are made while the processes go on counting: they are of one moment to within what is
 * counted meanwhile. A line that would say 0 is left out where there could be many.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/metrics_page.h"

#include <stdio.h>

#include "api/routes.h"

#define LABELS_SIZE 160

_Static_assert(DATABASE_FAILED < METRICS_RESULTS, "each result is counted");
_Static_assert(PROCESSOR_TASKS == METRICS_TASKS, "each task is counted");
_Static_assert(PROCESSOR_RESULTS == METRICS_OUTCOMES, "each outcome is counted");

static const char *const methods[METRICS_METHODS] = {
    [METRICS_GET] = "GET", [METRICS_POST] = "POST", [METRICS_OTHER] = "other"};

static const char *const groups[METRICS_GROUPS] = {
    [METRICS_TURN] = "turn",
    [METRICS_READ_PAYMENTS] = "read_payments",
    [METRICS_MAKE_PAYMENTS] = "make_payments",
    [METRICS_MAKE_REFUNDS] = "make_refunds",
    [METRICS_SETTLE_PAYMENTS] = "settle_payments",
    [METRICS_SETTLE_REFUNDS] = "settle_refunds",
};

static const char *const records[METRICS_RECORDS] = {
    [METRICS_PAYMENT] = "payment", [METRICS_REFUND] = "refund"};

static const char *const ages[METRICS_AGES] = {"under_1m", "1m_to_15m", "15m_to_1h", "1h_to_1d",
                                               "over_1d"};

static const char *const results[METRICS_RESULTS] = {
    [DATABASE_DUPLICATE] = "duplicate", [DATABASE_CONFLICT] = "conflict",
    [DATABASE_LOCKED] = "locked",       [DATABASE_INVALID] = "invalid",
    [DATABASE_REFUSED] = "refused",     [DATABASE_UNAVAILABLE] = "unavailable",
    [DATABASE_FAILED] = "failed",
};

static const char *const tasks[METRICS_TASKS] = {
    [PROCESSOR_CHARGE] = "charge",
    [PROCESSOR_REFUND] = "refund",
    [PROCESSOR_FIND_PAYMENT] = "find_payment",
    [PROCESSOR_FIND_REFUND] = "find_refund",
    [PROCESSOR_CLOSE_PAYMENT] = "close_payment",
    [PROCESSOR_CLOSE_REFUND] = "close_refund",
    [PROCESSOR_CANCEL_PAYMENT] = "cancel_payment",
    [PROCESSOR_CHECK] = "check",
    [PROCESSOR_FIND_NOTICED] = "find_noticed",
    [PROCESSOR_GIVE_BACK] = "give_back",
    [PROCESSOR_LIST] = "list",
};

static const char *const outcomes[METRICS_OUTCOMES] = {
    [PROCESSOR_SUCCEEDED] = "succeeded", [PROCESSOR_DECLINED] = "declined",
    [PROCESSOR_REFUSED] = "refused",     [PROCESSOR_NOT_SENT] = "not_sent",
    [PROCESSOR_PENDING] = "pending",     [PROCESSOR_UNKNOWN] = "unknown",
    [PROCESSOR_NOT_FOUND] = "not_found", [PROCESSOR_CLOSED] = "closed",
    [PROCESSOR_KEY_USED] = "key_used",   [PROCESSOR_TOO_LATE] = "too_late",
};

/* The sum over all slots of the number that stands so far from the start of each. */
static uint64_t
sum_at(const struct metrics *metrics, size_t offset)
{
    size_t used = metrics_get(&metrics->used);
    uint64_t sum = 0;

    for (size_t i = 0; i < used; i++)
        sum += metrics_get(
            (const metrics_number *)(const void *)((const char *)&metrics->slots[i] + offset));
    return sum;
}

/* How often the histogram that stands there was given something. */
static uint64_t
count_of(const struct metrics *metrics, size_t histogram)
{
    uint64_t count = 0;

    for (size_t i = 0; i < METRICS_BUCKETS; i++)
        count += sum_at(metrics, histogram + i * sizeof(metrics_number));
    return count;
}

#define SUM(metrics, member) sum_at((metrics), offsetof(struct metrics_slot, member))

/* What stands above the lines of one name. type: "counter", "gauge", "histogram". */
static void
begin(struct response *response, const char *name, const char *type, const char *help)
{
    response_append(response, "# HELP payment_api_%s %s\n# TYPE payment_api_%s %s\n", name, help,
                    name, type);
}

/* One name with its labels; its value comes next. */
static void
name_line(struct response *response, const char *name, const char *labels)
{
    response_append(response, "payment_api_%s", name);
    if (labels[0] != '\0')
        response_append(response, "{%s}", labels);
}

static void
line(struct response *response, const char *name, const char *labels, uint64_t value)
{
    name_line(response, name, labels);
    response_append(response, " %llu\n", (unsigned long long)value);
}

/* The lines of one histogram, which stands so far from the start of each slot. Times are told in
 * seconds. */
static void
histogram(struct response *response, const char *name, const char *labels,
          const struct metrics *metrics, size_t offset, const struct metrics_scale *scale)
{
    uint64_t unit = scale == &metrics_times ? 1000000 : 1;
    uint64_t sum = sum_at(metrics, offset + offsetof(struct metrics_histogram, sum));
    const char *comma = labels[0] != '\0' ? "," : "";
    char full[64];
    uint64_t count = 0;

    for (size_t i = 0; i <= scale->count; i++) {
        count += sum_at(metrics, offset + i * sizeof(metrics_number));
        response_append(response, "payment_api_%s_bucket{%s%sle=\"", name, labels, comma);
        if (i < scale->count)
            response_append(response, "%g", (double)scale->bounds[i] / (double)unit);
        else
            response_append(response, "+Inf");
        response_append(response, "\"} %llu\n", (unsigned long long)count);
    }
    snprintf(full, sizeof full, "%s_sum", name);
    name_line(response, full, labels);
    if (unit > 1)
        response_append(response, " %llu.%06llu\n", (unsigned long long)(sum / unit),
                        (unsigned long long)(sum % unit));
    else
        response_append(response, " %llu\n", (unsigned long long)sum);
    snprintf(full, sizeof full, "%s_count", name);
    line(response, full, labels, count);
}

/* The pattern of a route by its number. */
static const char *
route_name(size_t number)
{
    size_t count;
    const struct api_route *routes = api_route_table(&count);

    return number == 0 ? "none" : routes[number - 1].path.pattern;
}

static size_t
route_count(void)
{
    size_t count;

    api_route_table(&count);
    return count + 1;
}

static void
append_statuses(const struct metrics *metrics, struct response *response, size_t route,
                enum metrics_method method)
{
    char labels[LABELS_SIZE];

    for (size_t i = 0; i < METRICS_STATUSES; i++) {
        uint64_t count = SUM(metrics, requests[route][method][i]);
        int status = metrics_status(i);
        int length;

        if (count == 0)
            continue;
        length = snprintf(labels, sizeof labels,
                          "route=\"%s\",method=\"%s\",status=", route_name(route), methods[method]);
        snprintf(labels + length, sizeof labels - (size_t)length,
                 status != 0 ? "\"%d\"" : "\"other\"", status);
        line(response, "requests_total", labels, count);
    }
}

static void
append_requests(const struct metrics *metrics, struct response *response)
{
    char labels[LABELS_SIZE];

    begin(response, "requests_total", "counter", "Requests answered, by route, method and status.");
    for (size_t route = 0; route < route_count(); route++) {
        for (size_t method = 0; method < METRICS_METHODS; method++)
            append_statuses(metrics, response, route, (enum metrics_method)method);
    }
    begin(response, "request_duration_seconds", "histogram",
          "From the worker's taking a request in hand to its answer.");
    for (size_t route = 0; route < route_count(); route++) {
        for (size_t method = 0; method < METRICS_METHODS; method++) {
            if (count_of(metrics, offsetof(struct metrics_slot, latency[route][method])) == 0)
                continue;
            snprintf(labels, sizeof labels, "route=\"%s\",method=\"%s\"", route_name(route),
                     methods[method]);
            histogram(response, "request_duration_seconds", labels, metrics,
                      offsetof(struct metrics_slot, latency[route][method]), &metrics_times);
        }
    }
    begin(response, "queue_seconds", "histogram",
          "How long requests waited for a worker, since the web server passed them on.");
    histogram(response, "queue_seconds", "", metrics, offsetof(struct metrics_slot, queue),
              &metrics_times);
    begin(
        response, "group_size", "histogram",
        "How many requests were done together: in a turn of a worker, by one read or one commit.");
    for (size_t i = 0; i < METRICS_GROUPS; i++) {
        snprintf(labels, sizeof labels, "group=\"%s\"", groups[i]);
        histogram(response, "group_size", labels, metrics, offsetof(struct metrics_slot, groups[i]),
                  &metrics_sizes);
    }
}

static void
append_database(const struct metrics *metrics, struct response *response)
{
    char labels[LABELS_SIZE];

    begin(response, "database_seconds", "histogram",
          "Units of work at the database, with all their tries.");
    histogram(response, "database_seconds", "", metrics, offsetof(struct metrics_slot, database),
              &metrics_times);
    begin(response, "database_retries_total", "counter",
          "Tries of units of work that were followed by another, by what they came to.");
    for (size_t i = DATABASE_DUPLICATE; i < METRICS_RESULTS; i++) {
        snprintf(labels, sizeof labels, "result=\"%s\"", results[i]);
        line(response, "database_retries_total", labels, SUM(metrics, database_retries[i]));
    }
    begin(response, "database_failures_total", "counter",
          "Units of work that were not done, by what the last try came to.");
    for (size_t i = DATABASE_DUPLICATE; i < METRICS_RESULTS; i++) {
        snprintf(labels, sizeof labels, "result=\"%s\"", results[i]);
        line(response, "database_failures_total", labels, SUM(metrics, database_failures[i]));
    }
    begin(response, "database_connects_total", "counter", "Connections made to the database.");
    line(response, "database_connects_total", "", SUM(metrics, database_connects));
    begin(response, "database_connections", "gauge",
          "Processes that are connected to the database.");
    line(response, "database_connections", "", SUM(metrics, gauges.connected));
}

static void
append_calls_of(const struct metrics *metrics, struct response *response, size_t processor,
                const char *name)
{
    char labels[LABELS_SIZE];

    for (size_t task = 0; task < METRICS_TASKS; task++) {
        for (size_t i = 0; i < METRICS_OUTCOMES; i++) {
            uint64_t count = SUM(metrics, calls[processor][task][i]);

            /* What moves money is told from the start, so that no alert misses the first one. */
            if (count == 0 && task != PROCESSOR_CHARGE && task != PROCESSOR_REFUND)
                continue;
            snprintf(labels, sizeof labels, "processor=\"%s\",task=\"%s\",outcome=\"%s\"", name,
                     tasks[task], outcomes[i]);
            line(response, "processor_calls_total", labels, count);
        }
    }
}

/* The name under which a processor is counted; NULL: nothing is. */
static const char *
processor_name(const struct metrics *metrics, size_t number)
{
    if (number == METRICS_PROCESSORS - 1 &&
        count_of(metrics, offsetof(struct metrics_slot, call_time[number])) == 0)
        return NULL;
    return metrics_processor_name(metrics, number);
}

static void
append_calls(const struct metrics *metrics, struct response *response)
{
    char labels[LABELS_SIZE];

    begin(response, "processor_calls_total", "counter",
          "Calls to processors that have ended, by what was asked and what came.");
    for (size_t i = 0; i < METRICS_PROCESSORS; i++) {
        if (processor_name(metrics, i) != NULL)
            append_calls_of(metrics, response, i, processor_name(metrics, i));
    }
    begin(response, "processor_call_seconds", "histogram",
          "Calls to processors, with all their tries.");
    for (size_t i = 0; i < METRICS_PROCESSORS; i++) {
        if (processor_name(metrics, i) == NULL ||
            count_of(metrics, offsetof(struct metrics_slot, call_time[i])) == 0)
            continue;
        snprintf(labels, sizeof labels, "processor=\"%s\"", processor_name(metrics, i));
        histogram(response, "processor_call_seconds", labels, metrics,
                  offsetof(struct metrics_slot, call_time[i]), &metrics_times);
    }
}

/* The last count of any process: by the member that says when. */
static const struct metrics_gauges *
find_count(const struct metrics *metrics, size_t offset)
{
    const struct metrics_gauges *found = NULL;
    size_t used = metrics_get(&metrics->used);
    uint64_t newest = 0;

    for (size_t i = 0; i < used; i++) {
        const struct metrics_gauges *gauges = &metrics->slots[i].gauges;
        uint64_t at =
            metrics_get((const metrics_number *)(const void *)((const char *)gauges + offset));

        if (at <= newest)
            continue;
        newest = at;
        found = gauges;
    }
    return found;
}

static void
append_unresolved(const struct metrics *metrics, struct response *response)
{
    const struct metrics_gauges *gauges =
        find_count(metrics, offsetof(struct metrics_gauges, counted_at));
    char labels[LABELS_SIZE];

    if (gauges == NULL)
        return; /* no processor has effects, so nothing can be unresolved */
    begin(response, "unresolved", "gauge",
          "Payments and refunds that stay processing, by age; of the whole database.");
    for (size_t record = 0; record < METRICS_RECORDS; record++) {
        for (size_t i = 0; i < METRICS_AGES; i++) {
            snprintf(labels, sizeof labels, "record=\"%s\",age=\"%s\"", records[record], ages[i]);
            line(response, "unresolved", labels, metrics_get(&gauges->unresolved[record][i]));
        }
    }
    begin(response, "unresolved_counted_timestamp_seconds", "gauge",
          "When the unresolved were counted, by the reconciler.");
    line(response, "unresolved_counted_timestamp_seconds", "", metrics_get(&gauges->counted_at));
}

static void
append_deliveries(const struct metrics *metrics, struct response *response)
{
    const struct metrics_gauges *gauges =
        find_count(metrics, offsetof(struct metrics_gauges, deliveries_counted_at));

    if (gauges == NULL)
        return; /* nothing is sent by this pool */
    begin(response, "webhook_deliveries_waiting", "gauge",
          "Events that are still to be sent to an endpoint; of the whole database.");
    line(response, "webhook_deliveries_waiting", "", metrics_get(&gauges->deliveries_waiting));
    begin(response, "webhook_delivery_due_timestamp_seconds", "gauge",
          "When the first of them is due; 0 when none waits.");
    line(response, "webhook_delivery_due_timestamp_seconds", "",
         metrics_get(&gauges->deliveries_due_at));
    begin(response, "webhook_deliveries_counted_timestamp_seconds", "gauge",
          "When they were counted, by the courier.");
    line(response, "webhook_deliveries_counted_timestamp_seconds", "",
         metrics_get(&gauges->deliveries_counted_at));
}

/* One line for each role. */
static void
append_roles(const struct metrics *metrics, struct response *response, const char *name,
             const char *more, size_t offset)
{
    char labels[LABELS_SIZE];

    for (size_t i = 0; i < METRICS_ROLES && metrics->roles[i].name[0] != '\0'; i++) {
        const char *role = (const char *)&metrics->roles[i];

        snprintf(labels, sizeof labels, "role=\"%s\"%s", metrics->roles[i].name, more);
        line(response, name, labels,
             metrics_get((const metrics_number *)(const void *)(role + offset)));
    }
}

#define ROLES(name, more, member) \
    append_roles(metrics, response, name, more, offsetof(struct metrics_role, member))

static void
append_pool(const struct metrics *metrics, struct response *response)
{
    begin(response, "build_info", "gauge", "The program's version.");
    line(response, "build_info", "version=\"" PACKAGE_VERSION "\"", 1);
    begin(response, "start_time_seconds", "gauge", "When the pool was started.");
    line(response, "start_time_seconds", "", (uint64_t)metrics->started_at / 1000);
    begin(response, "processes", "gauge", "Processes of the pool, by role and state.");
    ROLES("processes", ",state=\"serving\"", serving);
    ROLES("processes", ",state=\"ending\"", ending);
    begin(response, "processes_wanted", "gauge", "How many should be serving.");
    ROLES("processes_wanted", "", wanted);
    begin(response, "process_starts_total", "counter", "Processes that were started.");
    ROLES("process_starts_total", "", started);
    begin(response, "process_deaths_total", "counter",
          "Processes that ended and had not been asked to.");
    ROLES("process_deaths_total", "", died);
    begin(response, "process_kills_total", "counter",
          "Processes that were killed, since they stood still or did not end.");
    ROLES("process_kills_total", "", killed);
    begin(response, "reloads_total", "counter", "Configurations that were read anew, by result.");
    line(response, "reloads_total", "result=\"taken\"", metrics_get(&metrics->reloads));
    line(response, "reloads_total", "result=\"refused\"", metrics_get(&metrics->reloads_refused));
    begin(response, "requests_in_hand", "gauge", "Requests that workers have taken.");
    line(response, "requests_in_hand", "", SUM(metrics, gauges.in_hand));
    begin(response, "requests_in_hand_max", "gauge", "How many they take at most.");
    line(response, "requests_in_hand_max", "", SUM(metrics, gauges.in_hand_max));
    begin(response, "requests_calling", "gauge",
          "Of the requests in hand, those whose processor is being called.");
    line(response, "requests_calling", "", SUM(metrics, gauges.calling));
}

static void
represent_metrics(const struct exchange *exchange, struct response *response)
{
    const struct metrics *metrics = exchange->metrics;

    response->status = 200;
    response->type = "text/plain; version=0.0.4; charset=utf-8";
    append_pool(metrics, response);
    append_requests(metrics, response);
    append_database(metrics, response);
    append_calls(metrics, response);
    append_unresolved(metrics, response);
    append_deliveries(metrics, response);
}

enum api_error
metrics_read(const struct service *service, struct exchange *exchange)
{
    if (service->metrics.all == NULL)
        return API_NOT_FOUND;
    exchange->metrics = service->metrics.all;
    exchange->represent = represent_metrics;
    return API_OK;
}
