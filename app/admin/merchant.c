/*
 * payment-admin merchant: create, set, list, disable, enable.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "processor/selection.h"
#include "store/merchant_store.h"

enum admin_exit
merchant_create(struct admin *admin)
{
    int64_t now = clock_wall_ms();
    char text[IDENTIFIER_TEXT_SIZE], created_at[CLOCK_TEXT_SIZE];
    struct audit_entry entry;
    struct identifier id;
    enum store_result result;

    if (!admin_check_name("the name", admin->argument))
        return ADMIN_REFUSED;
    if (!identifier_new(now, &id)) {
        admin_complain("libcrypto has no random bytes");
        return ADMIN_REFUSED;
    }
    identifier_format(IDENTIFIER_MERCHANT, &id, text);
    if (!admin_audit(admin, &entry, text, admin->argument))
        return ADMIN_REFUSED;
    result = merchant_store_insert(admin->database, admin_deadline(admin), &id, admin->argument,
                                   now, &entry);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "merchant");
    clock_format(now, created_at);
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:s, s:s}", "id", text, "name", admin->argument,
                                   "created_at", created_at));
    else
        printf("Created merchant %s (%s).\nNext: payment-admin key create %s\n", text,
               admin->argument, text);
    return ADMIN_DONE;
}

/* Is there a processor with this name that keys of the mode can use? */
static bool
check_processor(const struct admin *admin, const char *name, enum mode mode)
{
    struct processors processors;

    processors_init(&processors, &admin->config);
    if (strcmp(name, "none") == 0 || processor_named(&processors, name, mode) != NULL)
        return true;
    if (processor_named(&processors, name, mode == MODE_LIVE ? MODE_TEST : MODE_LIVE) != NULL)
        admin_complain("the secret_key of [processor %s] is not one for %s payments", name,
                       mode_name(mode));
    else
        admin_complain("%s has no section [processor %s]", admin->config.path, name);
    return false;
}

static enum store_result
set_processor(const struct admin *admin, const struct identifier *id, enum mode mode,
              const char *name)
{
    bool none = strcmp(name, "none") == 0 || strcmp(name, "sandbox") == 0;
    char detail[AUDIT_DETAIL_SIZE];
    struct audit_entry entry;

    snprintf(detail, sizeof detail, "%s processor: %s", mode_name(mode), name);
    if (!admin_audit(admin, &entry, admin->argument, detail))
        return STORE_FAILED;
    return merchant_store_set_processor(admin->database, admin_deadline(admin), id, mode,
                                        none ? NULL : name, &entry);
}

/* Reads "on" or "off"; NULL, the option was not given, is as good. */
static bool
check_switch(const char *option, const char *value)
{
    if (value == NULL || strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
        return true;
    admin_complain("--%s is on or off, not \"%s\"", option, value);
    return false;
}

static enum store_result
set_events(const struct admin *admin, const struct identifier *id, enum mode mode,
           const char *value)
{
    char detail[AUDIT_DETAIL_SIZE];
    struct audit_entry entry;

    snprintf(detail, sizeof detail, "%s events: %s", mode_name(mode), value);
    if (!admin_audit(admin, &entry, admin->argument, detail))
        return STORE_FAILED;
    return merchant_store_set_events(admin->database, admin_deadline(admin), id, mode,
                                     strcmp(value, "on") == 0, &entry);
}

/* Those settings that were given. */
static enum store_result
set_all(const struct admin *admin, const struct identifier *id)
{
    enum store_result result = STORE_OK;

    if (admin->live_processor != NULL)
        result = set_processor(admin, id, MODE_LIVE, admin->live_processor);
    if (result == STORE_OK && admin->test_processor != NULL)
        result = set_processor(admin, id, MODE_TEST, admin->test_processor);
    if (result == STORE_OK && admin->live_events != NULL)
        result = set_events(admin, id, MODE_LIVE, admin->live_events);
    if (result == STORE_OK && admin->test_events != NULL)
        result = set_events(admin, id, MODE_TEST, admin->test_events);
    return result;
}

enum admin_exit
merchant_set(struct admin *admin)
{
    struct identifier id;
    enum store_result result = STORE_NOT_FOUND;

    if (admin->live_processor == NULL && admin->test_processor == NULL &&
        admin->live_events == NULL && admin->test_events == NULL) {
        admin_complain("nothing to set: give --live-processor NAME, --test-processor NAME,"
                       " --live-events on|off or --test-events on|off");
        return ADMIN_USAGE;
    }
    if (!check_switch("live-events", admin->live_events) ||
        !check_switch("test-events", admin->test_events))
        return ADMIN_USAGE;
    if ((admin->live_processor != NULL &&
         !check_processor(admin, admin->live_processor, MODE_LIVE)) ||
        (admin->test_processor != NULL &&
         !check_processor(admin, admin->test_processor, MODE_TEST)))
        return ADMIN_REFUSED;
    if (identifier_parse(IDENTIFIER_MERCHANT, admin->argument, &id))
        result = set_all(admin, &id);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "merchant");
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:s?, s:s?, s:s?, s:s?}", "id", admin->argument,
                                   "live_processor", admin->live_processor, "test_processor",
                                   admin->test_processor, "live_events", admin->live_events,
                                   "test_events", admin->test_events));
    else
        printf("Set merchant %s: all workers know it within %d s.\n", admin->argument,
               admin->config.key_cache_seconds);
    return ADMIN_DONE;
}

static void
collect_merchant(void *arg, const struct merchant_row *row)
{
    char id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_MERCHANT, &row->id, id);
    json_array_append_new(
        arg, json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:b, s:b}", "id", id, "name", row->name,
                       "created_at", row->created_at, "disabled_at", row->disabled_at,
                       "live_processor", row->live_processor, "test_processor", row->test_processor,
                       "live_events", row->live_events, "test_events", row->test_events));
}

static const char *
events_of(const struct merchant_row *row)
{
    if (row->live_events)
        return row->test_events ? "live,test" : "live";
    return row->test_events ? "test" : "-";
}

static void
print_merchant(void *arg, const struct merchant_row *row)
{
    char id[IDENTIFIER_TEXT_SIZE];

    (void)arg;
    identifier_format(IDENTIFIER_MERCHANT, &row->id, id);
    printf("%-30s  %-20s  %-20s  %-12s  %-12s  %-9s  %s\n", id, row->created_at,
           row->disabled_at != NULL ? row->disabled_at : "-",
           row->live_processor != NULL ? row->live_processor : "-",
           row->test_processor != NULL ? row->test_processor : "sandbox", events_of(row),
           row->name);
}

enum admin_exit
merchant_list(struct admin *admin)
{
    json_t *list = json_array();
    enum store_result result;

    if (!admin->json)
        printf("%-30s  %-20s  %-20s  %-12s  %-12s  %-9s  %s\n", "ID", "CREATED", "DISABLED", "LIVE",
               "TEST", "EVENTS", "NAME");
    result =
        merchant_store_list(admin->database, admin->json ? collect_merchant : print_merchant, list);
    if (result == STORE_OK && admin->json)
        admin_print_json(json_pack("{s:O}", "merchants", list));
    json_decref(list);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "merchant");
}

enum admin_exit
merchant_disable(struct admin *admin)
{
    struct audit_entry entry;
    struct identifier id;
    enum store_result result = STORE_NOT_FOUND;

    if (!admin_audit(admin, &entry, admin->argument, NULL))
        return ADMIN_REFUSED;
    if (identifier_parse(IDENTIFIER_MERCHANT, admin->argument, &id))
        result = merchant_store_disable(admin->database, admin_deadline(admin), &id, &entry);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "merchant");
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:b}", "id", admin->argument, "disabled", 1));
    else
        printf("Disabled merchant %s: its keys are refused within %d s.\n", admin->argument,
               admin->config.key_cache_seconds);
    return ADMIN_DONE;
}

enum admin_exit
merchant_enable(struct admin *admin)
{
    struct audit_entry entry;
    struct identifier id;
    enum store_result result = STORE_NOT_FOUND;

    if (!admin_audit(admin, &entry, admin->argument, NULL))
        return ADMIN_REFUSED;
    if (identifier_parse(IDENTIFIER_MERCHANT, admin->argument, &id))
        result = merchant_store_enable(admin->database, admin_deadline(admin), &id, &entry);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "merchant");
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:b}", "id", admin->argument, "enabled", 1));
    else
        printf("Enabled merchant %s: its keys are taken within %d s.\n", admin->argument,
               admin->config.key_cache_seconds);
    return ADMIN_DONE;
}
