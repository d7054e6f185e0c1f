/*
 * payment-admin key: create, list, revoke.
 *
 * SPDX-License-Identifier: MIT
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "processor/selection.h"
#include "store/merchant_store.h"

/* The beginning of a day to come. */
static bool
parse_expiry(const char *text, int64_t *expires_at)
{
    return strchr(text, 'T') == NULL && admin_parse_moment(text, expires_at) &&
           *expires_at > clock_wall_ms();
}

static bool
read_options(const struct admin *admin, struct new_api_key *key)
{
    if (admin->label != NULL && !admin_check_name("the label", admin->label))
        return false;
    if (admin->expires != NULL && !parse_expiry(admin->expires, &key->expires_at)) {
        admin_complain("'%s' is no day to come, written as YYYY-MM-DD", admin->expires);
        return false;
    }
    key->label = admin->label;
    key->mode = admin->live ? MODE_LIVE : MODE_TEST;
    key->created_at = clock_wall_ms();
    return true;
}

/* A live key of a merchant whose payments nobody would take is of no use. */
static bool
check_live_processor(const struct admin *admin)
{
    struct processors processors;
    char name[PROCESSOR_NAME_SIZE] = "";
    struct identifier id;

    processors_init(&processors, &admin->config);
    /* What is wrong with the merchant is told by who makes the key. */
    if (!identifier_parse(IDENTIFIER_MERCHANT, admin->argument, &id) ||
        merchant_store_processor(admin->database, admin_deadline(admin), &id, MODE_LIVE, name) !=
            STORE_OK ||
        processor_named(&processors, name, MODE_LIVE) != NULL)
        return true;
    if (name[0] == '\0')
        admin_complain("the merchant has no processor for real money: 'payment-admin merchant set"
                       " %s --live-processor NAME' first, or leave out --live to make a test key",
                       admin->argument);
    else
        admin_complain("the merchant's processor %s has no section [processor %s] with a live"
                       " secret_key in %s",
                       name, name, admin->config.path);
    return false;
}

/* What the audit keeps of a new key: everything but the key. */
static void
describe_key(const struct admin *admin, const struct new_api_key *key,
             char detail[AUDIT_DETAIL_SIZE])
{
    snprintf(detail, AUDIT_DETAIL_SIZE, "of %.40s, %s, %s%s%.1020s", admin->argument, key->prefix,
             mode_name(key->mode), key->label != NULL ? ", " : "",
             key->label != NULL ? key->label : "");
}

static void
show_new_key(const struct admin *admin, const struct new_api_key *key,
             const char text[API_KEY_TEXT_SIZE])
{
    char id[IDENTIFIER_TEXT_SIZE], created_at[CLOCK_TEXT_SIZE], expires_at[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_API_KEY, &key->id, id);
    clock_format(key->created_at, created_at);
    clock_format(key->expires_at, expires_at);
    if (admin->json)
        admin_print_json(json_pack(
            "{s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:s?}", "id", id, "merchant_id", admin->argument,
            "mode", mode_name(key->mode), "label", key->label, "prefix", key->prefix, "key", text,
            "created_at", created_at, "expires_at", key->expires_at != 0 ? expires_at : NULL));
    else
        printf("Created key %s. Keep it now, it is not shown again:\n\n    %s\n\n", id, text);
}

enum admin_exit
key_create(struct admin *admin)
{
    struct new_api_key key = {.expires_at = 0};
    char text[API_KEY_TEXT_SIZE], id[IDENTIFIER_TEXT_SIZE], detail[AUDIT_DETAIL_SIZE];
    struct audit_entry entry;
    enum store_result result = STORE_NOT_FOUND;

    if (!read_options(admin, &key))
        return ADMIN_REFUSED;
    if (admin->live && !check_live_processor(admin))
        return ADMIN_REFUSED;
    if (!api_key_new(key.mode, text) || !api_key_hash(text, &key.hash) ||
        !identifier_new(key.created_at, &key.id)) {
        admin_complain("libcrypto has no random bytes");
        return ADMIN_REFUSED;
    }
    api_key_prefix(text, key.prefix);
    identifier_format(IDENTIFIER_API_KEY, &key.id, id);
    describe_key(admin, &key, detail);
    if (!admin_audit(admin, &entry, id, detail))
        return ADMIN_REFUSED;
    if (identifier_parse(IDENTIFIER_MERCHANT, admin->argument, &key.merchant_id))
        result = api_key_store_insert(admin->database, admin_deadline(admin), &key, &entry);
    if (result == STORE_OK)
        show_new_key(admin, &key, text);
    OPENSSL_cleanse(text, sizeof text);
    if (result == STORE_REFUSED) {
        admin_complain("the merchant is disabled, so its keys are refused: 'payment-admin merchant"
                       " enable %s' first",
                       admin->argument);
        return ADMIN_REFUSED;
    }
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "merchant");
}

static void
collect_key(void *arg, const struct api_key_row *row)
{
    char id[IDENTIFIER_TEXT_SIZE], merchant_id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_API_KEY, &row->id, id);
    identifier_format(IDENTIFIER_MERCHANT, &row->merchant_id, merchant_id);
    json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s, s:s?, s:s?}", "id", id,
                                         "merchant_id", merchant_id, "mode", row->mode, "label",
                                         row->label, "prefix", row->prefix, "created_at",
                                         row->created_at, "expires_at", row->expires_at,
                                         "revoked_at", row->revoked_at));
}

static void
print_key(void *arg, const struct api_key_row *row)
{
    char id[IDENTIFIER_TEXT_SIZE], merchant_id[IDENTIFIER_TEXT_SIZE];

    (void)arg;
    identifier_format(IDENTIFIER_API_KEY, &row->id, id);
    identifier_format(IDENTIFIER_MERCHANT, &row->merchant_id, merchant_id);
    printf("%-30s  %-30s  %-12s  %-20s  %-20s  %-20s  %s\n", id, merchant_id, row->prefix,
           row->created_at, row->expires_at != NULL ? row->expires_at : "-",
           row->revoked_at != NULL ? row->revoked_at : "-", row->label != NULL ? row->label : "-");
}

enum admin_exit
key_list(struct admin *admin)
{
    struct identifier merchant_id;
    json_t *list = NULL;
    enum store_result result;

    if (admin->argument != NULL &&
        !identifier_parse(IDENTIFIER_MERCHANT, admin->argument, &merchant_id))
        return admin_store_failure(admin, STORE_NOT_FOUND, "merchant");
    if (!admin->json)
        printf("%-30s  %-30s  %-12s  %-20s  %-20s  %-20s  %s\n", "ID", "MERCHANT", "PREFIX",
               "CREATED", "EXPIRES", "REVOKED", "LABEL");
    list = json_array();
    result = api_key_store_list(admin->database, admin->argument != NULL ? &merchant_id : NULL,
                                admin->json ? collect_key : print_key, list);
    if (result == STORE_OK && admin->json)
        admin_print_json(json_pack("{s:O}", "keys", list));
    json_decref(list);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "merchant");
}

enum admin_exit
key_revoke(struct admin *admin)
{
    struct audit_entry entry;
    struct identifier id;
    enum store_result result = STORE_NOT_FOUND;

    if (!admin_audit(admin, &entry, admin->argument, NULL))
        return ADMIN_REFUSED;
    if (identifier_parse(IDENTIFIER_API_KEY, admin->argument, &id))
        result = api_key_store_revoke(admin->database, admin_deadline(admin), &id, &entry);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "key");
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:b}", "id", admin->argument, "revoked", 1));
    else
        printf("Revoked key %s: it is refused within %d s.\n", admin->argument,
               admin->config.key_cache_seconds);
    return ADMIN_DONE;
}
