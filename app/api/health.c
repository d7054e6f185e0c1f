/*
 * /healthz and /readyz: for load balancers and monitors.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/health.h"

#include "api/representation.h"
#include "store/payment_store.h"

enum api_error
health_live(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->represent = represent_health;
    return API_OK;
}

static void
try_database(struct service *service, struct exchange *exchange)
{
    static const struct identifier nobody = {.bytes = {0}};
    struct payment payment;
    /* A node outside the primary component still connects and answers SELECT 1: read a table. */
    struct payment_search search = {
        .merchant_id = &nobody, .id = &nobody, .mode = MODE_TEST, .payment = &payment};
    /* A monitor is told soon: there is time for one try, and not for another. */
    struct deadline one_try =
        deadline_in_ms((int64_t)service->config->database_timeout * 1000 * 3 / 2);

    payment_store_find(service->database, deadline_earlier(one_try, exchange->deadline), &search,
                       1);
    exchange->error = error_of_store(search.result, API_OK);
}

enum api_error
health_ready(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->represent = represent_health;
    exchange->work = WORK_ALONE;
    exchange->alone = try_database;
    return API_OK;
}
