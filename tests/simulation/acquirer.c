/*
 * The acquirer: a stand-in for Stripe, as far as the program asks it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "acquirer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "messenger.h"

#define ANSWER_SIZE 4096
#define PAGE_SIZE 32768

/* A key, and what was asked under it first. */
struct key {
    char text[64];
    char *path, *body;
    bool is_answered;
    struct http_answer answer;
};

static struct key keys[LEDGER_MAX];
static size_t key_count;
static bool settles;

void
acquirer_clear(void)
{
    ledger_clear();
    memset(keys, 0, key_count * sizeof keys[0]);
    key_count = 0;
    settles = false;
}

static char *
copy(const char *text)
{
    char *memory = world_memory(strlen(text) + 1);

    strcpy(memory, text);
    return memory;
}

static struct http_answer
answer_object(const struct object *object, bool expands)
{
    struct http_answer answer = {.status = 200, .body = world_memory(ANSWER_SIZE)};

    ledger_write(object, expands, answer.body, ANSWER_SIZE);
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
    struct object *object = ledger_add(kind);

    form_text(body, kind == OBJECT_REFUND ? "metadata%5Brefund_id%5D" : "metadata%5Bpayment_id%5D",
              object->our_id, sizeof object->our_id);
    form_text(body, "metadata%5Bclosed%5D", object->closed, sizeof object->closed);
    form_text(body, "description", object->description, sizeof object->description);
    form_text(body, "currency", object->currency, sizeof object->currency);
    object->amount = form_number(body, "amount");
    return object;
}

/* What becomes of it, and what the program is told. */
static void
change(struct object *object, enum object_status status)
{
    char text[LEDGER_TEXT_SIZE];

    object->status = status;
    if (!messenger_is_at_work())
        return;
    ledger_write(object, false, text, sizeof text);
    messenger_tell(text);
}

static void
decide_pending(void *arg)
{
    struct object *object = arg;

    if (object->status != OBJECT_PENDING)
        return;
    change(object, chance(700) ? OBJECT_SUCCEEDED : OBJECT_FAILED);
    story("the acquirer decides %s: %s", object->id, ledger_status(object));
}

static void
leave_pending(struct object *object)
{
    change(object, OBJECT_PENDING);
    world_later(world_now() + chance_between(0, settles ? 3000 : 60000), decide_pending, object);
}

static void
decide(struct object *object, const char *source, const char *body)
{
    char return_url[64];
    bool wants_customer = strstr(source, "authentication") != NULL;
    bool has_page = form_text(body, "return_url", return_url, sizeof return_url)[0] != '\0';

    if (strstr(source, "slow") != NULL)
        leave_pending(object);
    else if (strstr(source, "Declined") != NULL || (wants_customer && !has_page))
        change(object, OBJECT_FAILED);
    else
        change(object, wants_customer ? OBJECT_ACTION : OBJECT_SUCCEEDED);
}

static struct http_answer
make_charge(const char *body, bool is_intent)
{
    char source[64];
    struct object *object;
    char more[LEDGER_TEXT_SIZE + 64];
    size_t length;

    form_text(body, is_intent ? "payment_method" : "source", source, sizeof source);
    if (strstr(source, "wrong") != NULL)
        return answer_error(400, "invalid_request_error", ",\"code\":\"resource_missing\"");
    object = add_object(is_intent ? OBJECT_INTENT : OBJECT_CHARGE, body);
    decide(object, source, body);
    story("the acquirer charges %s for %s: %s", object->id, object->our_id, ledger_status(object));
    if (object->status != OBJECT_FAILED)
        return answer_object(object, false);
    if (!is_intent) {
        snprintf(more, sizeof more, ",\"code\":\"card_declined\",\"charge\":\"%s\"", object->id);
        return answer_error(402, "card_error", more);
    }
    length = (size_t)snprintf(more, sizeof more, ",\"code\":\"card_declined\",\"payment_intent\":");
    ledger_write(object, false, more + length, sizeof more - length);
    return answer_error(402, "card_error", more);
}

/* Some refunds, each time that they are asked for: no key keeps a refusal. */
static bool
is_refused(const char *body)
{
    char id[48];
    unsigned sum = 0;

    form_text(body, "metadata%5Brefund_id%5D", id, sizeof id);
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

    form_text(body, "charge", parent, sizeof parent);
    if (parent[0] == '\0')
        form_text(body, "payment_intent", parent, sizeof parent);
    paid = ledger_find(parent);
    if (paid == NULL || paid->status != OBJECT_SUCCEEDED || is_refused(body))
        return answer_error(400, "invalid_request_error", ",\"code\":\"charge_disputed\"");
    object = add_object(OBJECT_REFUND, body);
    strcpy(object->parent, parent);
    strcpy(object->currency, paid->currency);
    if (chance(trouble.acquirer))
        leave_pending(object);
    else if (chance(trouble.acquirer > 0 ? 250 : 0))
        change(object, OBJECT_FAILED);
    else
        change(object, OBJECT_SUCCEEDED);
    story("the acquirer refunds %s for %s: %s", object->id, object->our_id, ledger_status(object));
    return answer_object(object, false);
}

/* Who is at work on it is not kept from it. */
static struct http_answer
cancel(struct object *intent)
{
    if (intent->status != OBJECT_ACTION && intent->status != OBJECT_FAILED &&
        intent->status != OBJECT_IDLE)
        return answer_error(400, "invalid_request_error",
                            ",\"code\":\"payment_intent_unexpected_state\"");
    change(intent, OBJECT_CANCELED);
    story("%s is cancelled", intent->id);
    return answer_object(intent, false);
}

static struct object *
intent_to_cancel(const char *path)
{
    char id[32];

    return sscanf(path, "/v1/payment_intents/%31[a-z0-9_]/cancel", id) == 1 ? ledger_find(id)
                                                                            : NULL;
}

/* Carries a POST out. */
static struct http_answer
act(const char *path, const char *body)
{
    char closed[48];
    struct object *intent = intent_to_cancel(path);

    if (intent != NULL)
        return cancel(intent);
    if (strcmp(path, "/v1/charges") == 0)
        return make_charge(body, false);
    if (strcmp(path, "/v1/refunds") == 0)
        return make_refund(body);
    if (strcmp(path, "/v1/payment_intents") != 0)
        return answer_error(404, "invalid_request_error", "");
    if (form_text(body, "metadata%5Bclosed%5D", closed, sizeof closed)[0] == '\0')
        return make_charge(body, true);
    intent = add_object(OBJECT_INTENT, body);
    change(intent, OBJECT_IDLE);
    story("the key of %s is used up by %s", closed, intent->id);
    return answer_object(intent, false);
}

static struct http_answer
list(enum object_kind kind, const char *query)
{
    struct http_answer answer = {.status = 200, .body = world_memory(PAGE_SIZE)};
    int64_t least = form_number(query, "created%5Bgte%5D");
    int64_t most = form_number(query, "created%5Blte%5D");
    int64_t limit = form_number(query, "limit");
    char after[32];
    char parent[32];
    bool begins = form_text(query, "starting_after", after, sizeof after)[0] == '\0';
    bool has_more = false;
    size_t object_count;
    const struct object *objects = ledger_objects(&object_count);
    size_t used = (size_t)snprintf(answer.body, PAGE_SIZE, "{\"object\":\"list\",\"data\":[");

    if (form_text(query, "charge", parent, sizeof parent)[0] == '\0')
        form_text(query, "payment_intent", parent, sizeof parent);
    for (size_t i = object_count; i-- > 0;) {
        const struct object *object = &objects[i];

        if (object->kind != kind ||
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
        used += ledger_write(object, false, answer.body + used, PAGE_SIZE - used);
    }
    snprintf(answer.body + used, PAGE_SIZE - used, "],\"has_more\":%s}",
             has_more ? "true" : "false");
    return answer;
}

/* A customer may well come while the payment is asked about. */
static void
hurry(const struct object *object)
{
    if (object != NULL && object->status == OBJECT_ACTION && object->customer != NULL &&
        chance(200))
        process_wake(object->customer);
}

static struct http_answer
look_at(const char *path, const char *query)
{
    char id[32];
    const struct object *object;

    snprintf(id, sizeof id, "%.*s", (int)strcspn(strrchr(path, '/') + 1, "?"),
             strrchr(path, '/') + 1);
    object = ledger_find(id);
    hurry(object);
    return object != NULL
               ? answer_object(object, strncmp(query, "expand", 6) == 0)
               : answer_error(404, "invalid_request_error", ",\"code\":\"resource_missing\"");
}

static struct http_answer
look(const char *path)
{
    const char *query = strchr(path, '?');

    query = query != NULL ? query + 1 : "";
    if (strncmp(path, "/v1/charges?", 12) == 0)
        return list(OBJECT_CHARGE, query);
    if (strncmp(path, "/v1/payment_intents?", 20) == 0)
        return list(OBJECT_INTENT, query);
    if (strncmp(path, "/v1/refunds?", 12) == 0)
        return list(OBJECT_REFUND, query);
    return look_at(path, query);
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

    if (request->body == NULL) {
        answer = look(request->path);
        answered(arg, &answer);
        return;
    }
    if (chance(trouble.acquirer))
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
        if (key_count == LEDGER_MAX)
            abort();
        key = &keys[key_count++];
        snprintf(key->text, sizeof key->text, "%s", request->key);
        key->path = copy(request->path);
        key->body = copy(request->body);
    }
    hurry(intent_to_cancel(request->path));
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
    size_t count;
    const struct object *objects = ledger_objects(&count);

    settles = true;
    for (size_t i = 0; i < count; i++)
        decide_pending(ledger_find(objects[i].id));
}

bool
acquirer_visit(struct object *intent, bool passes)
{
    /* One who did not pass can try once more. */
    if (intent->status != OBJECT_ACTION && intent->status != OBJECT_FAILED)
        return false;
    if (passes && chance(100))
        leave_pending(intent);
    else
        change(intent, passes ? OBJECT_SUCCEEDED : OBJECT_FAILED);
    story("the customer of %s: %s", intent->id, ledger_status(intent));
    return true;
}
