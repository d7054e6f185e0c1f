/*
 * payment-admin webhook: list, create, set, rotate, delete.
 *
 * SPDX-License-Identifier: MIT
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "domain/card_number.h"
#include "domain/payment.h"
#include "store/endpoint_list.h"
#include "store/merchant_store.h"

static json_t *
pack_events(uint32_t events)
{
    char words[WEBHOOK_EVENTS_SIZE];
    json_t *list = json_array();

    webhook_events_format(events, words);
    for (char *rest = words, *word; (word = strtok_r(rest, ",", &rest)) != NULL;)
        json_array_append_new(list, json_string(word));
    return list;
}

/* An endpoint as JSON. */
static json_t *
pack_endpoint(const struct webhook_endpoint *endpoint)
{
    char id[IDENTIFIER_TEXT_SIZE], merchant_id[IDENTIFIER_TEXT_SIZE];
    char created_at[CLOCK_TEXT_SIZE], failing_since[CLOCK_TEXT_SIZE];
    const char *disabler = webhook_disabler_name(endpoint->disabled_by);

    identifier_format(IDENTIFIER_ENDPOINT, &endpoint->id, id);
    identifier_format(IDENTIFIER_MERCHANT, &endpoint->merchant_id, merchant_id);
    clock_format(endpoint->created_at, created_at);
    clock_format(endpoint->failing_since, failing_since);
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s?, s:s, s:s?, s:s?, s:s}", "id", id,
                     "merchant_id", merchant_id, "mode", mode_name(endpoint->mode), "url",
                     endpoint->url, "events", pack_events(endpoint->events), "description",
                     endpoint->has_description ? endpoint->description : NULL, "status",
                     disabler == NULL ? "enabled" : "disabled", "disabled_by", disabler,
                     "failing_since", endpoint->failing_since != 0 ? failing_since : NULL,
                     "created_at", created_at);
}

static void
collect_endpoint(void *arg, const struct webhook_endpoint *endpoint)
{
    json_array_append_new(arg, pack_endpoint(endpoint));
}

/* Widths as in the heading of webhook_list(). */
#define ENDPOINT_LINE "%-29s  %-30s  %-4s  %-18s  %-20s  %-40s  %-40s  %s\n"

static void
print_endpoint(void *arg, const struct webhook_endpoint *endpoint)
{
    char id[IDENTIFIER_TEXT_SIZE], merchant_id[IDENTIFIER_TEXT_SIZE];
    char failing_since[CLOCK_TEXT_SIZE], events[WEBHOOK_EVENTS_SIZE], status[32] = "enabled";

    (void)arg;
    identifier_format(IDENTIFIER_ENDPOINT, &endpoint->id, id);
    identifier_format(IDENTIFIER_MERCHANT, &endpoint->merchant_id, merchant_id);
    clock_format(endpoint->failing_since, failing_since);
    webhook_events_format(endpoint->events, events);
    if (endpoint->disabled_by != WEBHOOK_NOBODY)
        snprintf(status, sizeof status, "disabled: %s",
                 webhook_disabler_name(endpoint->disabled_by));
    printf(ENDPOINT_LINE, id, merchant_id, mode_name(endpoint->mode), status,
           endpoint->failing_since != 0 ? failing_since : "-", endpoint->url, events,
           endpoint->has_description ? endpoint->description : "-");
}

enum admin_exit
webhook_list(struct admin *admin)
{
    struct identifier merchant_id;
    json_t *list = NULL;
    enum store_result result;

    if (admin->merchant != NULL &&
        !identifier_parse(IDENTIFIER_MERCHANT, admin->merchant, &merchant_id))
        return admin_store_failure(admin, STORE_NOT_FOUND, "merchant");
    if (!admin->json)
        printf(ENDPOINT_LINE, "ID", "MERCHANT", "MODE", "STATUS", "FAILING SINCE", "URL", "EVENTS",
               "DESCRIPTION");
    list = json_array();
    result = endpoint_list_show(admin->database, admin_deadline(admin),
                                admin->merchant != NULL ? &merchant_id : NULL,
                                admin->json ? collect_endpoint : print_endpoint, list);
    if (result == STORE_OK && admin->json)
        admin_print_json(json_pack("{s:O}", "endpoints", list));
    json_decref(list);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "merchant");
}

/* --url, --events and --description, as far as they are given. */
static bool
read_options(const struct admin *admin, struct endpoint_change *change)
{
    if (admin->url != NULL && !webhook_url_is(admin->url)) {
        admin_complain("--url: '%s' is no https address of up to 512 characters without a user name"
                       " or a fragment",
                       admin->url);
        return false;
    }
    if (admin->events != NULL && !webhook_events_parse(admin->events, &change->events)) {
        admin_complain("--events: '%s' is no list of types of events, separated by commas, or *",
                       admin->events);
        return false;
    }
    if (admin->description != NULL && admin->description[0] != '\0') {
        if (!admin_check_name("the description", admin->description))
            return false;
        if (card_number_in(admin->description)) {
            admin_complain("there is a card number in the description");
            return false;
        }
        change->description = admin->description;
    }
    change->url = admin->url;
    change->sets_description = admin->description != NULL;
    change->now = clock_wall_ms();
    return true;
}

/* What the audit keeps of a change. */
static void
describe(const struct admin *admin, const char *first, char detail[AUDIT_DETAIL_SIZE])
{
    const struct {
        const char *name, *value;
    } parts[] = {
        {"", first},
        {"", admin->enable ? "enabled" : NULL},
        {"", admin->disable ? "disabled" : NULL},
        {"url: ", admin->url},
        {"events: ", admin->events},
        {"description: ", admin->description},
    };
    size_t length = 0;

    detail[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && length < AUDIT_DETAIL_SIZE; i++) {
        if (parts[i].value != NULL)
            length += (size_t)snprintf(detail + length, AUDIT_DETAIL_SIZE - length, "%s%s%s",
                                       length > 0 ? ", " : "", parts[i].name, parts[i].value);
    }
}

/* Shows an endpoint with its new secret, this one time, and wipes the secret. */
static void
show_secret(const struct admin *admin, const struct webhook_endpoint *endpoint,
            struct webhook_secret *secret, const char *done)
{
    char id[IDENTIFIER_TEXT_SIZE], text[WEBHOOK_SECRET_TEXT_SIZE];
    json_t *value;

    webhook_secret_format(secret, text);
    identifier_format(IDENTIFIER_ENDPOINT, &endpoint->id, id);
    if (admin->json) {
        value = pack_endpoint(endpoint);
        json_object_set_new(value, "secret", json_string(text));
        admin_print_json(value);
    } else {
        printf("%s webhook endpoint %s. Keep its secret now, it is not shown again:\n\n    %s\n\n",
               done, id, text);
    }
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(secret, sizeof *secret);
}

static bool
check_merchant(const struct admin *admin, struct identifier *id, enum admin_exit *status)
{
    char name[PROCESSOR_NAME_SIZE];
    enum store_result result = STORE_NOT_FOUND;

    if (identifier_parse(IDENTIFIER_MERCHANT, admin->merchant, id))
        result =
            merchant_store_processor(admin->database, admin_deadline(admin), id, MODE_TEST, name);
    if (result == STORE_OK)
        return true;
    *status = admin_store_failure(admin, result, "merchant");
    return false;
}

/* The whole endpoint that the options ask for, and its secret; false after a complaint. */
static bool
make_endpoint(const struct admin *admin, struct webhook_endpoint *endpoint,
              struct webhook_secret *secret)
{
    struct endpoint_change asked = {.events = WEBHOOK_ALL_EVENTS};

    if (!read_options(admin, &asked))
        return false;
    strcpy(endpoint->url, asked.url);
    endpoint->events = asked.events;
    endpoint->has_description = asked.description != NULL;
    strcpy(endpoint->description, asked.description != NULL ? asked.description : "");
    endpoint->mode = admin->live ? MODE_LIVE : MODE_TEST;
    endpoint->created_at = asked.now;
    if (identifier_new(asked.now, &endpoint->id) && webhook_secret_new(asked.now, secret))
        return true;
    admin_complain("libcrypto has no random bytes");
    return false;
}

enum admin_exit
webhook_create(struct admin *admin)
{
    struct webhook_endpoint endpoint = {.failing_since = 0};
    struct webhook_secret secret;
    char id[IDENTIFIER_TEXT_SIZE], first[64], detail[AUDIT_DETAIL_SIZE];
    struct audit_entry entry;
    enum admin_exit status = ADMIN_REFUSED;
    enum store_result result;

    if (admin->merchant == NULL || admin->url == NULL) {
        admin_complain("give --merchant ID and --url URL");
        return ADMIN_USAGE;
    }
    if (!make_endpoint(admin, &endpoint, &secret) ||
        !check_merchant(admin, &endpoint.merchant_id, &status))
        return status;
    identifier_format(IDENTIFIER_ENDPOINT, &endpoint.id, id);
    snprintf(first, sizeof first, "of %.40s, %s", admin->merchant, mode_name(endpoint.mode));
    describe(admin, first, detail);
    if (!admin_audit(admin, &entry, id, detail))
        return ADMIN_REFUSED;
    result =
        endpoint_store_insert(admin->database, admin_deadline(admin), &endpoint, &secret, &entry);
    if (result == STORE_REFUSED)
        admin_complain("the merchant has %d %s endpoints, and may not have more", ENDPOINTS_MAX,
                       mode_name(endpoint.mode));
    if (result != STORE_OK)
        return result == STORE_REFUSED ? ADMIN_REFUSED
                                       : admin_store_failure(admin, result, "merchant");
    show_secret(admin, &endpoint, &secret, "Created");
    if (!admin->config.webhooks)
        admin_complain("nothing is sent so far: webhooks is not on in %s", admin->config.path);
    else if (!admin->json)
        printf("Events are for it once all workers know that there is one: within %d s.\n",
               admin->config.key_cache_seconds);
    return ADMIN_DONE;
}

/* The endpoint that the argument names, and whose it is. */
static enum store_result
find_endpoint(const struct admin *admin, struct identifier *id, struct endpoint_owner *owner)
{
    if (!identifier_parse(IDENTIFIER_ENDPOINT, admin->argument, id))
        return STORE_NOT_FOUND;
    return endpoint_list_owner(admin->database, admin_deadline(admin), id, owner);
}

enum admin_exit
webhook_set(struct admin *admin)
{
    struct endpoint_change change = {.sets_disabled = admin->enable || admin->disable,
                                     .disabled = admin->disable};
    struct webhook_endpoint endpoint;
    struct endpoint_owner owner;
    struct identifier id;
    struct audit_entry entry;
    char detail[AUDIT_DETAIL_SIZE];
    enum store_result result;

    if (admin->enable && admin->disable) {
        admin_complain("--enable or --disable, not both");
        return ADMIN_USAGE;
    }
    if (!change.sets_disabled && admin->url == NULL && admin->events == NULL &&
        admin->description == NULL) {
        admin_complain("nothing to set: give --url URL, --events TYPES, --description TEXT,"
                       " --enable or --disable");
        return ADMIN_USAGE;
    }
    describe(admin, NULL, detail);
    if (!read_options(admin, &change) || !admin_audit(admin, &entry, admin->argument, detail))
        return ADMIN_REFUSED;
    result = find_endpoint(admin, &id, &owner);
    if (result == STORE_OK)
        result = endpoint_store_change(admin->database, admin_deadline(admin), &owner, &id, &change,
                                       &entry, &endpoint);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "webhook endpoint");
    if (admin->json)
        admin_print_json(pack_endpoint(&endpoint));
    else
        printf("Set webhook endpoint %s.\n", admin->argument);
    return ADMIN_DONE;
}

enum admin_exit
webhook_rotate(struct admin *admin)
{
    struct webhook_endpoint endpoint;
    struct webhook_secret secret;
    struct endpoint_owner owner;
    struct identifier id;
    struct audit_entry entry;
    char ends[CLOCK_TEXT_SIZE], detail[AUDIT_DETAIL_SIZE];
    int64_t now = clock_wall_ms(), grace_ms;
    enum store_result result;

    if (!admin_grace(admin, &grace_ms))
        return ADMIN_REFUSED;
    clock_format(now + grace_ms, ends);
    snprintf(detail, sizeof detail, "the old secret ends at %s", ends);
    if (!admin_audit(admin, &entry, admin->argument, detail))
        return ADMIN_REFUSED;
    if (!webhook_secret_new(now, &secret)) {
        admin_complain("libcrypto has no random bytes");
        return ADMIN_REFUSED;
    }
    result = find_endpoint(admin, &id, &owner);
    if (result == STORE_OK)
        result = endpoint_store_rotate(admin->database, admin_deadline(admin), &owner, &id, &secret,
                                       now + grace_ms, &entry, &endpoint);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "webhook endpoint");
    show_secret(admin, &endpoint, &secret, "Rotated");
    if (!admin->json)
        printf("The secrets before it sign until %s, too.\n", ends);
    return ADMIN_DONE;
}

enum admin_exit
webhook_delete(struct admin *admin)
{
    struct endpoint_owner owner;
    struct identifier id;
    struct audit_entry entry;
    enum store_result result;

    if (!admin_audit(admin, &entry, admin->argument, NULL))
        return ADMIN_REFUSED;
    result = find_endpoint(admin, &id, &owner);
    if (result == STORE_OK)
        result = endpoint_store_delete(admin->database, admin_deadline(admin), &owner, &id,
                                       clock_wall_ms(), &entry);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "webhook endpoint");
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:b}", "id", admin->argument, "deleted", 1));
    else
        printf("Deleted webhook endpoint %s and its secrets.\n", admin->argument);
    return ADMIN_DONE;
}
