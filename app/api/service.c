/*
 * The service: what the API of one worker works with, for as long as the worker lives.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/adoption_store.h"
#include "store/attempt_store.h"
#include "store/credential_store.h"
#include "store/delivery_note_store.h"
#include "store/delivery_store.h"
#include "store/dispatch_store.h"
#include "store/due_store.h"
#include "store/endpoint_row.h"
#include "store/endpoint_store.h"
#include "store/event_list.h"
#include "store/event_store.h"
#include "store/notice_store.h"
#include "store/payment_store.h"
#include "store/redelivery_store.h"
#include "store/refund_store.h"
#include "store/schema_store.h"
#include "store/sending_list.h"
#include "store/settlement.h"

static struct database *
open_database(const struct config *config, const char *account, bool prepare_on_use,
              const struct log *log, struct metrics_slot *metrics)
{
    static const struct statement_set *const sets[] = {
        &credential_statements, &payment_statements,      &payment_row_statements,
        &refund_row_statements, &reservation_statements,  &attempt_statements,
        &due_statements,        &settlement_statements,   &refund_settlement_statements,
        &event_statements,      &event_list_statements,   &notice_statements,
        &adoption_statements,   &endpoint_row_statements, &endpoint_statements,
        &dispatch_statements,   &delivery_statements,     &delivery_note_statements,
        &redelivery_statements, &sending_statements,
    };
    struct database_settings settings = {
        .option_file = config->path,
        .group = account,
        .timeout = config->database_timeout,
        .check = schema_store_check,
        .sets = sets,
        .set_count = prepare_on_use ? 0 : sizeof sets / sizeof sets[0],
        .prepare_on_use = prepare_on_use,
        .log = log,
        .metrics = metrics,
    };

    return database_new(&settings);
}

static struct deadline
request_deadline(const struct config *config)
{
    return deadline_in_ms((int64_t)config->request_timeout * 1000);
}

struct service *
service_new(const struct config *config, const char *account, bool prepare_on_use,
            struct metrics_place metrics)
{
    struct service *service = calloc(1, sizeof *service);

    if (service == NULL)
        return NULL;
    service->config = config;
    service->metrics = metrics;
    service->log = config_log(config);
    service->key_cache.lifetime_ms = (int64_t)config->key_cache_seconds * 1000;
    processors_init(&service->processors, config);
    service->database = open_database(config, account, prepare_on_use, &service->log, metrics.slot);
    if (service->database == NULL) {
        service_free(service);
        return NULL;
    }
    return service;
}

void
service_free(struct service *service)
{
    if (service == NULL)
        return;
    caller_free(service->caller);
    database_free(service->database);
    free(service);
}

bool
service_open_calls(struct service *service, struct loop *loop)
{
    if (!processors_have_effects(&service->processors))
        return true;
    service->caller =
        caller_new(loop, &service->log, (size_t)service->config->max_in_hand, service->metrics);
    return service->caller != NULL;
}

struct workshop
service_workshop(const struct service *service)
{
    return (struct workshop){
        .database = service->database,
        .processors = &service->processors,
        .caller = service->caller,
        .request_ms = (int64_t)service->config->request_timeout * 1000,
        .call_ms = (int64_t)service->config->processor_timeout * 1000,
        .action_ms = (int64_t)service->config->action_timeout * 1000,
        .log = &service->log,
    };
}

void
service_connect_early(struct service *service)
{
    if (database_connect(service->database, request_deadline(service->config)) != DATABASE_DONE)
        log_write(&service->log, LOG_LEVEL_WARNING, "no database yet: %s",
                  database_error(service->database));
}

bool
service_check_database(const struct config *config, const char *account,
                       char error[CONFIG_ERROR_SIZE])
{
    struct log log = {.silent = true};
    struct database *database = open_database(config, account, false, &log, NULL);
    enum database_result result = database != NULL
                                      ? database_connect(database, request_deadline(config))
                                      : DATABASE_UNAVAILABLE;

    error[0] = '\0';
    if (result == DATABASE_FAILED)
        snprintf(error, CONFIG_ERROR_SIZE, "%s", database_error(database));
    database_free(database);
    return result == DATABASE_DONE;
}
