/*
 * Clients: what they ask for, and what they are told.
 *
 * SPDX-License-Identifier: MIT
 */
#include "clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "domain/api_key.h"
#include "domain/identifier.h"
#include "outbox.h"
#include "tables.h"
#include "webserver.h"
#include "world.h"

#define PATIENCE_MS 70000 /* of the web server */
#define AUDIT_TRIES 60

static const char *const api_keys[CLIENT_KEYS] = {"sk_live_one", "sk_test_one", "sk_live_two",
                                                  "sk_test_two"};
static const char *const live_sources[] = {
    "tok_visa",     "tok_visa",           "pm_card_visa",
    "pm_card_visa", "tok_chargeDeclined", "pm_card_chargeDeclined",
    "tok_wrong",    "tok_slow",           "pm_slow",
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

bool
clients_is_live(const struct operation *operation)
{
    return operation->client_key % 2 == 0;
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
    operation->source =
        clients_is_live(operation) ? live_sources[chance_below(9)] : test_sources[chance_below(3)];
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
    if (operation->is_refund)
        snprintf(exchange->body, sizeof exchange->body,
                 "{\"payment_id\":\"%s\",\"amount\":%lld.%02lld}", operation->payment->id,
                 (long long)operation->amount / 100, (long long)operation->amount % 100);
    else
        snprintf(exchange->body, sizeof exchange->body,
                 "{\"amount\":%lld.%02lld,\"currency\":\"%s\",\"source\":\"%s\","
                 "\"description\":\"%zu\"}",
                 (long long)operation->amount / 100, (long long)operation->amount % 100,
                 operation->currency, operation->source, (size_t)(operation - operations));
    return exchange;
}

static bool
take_member(const char *body, const char *name, char *value, size_t size)
{
    char wanted[32];
    const char *at;
    size_t length;

    snprintf(wanted, sizeof wanted, "\"%s\":", name);
    at = strstr(body, wanted);
    if (at == NULL)
        return false;
    at += strlen(wanted);
    at += *at == '"';
    length = strcspn(at, "\",}");
    if (length >= size)
        return false;
    memcpy(value, at, length);
    value[length] = '\0';
    return true;
}

static void
take_id(struct operation *operation, const char *id)
{
    if (operation->id[0] != '\0' && strcmp(operation->id, id) != 0)
        violation("one request, two records: %s and %s (%s)", operation->id, id, operation->key);
    snprintf(operation->id, sizeof operation->id, "%s", id);
}

/* What is told after another word, by a request that was sent later. */
static void
take_told(struct operation *operation, enum told told, bool is_later)
{
    enum told before = operation->told;
    bool was_final = before == TOLD_SUCCEEDED || before == TOLD_FAILED;

    if (told == TOLD_PROCESSING) {
        if (was_final && is_later)
            violation("%s was told as final, then as processing", operation->id);
        if (!was_final)
            operation->told = told;
        return;
    }
    if (was_final && told != before)
        violation("%s was told as %s, then as another", operation->id,
                  before == TOLD_SUCCEEDED ? "succeeded" : "failed");
    operation->told = told;
}

static bool
is_amount_of(const struct operation *operation, const char *text)
{
    char expected[32];

    snprintf(expected, sizeof expected, "%lld.%02lld", (long long)operation->amount / 100,
             (long long)operation->amount % 100);
    return strcmp(text, expected) == 0;
}

static void
take_record(struct operation *operation, const char *body, bool is_later)
{
    char id[48], amount[32], status[16], other[48];

    if (!take_member(body, "id", id, sizeof id) ||
        !take_member(body, "amount", amount, sizeof amount) ||
        !take_member(body, "status", status, sizeof status) ||
        !take_member(body, operation->is_refund ? "payment_id" : "currency", other, sizeof other)) {
        violation("an answer without its members: %s", body);
        return;
    }
    if (!is_amount_of(operation, amount) ||
        strcmp(other, operation->is_refund ? operation->payment->id : operation->currency) != 0)
        violation("an answer that is not what was asked for (%s): %s", operation->key, body);
    take_id(operation, id);
    take_told(operation,
              strcmp(status, "processing") == 0  ? TOLD_PROCESSING
              : strcmp(status, "succeeded") == 0 ? TOLD_SUCCEEDED
                                                 : TOLD_FAILED,
              is_later);
}

static void
take_failure(struct operation *operation, const char *answer, bool is_later)
{
    const char *location = strstr(answer, "Location: ");
    char id[48];

    if (location == NULL || sscanf(location, "Location: /%*[a-z]/%47[a-z0-9_]", id) != 1) {
        violation("a 402 without its record: %s", answer);
        return;
    }
    take_id(operation, id);
    take_told(operation, TOLD_FAILED, is_later);
}

static void
take_answer(struct operation *operation, const struct exchange_of_client *exchange, bool is_later)
{
    const char *body = strstr(exchange->answer, "\r\n\r\n");

    body = body != NULL ? body + 4 : "";
    switch (exchange->status) {
    case 200:
    case 201:
        take_record(operation, body, is_later);
        return;
    case 402:
        take_failure(operation, exchange->answer, is_later);
        return;
    case 400:
        if (!operation->is_refund || operation->told != TOLD_NOTHING) {
            if (operation->told == TOLD_REFUSED)
                return;
            violation("refused, whatever was told before (%s): %s", operation->key, body);
        }
        operation->told = TOLD_REFUSED;
        return;
    case 409:
        books_note_conflict((unsigned)operation->client_key / 2 + 1, clients_is_live(operation),
                            operation->is_refund, operation->key,
                            exchange->arrived_at - world_now() + world_wall());
        return;
    case 0:
    case 503:
        return;
    default:
        violation("an answer that must not be: %d to %s (%s)", exchange->status, exchange->path,
                  operation->key);
    }
}

static void
ask(struct operation *operation, bool is_read)
{
    struct exchange_of_client *exchange = new_exchange(operation, is_read);
    enum told before = operation->told;

    operation->sent += !is_read;
    webserver_ask(exchange, PATIENCE_MS);
    if (!exchange->has_ended)
        exchange->status = 0;
    take_answer(operation, exchange, before == TOLD_SUCCEEDED || before == TOLD_FAILED);
}

static bool
is_over(const struct operation *operation)
{
    return operation->told != TOLD_NOTHING && operation->told != TOLD_PROCESSING;
}

static void
carry_out(struct operation *operation)
{
    ask(operation, false);
    while (!is_over(operation) && chance(800) && !stops) {
        world_sleep(world_now() + chance_between(50, chance(300) ? 20000 : 2000));
        if (is_known(operation) && chance(500))
            ask(operation, true);
        else if (operation->key[0] != '\0')
            ask(operation, false);
    }
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
           (tries == 0 || !is_over(operation))) {
        ask(operation, false);
        if (++tries == AUDIT_TRIES) {
            violation("the key %s is never answered for good", operation->key);
            return;
        }
        if (!is_over(operation))
            world_sleep(world_now() + 1000);
    }
    if (is_known(operation))
        ask(operation, true);
    if (is_known(operation) && !is_over(operation))
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
