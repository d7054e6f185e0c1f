/*
 * Clients: what they ask for, and what they are told.
 *
 * SPDX-License-Identifier: MIT
 */
#include "clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "customers.h"
#include "domain/api_key.h"
#include "domain/identifier.h"
#include "outbox.h"
#include "tables.h"
#include "world.h"

#define BODY_SIZE 256
#define PATIENCE_MS 70000                   /* of the web server */
#define AUDIT_TRIES (60 + CUSTOMERS_TIME_S) /* a second each */

static const char *const api_keys[CLIENT_KEYS] = {"sk_live_one", "sk_test_one", "sk_live_two",
                                                  "sk_test_two"};
#define LIVE_SOURCES (sizeof live_sources / sizeof live_sources[0])
#define PAGE_SOURCE "pm_card_authenticationRequired" /* whose customer has to act */
static const char *const live_sources[] = {
    "tok_visa",     "tok_visa",           "pm_card_visa",
    "pm_card_visa", "tok_chargeDeclined", "pm_card_chargeDeclined",
    "tok_wrong",    "tok_slow",           "pm_slow",
    PAGE_SOURCE,    PAGE_SOURCE,          PAGE_SOURCE,
};
static const char *const test_sources[] = {"tok_visa", "tok_visa", "tok_chargeDeclined"};

static struct operation operations[OPERATIONS_MAX];
static size_t operation_count;
static unsigned key_numbers[CLIENT_KEYS][2]; /* of payments, of refunds */
static bool audit_is_done;
static bool stops;
static size_t client_count; /* that are at something */

const struct operation *
clients_operations(size_t *count)
{
    *count = operation_count;
    return operations;
}

static void
set(const struct table *table, struct value *values, const char *name, struct value value)
{
    int column = table_column(table, name);

    if (column < 0)
        abort();
    values[column] = value;
}

static void
add_merchant(struct transaction *transaction, int number)
{
    struct table *table = tables_find("merchants");
    struct value *values = world_memory(table->column_count * sizeof *values);
    unsigned char id[IDENTIFIER_SIZE] = {(unsigned char)number};

    set(table, values, "id", value_bytes(id, sizeof id));
    set(table, values, "name", value_text("a merchant"));
    set(table, values, "created_at", value_number(world_wall()));
    set(table, values, "live_processor", value_text("stripe"));
    set(table, values, "live_events", value_number(number == OUTBOX_MERCHANT));
    set(table, values, "test_events", value_number(number == OUTBOX_MERCHANT));
    row_new(table, transaction, values);
}

static void
add_key(struct transaction *transaction, size_t number)
{
    struct table *table = tables_find("api_keys");
    struct value *values = world_memory(table->column_count * sizeof *values);
    unsigned char id[IDENTIFIER_SIZE] = {(unsigned char)(number + 1)};
    unsigned char merchant[IDENTIFIER_SIZE] = {(unsigned char)(number / 2 + 1)};
    struct api_key_hash hash;

    if (!api_key_hash(api_keys[number], &hash))
        abort();
    set(table, values, "id", value_bytes(id, sizeof id));
    set(table, values, "merchant_id", value_bytes(merchant, sizeof merchant));
    set(table, values, "key_hash", value_bytes(hash.bytes, sizeof hash.bytes));
    set(table, values, "prefix", value_text("sk"));
    set(table, values, "mode", value_text(number % 2 == 0 ? "live" : "test"));
    set(table, values, "created_at", value_number(world_wall()));
    row_new(table, transaction, values);
}

void
clients_clear(void)
{
    struct transaction *transaction = transaction_begin(REPEATABLE_READ);

    memset(operations, 0, operation_count * sizeof operations[0]);
    memset(key_numbers, 0, sizeof key_numbers);
    operation_count = 0;
    audit_is_done = false;
    stops = false;
    client_count = 0;
    add_merchant(transaction, 1);
    add_merchant(transaction, 2);
    for (size_t i = 0; i < CLIENT_KEYS; i++)
        add_key(transaction, i);
    transaction_commit(transaction);
}

static struct operation *
new_operation(size_t client_key, bool is_refund)
{
    struct operation *operation;

    if (operation_count == OPERATIONS_MAX)
        return NULL;
    operation = &operations[operation_count++];
    operation->client_key = client_key;
    operation->is_refund = is_refund;
    /* The same texts with each API key: they are not to meet. */
    if (chance(850))
        snprintf(operation->key, sizeof operation->key, "key-%u",
                 ++key_numbers[client_key][is_refund]);
    return operation;
}

static struct operation *
new_payment(void)
{
    /* What a processor with effects does has more to be found. */
    size_t client_key = (size_t)chance_below(CLIENT_KEYS) & (chance(500) ? ~(size_t)1 : SIZE_MAX);
    struct operation *operation = new_operation(client_key, false);

    if (operation == NULL)
        return NULL;
    operation->amount = 1000 + 100 * (int64_t)operation_count + chance_between(0, 99);
    operation->currency = chance(500) ? "USD" : "EUR";
    operation->source = operation_is_live(operation) ? live_sources[chance_below(LIVE_SOURCES)]
                                                     : test_sources[chance_below(3)];
    operation->has_page = chance(strcmp(operation->source, PAGE_SOURCE) == 0 ? 900 : 100);
    return operation;
}

/* One of the operations; NULL: none. */
static struct operation *
any_operation(bool (*is_wanted)(const struct operation *operation))
{
    struct operation *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < operation_count; i++) {
        if (is_wanted(&operations[i]) && chance_below(++count) == 0)
            found = &operations[i];
    }
    return found;
}

static bool
is_paid(const struct operation *operation)
{
    return !operation->is_refund && operation->told == TOLD_SUCCEEDED;
}

static bool
is_keyed(const struct operation *operation)
{
    return operation->key[0] != '\0' && operation->sent > 0;
}

static bool
is_known(const struct operation *operation)
{
    return operation->id[0] != '\0';
}

static struct operation *
new_refund(void)
{
    struct operation *payment = any_operation(is_paid);
    struct operation *operation = payment != NULL ? new_operation(payment->client_key, true) : NULL;

    if (operation == NULL)
        return NULL;
    operation->payment = payment;
    operation->currency = payment->currency;
    operation->amount = payment->amount * (chance(300) ? 100 : chance(500) ? 60 : 30) / 100;
    return operation;
}

static const char *
write_body(const struct operation *operation)
{
    char *body = world_memory(BODY_SIZE);

    if (operation->is_refund)
        snprintf(body, BODY_SIZE, "{\"payment_id\":\"%s\",\"amount\":%lld.%02lld}",
                 operation->payment->id, (long long)operation->amount / 100,
                 (long long)operation->amount % 100);
    else
        snprintf(body, BODY_SIZE,
                 "{\"amount\":%lld.%02lld,\"currency\":\"%s\",\"source\":\"%s\","
                 "\"description\":\"%zu\"%s}",
                 (long long)operation->amount / 100, (long long)operation->amount % 100,
                 operation->currency, operation->source, (size_t)(operation - operations),
                 operation->has_page ? ",\"return_url\":\"https://shop.example/back\"" : "");
    return body;
}

static struct exchange_of_client *
new_exchange(const struct operation *operation, bool is_read)
{
    struct exchange_of_client *exchange = world_memory(sizeof *exchange);
    const char *name = operation->is_refund ? "refunds" : "payments";

    exchange->api_key = api_keys[operation->client_key];
    exchange->is_post = !is_read;
    if (is_read) {
        snprintf(exchange->path, sizeof exchange->path, "/%s/%s", name, operation->id);
        return exchange;
    }
    snprintf(exchange->path, sizeof exchange->path, "/%s", name);
    strcpy(exchange->key, operation->key);
    exchange->body = write_body(operation);
    return exchange;
}

static void come_back(void *arg);

static void
ask(struct operation *operation, bool is_read)
{
    struct exchange_of_client *exchange = new_exchange(operation, is_read);
    enum told before = operation->told;

    operation->sent += !is_read;
    webserver_ask(exchange, PATIENCE_MS);
    if (!exchange->has_ended)
        exchange->status = 0;
    told_take(operation, exchange, before == TOLD_SUCCEEDED || before == TOLD_FAILED);
    if (operation->action_url[0] != '\0')
        customers_send(operation->action_url, operation->id, come_back, operation);
}

/* The merchant's page asks what became of the payment. */
static void
come_back(void *arg)
{
    ask(arg, true);
}

static void
carry_out(struct operation *operation)
{
    ask(operation, false);
    while (!operation_is_over(operation) && chance(800) && !stops) {
        world_sleep(world_now() + chance_between(50, chance(300) ? 20000 : 2000));
        if (is_known(operation) && chance(500))
            ask(operation, true);
        else if (operation->key[0] != '\0')
            ask(operation, false);
    }
    /* Some want to see it on record. */
    if (operation_is_over(operation) && is_known(operation) && chance(150))
        ask(operation, true);
}

static void
run_client(void *arg)
{
    (void)arg;
    while (!stops) {
        uint64_t what = chance_below(100);
        struct operation *operation = what < 45   ? new_payment()
                                      : what < 75 ? new_refund()
                                      : what < 90 ? any_operation(is_keyed)
                                                  : any_operation(is_known);

        if (operation == NULL)
            operation = new_payment();
        if (operation == NULL)
            break;
        if (what >= 90 && is_known(operation))
            ask(operation, true);
        else
            carry_out(operation);
        world_sleep(world_now() + chance_between(0, chance(100) ? 8000 : 300));
    }
    client_count--;
}

void
clients_start(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[24];

        snprintf(name, sizeof name, "client %u", (unsigned)i + 1);
        world_add(PROCESS_CLIENT, name, run_client, NULL);
    }
    client_count = count;
}

void
clients_stop(void)
{
    stops = true;
}

bool
clients_have_stopped(void)
{
    return client_count == 0;
}

static void
audit(struct operation *operation)
{
    unsigned tries = 0;

    /* What was refused once may fit by now. */
    while (operation->key[0] != '\0' && operation->sent > 0 &&
           (tries == 0 || !operation_is_over(operation))) {
        ask(operation, false);
        if (++tries == AUDIT_TRIES) {
            violation("the key %s is never answered for good", operation->key);
            return;
        }
        if (!operation_is_over(operation))
            world_sleep(world_now() + 1000);
    }
    if (is_known(operation))
        ask(operation, true);
    /* One whose worker has just lost its connection is answered 503. */
    while (is_known(operation) && !operation_is_over(operation) && tries++ < AUDIT_TRIES) {
        world_sleep(world_now() + 1000);
        ask(operation, true);
    }
    if (is_known(operation) && !operation_is_over(operation))
        violation("what became of %s is never told", operation->id);
}

static void
run_audit(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < operation_count; i++)
        audit(&operations[i]);
    audit_is_done = true;
}

void
clients_audit(void)
{
    world_add(PROCESS_CLIENT, "auditor", run_audit, NULL);
}

bool
clients_audit_is_done(void)
{
    return audit_is_done;
}
