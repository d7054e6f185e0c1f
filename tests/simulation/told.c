/*
 * What clients asked for, and what they were told of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"

bool
operation_is_live(const struct operation *operation)
{
    return operation->client_key % 2 == 0;
}

bool
operation_is_over(const struct operation *operation)
{
    return operation->told != TOLD_NOTHING && operation->told != TOLD_PROCESSING;
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

/* Where the customer has to go: always the same page, and only as long as it is open. */
static void
take_page(struct operation *operation, const char *body)
{
    char url[sizeof operation->action_url];

    if (!take_member(body, "action_url", url, sizeof url))
        return;
    if (operation->told != TOLD_PROCESSING && strstr(body, "\"processing\"") == NULL)
        violation("a customer is sent to a page that is of no use: %s", body);
    if (operation->action_url[0] != '\0' && strcmp(operation->action_url, url) != 0)
        violation("the customer of %s is sent to two pages", operation->id);
    strcpy(operation->action_url, url);
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
    take_page(operation, body);
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

void
told_take(struct operation *operation, const struct exchange_of_client *exchange, bool is_later)
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
        books_note_conflict((unsigned)operation->client_key / 2 + 1, operation_is_live(operation),
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
