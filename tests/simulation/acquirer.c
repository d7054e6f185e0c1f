/*
 * The acquirer: a stand-in for Stripe with a ledger, as far as the program asks it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "acquirer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define ANSWER_SIZE 4096
#define PAGE_SIZE 32768

/* A key, and what was asked under it first. */
struct key {
    char text[64];
    char *path, *body;
    bool is_answered;
    struct http_answer answer;
};

static struct object objects[ACQUIRER_OBJECTS_MAX];
static size_t object_count;
static struct key keys[ACQUIRER_OBJECTS_MAX];
static size_t key_count;
static bool settles;

void
acquirer_clear(void)
{
    memset(objects, 0, object_count * sizeof objects[0]);
    memset(keys, 0, key_count * sizeof keys[0]);
    object_count = 0;
    key_count = 0;
    settles = false;
}

const struct object *
acquirer_objects(size_t *count)
{
    *count = object_count;
    return objects;
}

static char *
copy(const char *text)
{
    char *memory = world_memory(strlen(text) + 1);

    strcpy(memory, text);
    return memory;
}

/* A parameter of a form or a query; "" when it is not there. name: as it is encoded. */
static const char *
parameter(const char *form, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    size_t used = 0;

    value[0] = '\0';
    while (form != NULL && *form != '\0') {
        if (strncmp(form, name, length) == 0 && form[length] == '=') {
            for (form += length + 1; *form != '&' && *form != '\0' && used + 1 < size; form++) {
                if (*form == '%' && form[1] != '\0' && form[2] != '\0') {
                    const char code[] = {form[1], form[2], '\0'};

                    value[used++] = (char)strtoul(code, NULL, 16);
                    form += 2;
                } else {
                    value[used++] = *form;
                }
            }
            value[used] = '\0';
            return value;
        }
        form = strchr(form, '&');
        form = form != NULL ? form + 1 : NULL;
    }
    return value;
}

static int64_t
number(const char *form, const char *name)
{
    char text[32];

    return strtoll(parameter(form, name, text, sizeof text), NULL, 10);
}

static struct object *
find(const char *id)
{
    for (size_t i = 0; i < object_count; i++) {
        if (strcmp(objects[i].id, id) == 0)
            return &objects[i];
    }
    return NULL;
}

static const char *
status_text(const struct object *object)
{
    switch (object->status) {
    case OBJECT_SUCCEEDED:
        return "succeeded";
    case OBJECT_FAILED:
        return object->kind == OBJECT_INTENT ? "requires_payment_method" : "failed";
    case OBJECT_PENDING:
        return object->kind == OBJECT_INTENT ? "processing" : "pending";
    case OBJECT_IDLE:
        return "requires_payment_method";
    case OBJECT_CANCELED:
        break;
    }
    return "canceled";
}

static size_t
write_object(const struct object *object, char *text, size_t size)
{
    static const char *const kinds[] = {"charge", "payment_intent", "refund"};
    const char *id_name = object->closed[0] != '\0'       ? "closed"
                          : object->kind == OBJECT_REFUND ? "refund_id"
                                                          : "payment_id";
    int length = snprintf(
        text, size,
        "{\"id\":\"%s\",\"object\":\"%s\",\"amount\":%" PRId64 ",\"currency\":\"%s\","
        "\"created\":%" PRId64 ",\"status\":\"%s\",\"metadata\":{\"%s\":\"%s\"}",
        object->id, kinds[object->kind], object->amount, object->currency, object->created_at,
        status_text(object), id_name, object->closed[0] != '\0' ? object->closed : object->our_id);
    size_t used = (size_t)length;

    if (object->kind == OBJECT_CHARGE)
        used += (size_t)snprintf(text + used, size - used,
                                 ",\"captured\":%s,\"paid\":%s,\"failure_code\":%s",
                                 object->status == OBJECT_SUCCEEDED ? "true" : "false",
                                 object->status == OBJECT_SUCCEEDED ? "true" : "false",
                                 object->status == OBJECT_FAILED ? "\"card_declined\"" : "null");
    if (object->kind == OBJECT_INTENT)
        used += (size_t)snprintf(
            text + used, size - used, ",\"amount_received\":%" PRId64 ",\"last_payment_error\":%s",
            object->status == OBJECT_SUCCEEDED ? object->amount : 0,
            object->status == OBJECT_FAILED ? "{\"code\":\"card_declined\"}" : "null");
    if (object->kind == OBJECT_REFUND)
        used += (size_t)snprintf(
            text + used, size - used, ",\"%s\":\"%s\"",
            strncmp(object->parent, "pi_", 3) == 0 ? "payment_intent" : "charge", object->parent);
    used += (size_t)snprintf(text + used, size - used, "}");
    return used;
}

static struct http_answer
answer_object(const struct object *object)
{
    struct http_answer answer = {.status = 200, .body = world_memory(ANSWER_SIZE)};

    write_object(object, answer.body, ANSWER_SIZE);
    return answer;
}

static struct http_answer
answer_error(int status, const char *type, const char *more)
{
    struct http_answer answer = {.status = status, .body = world_memory(ANSWER_SIZE)};

    snprintf(answer.body, ANSWER_SIZE, "{\"error\":{\"type\":\"%s\"%s}}", type, more);
    return answer;
}

static struct object *
add_object(enum object_kind kind, const char *body)
{
    static const char *const prefixes[] = {"ch", "pi", "re"};
    struct object *object = &objects[object_count++];

    if (object_count == ACQUIRER_OBJECTS_MAX)
        abort();
    object->kind = kind;
    snprintf(object->id, sizeof object->id, "%s_%zu", prefixes[kind], object_count);
    parameter(body, kind == OBJECT_REFUND ? "metadata%5Brefund_id%5D" : "metadata%5Bpayment_id%5D",
              object->our_id, sizeof object->our_id);
    parameter(body, "metadata%5Bclosed%5D", object->closed, sizeof object->closed);
    parameter(body, "description", object->description, sizeof object->description);
    parameter(body, "currency", object->currency, sizeof object->currency);
    object->amount = number(body, "amount");
    object->created_at = world_wall() / 1000;
    object->is_shown = true;
    return object;
}

static void
decide_pending(void *arg)
{
    struct object *object = arg;

    if (object->status != OBJECT_PENDING)
        return;
    object->status = chance(700) ? OBJECT_SUCCEEDED : OBJECT_FAILED;
    story("the acquirer decides %s: %s", object->id, status_text(object));
}

static void
leave_pending(struct object *object)
{
    object->status = OBJECT_PENDING;
    world_later(world_now() + chance_between(0, settles ? 3000 : 60000), decide_pending, object);
}

static struct http_answer
make_charge(const char *body, bool is_intent)
{
    char source[64];
    struct object *object;
    char more[1024];
    size_t length;

    parameter(body, is_intent ? "payment_method" : "source", source, sizeof source);
    if (strstr(source, "wrong") != NULL)
        return answer_error(400, "invalid_request_error", ",\"code\":\"resource_missing\"");
    object = add_object(is_intent ? OBJECT_INTENT : OBJECT_CHARGE, body);
    object->status = strstr(source, "Declined") != NULL ? OBJECT_FAILED : OBJECT_SUCCEEDED;
    if (strstr(source, "slow") != NULL)
        leave_pending(object);
    story("the acquirer charges %s for %s: %s", object->id, object->our_id, status_text(object));
    if (object->status != OBJECT_FAILED)
        return answer_object(object);
    if (!is_intent) {
        snprintf(more, sizeof more, ",\"code\":\"card_declined\",\"charge\":\"%s\"", object->id);
        return answer_error(402, "card_error", more);
    }
    length = (size_t)snprintf(more, sizeof more, ",\"code\":\"card_declined\",\"payment_intent\":");
    write_object(object, more + length, sizeof more - length);
    return answer_error(402, "card_error", more);
}

/* Some refunds, each time that they are asked for: no key keeps a refusal. */
static bool
is_refused(const char *body)
{
    char id[48];
    unsigned sum = 0;

    parameter(body, "metadata%5Brefund_id%5D", id, sizeof id);
    for (size_t i = 0; id[i] != '\0'; i++)
        sum += (unsigned char)id[i];
    return sum % 8 == 0;
}

static struct http_answer
make_refund(const char *body)
{
    char parent[32];
    struct object *paid;
    struct object *object;

    parameter(body, "charge", parent, sizeof parent);
    if (parent[0] == '\0')
        parameter(body, "payment_intent", parent, sizeof parent);
    paid = find(parent);
    if (paid == NULL || paid->status != OBJECT_SUCCEEDED || is_refused(body))
        return answer_error(400, "invalid_request_error", ",\"code\":\"charge_disputed\"");
    object = add_object(OBJECT_REFUND, body);
    strcpy(object->parent, parent);
    strcpy(object->currency, paid->currency);
    object->status = OBJECT_SUCCEEDED;
    if (chance(trouble.acquirer))
        leave_pending(object);
    else if (chance(trouble.acquirer > 0 ? 250 : 0))
        object->status = OBJECT_FAILED;
    story("the acquirer refunds %s for %s: %s", object->id, object->our_id, status_text(object));
    return answer_object(object);
}

/* Carries a POST out. */
static struct http_answer
act(const char *path, const char *body)
{
    char closed[48];
    char id[32];

    if (strcmp(path, "/v1/charges") == 0)
        return make_charge(body, false);
    if (strcmp(path, "/v1/refunds") == 0)
        return make_refund(body);
    if (strcmp(path, "/v1/payment_intents") == 0) {
        struct object *fence;

        if (parameter(body, "metadata%5Bclosed%5D", closed, sizeof closed)[0] == '\0')
            return make_charge(body, true);
        fence = add_object(OBJECT_INTENT, body);
        fence->status = OBJECT_IDLE;
        story("the key of %s is used up by %s", closed, fence->id);
        return answer_object(fence);
    }
    if (sscanf(path, "/v1/payment_intents/%31[a-z0-9_]/cancel", id) == 1 && find(id) != NULL) {
        struct object *intent = find(id);

        if (intent->status == OBJECT_SUCCEEDED)
            return answer_error(400, "invalid_request_error", ",\"code\":\"unexpected_state\"");
        intent->status = OBJECT_CANCELED;
        return answer_object(intent);
    }
    return answer_error(404, "invalid_request_error", "");
}

static struct http_answer
list(enum object_kind kind, const char *query)
{
    struct http_answer answer = {.status = 200, .body = world_memory(PAGE_SIZE)};
    int64_t least = number(query, "created%5Bgte%5D");
    int64_t most = number(query, "created%5Blte%5D");
    int64_t limit = number(query, "limit");
    char after[32];
    char parent[32];
    bool begins = parameter(query, "starting_after", after, sizeof after)[0] == '\0';
    bool has_more = false;
    size_t used = (size_t)snprintf(answer.body, PAGE_SIZE, "{\"object\":\"list\",\"data\":[");

    if (parameter(query, "charge", parent, sizeof parent)[0] == '\0')
        parameter(query, "payment_intent", parent, sizeof parent);
    for (size_t i = object_count; i-- > 0;) {
        const struct object *object = &objects[i];

        if (object->kind != kind || !object->is_shown ||
            (kind == OBJECT_REFUND && strcmp(object->parent, parent) != 0) ||
            (kind != OBJECT_REFUND && (object->created_at < least || object->created_at > most)))
            continue;
        if (!begins) {
            begins = strcmp(object->id, after) == 0;
            continue;
        }
        if (limit-- == 0) {
            has_more = true;
            break;
        }
        if (answer.body[used - 1] == '}')
            answer.body[used++] = ',';
        used += write_object(object, answer.body + used, PAGE_SIZE - used);
    }
    snprintf(answer.body + used, PAGE_SIZE - used, "],\"has_more\":%s}",
             has_more ? "true" : "false");
    return answer;
}

static struct http_answer
look(const char *path)
{
    const char *query = strchr(path, '?');
    const struct object *object = find(strrchr(path, '/') + 1);

    query = query != NULL ? query + 1 : "";
    if (strncmp(path, "/v1/charges?", 12) == 0)
        return list(OBJECT_CHARGE, query);
    if (strncmp(path, "/v1/payment_intents?", 20) == 0)
        return list(OBJECT_INTENT, query);
    if (strncmp(path, "/v1/refunds?", 12) == 0)
        return list(OBJECT_REFUND, query);
    if (object != NULL)
        return answer_object(object);
    return answer_error(404, "invalid_request_error", ",\"code\":\"resource_missing\"");
}

/* A request at work. */
struct work {
    struct key *key; /* NULL: none */
    char *path, *body;
    void (*answered)(void *arg, const struct http_answer *answer);
    void *arg;
};

static void
finish(void *arg)
{
    struct work *work = arg;
    struct http_answer answer = act(work->path, work->body);

    if (work->key != NULL) {
        /* README.md says why none is kept. */
        if (answer.status == 400)
            work->key->text[0] = '\0';
        work->key->answer = answer;
        work->key->is_answered = true;
    }
    work->answered(work->arg, &answer);
}

static struct key *
find_key(const char *text)
{
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(keys[i].text, text) == 0)
            return &keys[i];
    }
    return NULL;
}

static struct http_answer
answer_again(const struct key *key, const struct http_request *request)
{
    if (strcmp(key->path, request->path) != 0 || strcmp(key->body, request->body) != 0)
        return answer_error(400, "idempotency_error", "");
    if (!key->is_answered)
        return answer_error(409, "idempotency_error", ",\"code\":\"idempotency_key_in_use\"");
    return key->answer;
}

void
acquirer_take(const struct http_request *request,
              void (*answered)(void *arg, const struct http_answer *answer), void *arg)
{
    struct key *key = request->key[0] != '\0' ? find_key(request->key) : NULL;
    struct http_answer answer;
    struct work *work;

    if (request->body == NULL)
        answer = look(request->path);
    else if (chance(trouble.acquirer))
        answer = chance(500) ? answer_error(429, "invalid_request_error", "")
                             : answer_error(500, "api_error", "");
    else if (key != NULL)
        answer = answer_again(key, request);
    else
        answer = (struct http_answer){.status = 0};
    if (answer.status != 0) {
        answered(arg, &answer);
        return;
    }
    if (request->key[0] != '\0') {
        if (key_count == ACQUIRER_OBJECTS_MAX)
            abort();
        key = &keys[key_count++];
        snprintf(key->text, sizeof key->text, "%s", request->key);
        key->path = copy(request->path);
        key->body = copy(request->body);
    }
    work = world_memory(sizeof *work);
    *work = (struct work){.key = key,
                          .path = copy(request->path),
                          .body = copy(request->body),
                          .answered = answered,
                          .arg = arg};
    world_later(world_now() + chance_between(0, chance(100) ? 20000 : 300), finish, work);
}

void
acquirer_settle(void)
{
    settles = true;
    for (size_t i = 0; i < object_count; i++)
        decide_pending(&objects[i]);
}
