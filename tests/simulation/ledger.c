/*
 * The ledger: what the acquirer has done, and how it shows it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "https://acquirer.example/authenticate/"

static struct object objects[LEDGER_MAX];
static size_t object_count;

void
ledger_clear(void)
{
    memset(objects, 0, object_count * sizeof objects[0]);
    object_count = 0;
}

struct object *
ledger_add(enum object_kind kind)
{
    static const char *const prefixes[] = {"ch", "pi", "re"};
    struct object *object = &objects[object_count++];

    if (object_count == LEDGER_MAX)
        abort();
    object->kind = kind;
    snprintf(object->id, sizeof object->id, "%s_%zu", prefixes[kind], object_count);
    object->created_at = world_wall() / 1000;
    return object;
}

struct object *
ledger_find(const char *id)
{
    for (size_t i = 0; i < object_count; i++) {
        if (strcmp(objects[i].id, id) == 0)
            return &objects[i];
    }
    return NULL;
}

const struct object *
ledger_objects(size_t *count)
{
    *count = object_count;
    return objects;
}

struct object *
ledger_of_page(const char *url)
{
    return strncmp(url, PAGE, strlen(PAGE)) == 0 ? ledger_find(url + strlen(PAGE)) : NULL;
}

const char *
ledger_status(const struct object *object)
{
    switch (object->status) {
    case OBJECT_SUCCEEDED:
        return "succeeded";
    case OBJECT_FAILED:
        return object->kind == OBJECT_INTENT ? "requires_payment_method" : "failed";
    case OBJECT_PENDING:
        return object->kind == OBJECT_INTENT ? "processing" : "pending";
    case OBJECT_ACTION:
        return "requires_action";
    case OBJECT_IDLE:
        return "requires_payment_method";
    case OBJECT_CANCELED:
        break;
    }
    return "canceled";
}

static size_t
write_charge(const struct object *object, char *text, size_t size)
{
    const char *paid = object->status == OBJECT_SUCCEEDED ? "true" : "false";

    return (size_t)snprintf(text, size, ",\"captured\":%s,\"paid\":%s,\"failure_code\":%s", paid,
                            paid, object->status == OBJECT_FAILED ? "\"card_declined\"" : "null");
}

static size_t
write_intent(const struct object *object, char *text, size_t size)
{
    size_t used =
        (size_t)snprintf(text, size, ",\"amount_received\":%" PRId64 ",\"last_payment_error\":%s",
                         object->status == OBJECT_SUCCEEDED ? object->amount : 0,
                         object->status == OBJECT_FAILED ? "{\"code\":\"card_declined\"}" : "null");

    if (object->status == OBJECT_ACTION)
        used += (size_t)snprintf(text + used, size - used,
                                 ",\"next_action\":{\"type\":\"redirect_to_url\","
                                 "\"redirect_to_url\":{\"url\":\"" PAGE "%s\"}}",
                                 object->id);
    return used;
}

/* expands: with the charge that it is of. */
static size_t
write_refund(const struct object *object, bool expands, char *text, size_t size)
{
    const struct object *paid = ledger_find(object->parent);
    bool is_intent = strncmp(object->parent, "pi_", 3) == 0;
    size_t used = 0;

    if (is_intent)
        used = (size_t)snprintf(text, size, ",\"payment_intent\":\"%s\"", object->parent);
    if (expands && paid != NULL)
        used += (size_t)snprintf(text + used, size - used,
                                 ",\"charge\":{\"id\":\"%s\",\"metadata\":{\"payment_id\":\"%s\"}}",
                                 is_intent ? "ch_of_intent" : paid->id, paid->our_id);
    else if (!is_intent)
        used += (size_t)snprintf(text + used, size - used, ",\"charge\":\"%s\"", object->parent);
    return used;
}

size_t
ledger_write(const struct object *object, bool expands, char *text, size_t size)
{
    static const char *const kinds[] = {"charge", "payment_intent", "refund"};
    const char *id_name = object->closed[0] != '\0'       ? "closed"
                          : object->kind == OBJECT_REFUND ? "refund_id"
                                                          : "payment_id";
    size_t used = (size_t)snprintf(
        text, size,
        "{\"id\":\"%s\",\"object\":\"%s\",\"amount\":%" PRId64 ",\"currency\":\"%s\","
        "\"created\":%" PRId64 ",\"status\":\"%s\",\"metadata\":{\"%s\":\"%s\"}",
        object->id, kinds[object->kind], object->amount, object->currency, object->created_at,
        ledger_status(object), id_name,
        object->closed[0] != '\0' ? object->closed : object->our_id);

    switch (object->kind) {
    case OBJECT_CHARGE:
        used += write_charge(object, text + used, size - used);
        break;
    case OBJECT_INTENT:
        used += write_intent(object, text + used, size - used);
        break;
    case OBJECT_REFUND:
        used += write_refund(object, expands, text + used, size - used);
        break;
    }
    return used + (size_t)snprintf(text + used, size - used, "}");
}
