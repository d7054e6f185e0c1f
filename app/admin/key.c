/*
 * payment-admin key: create, rotate, list, revoke.
 *
 * SPDX-License-Identifier: MIT
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "processor/selection.h"
#include "store/api_key_store.h"
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
    key->read_only = admin->read_only;
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

/* What the audit keeps of a new key: everything but the key. what stands in front of it. */
static void
describe_key(const char *what, const char *of, const struct new_api_key *key,
             char detail[AUDIT_DETAIL_SIZE])
{
    snprintf(detail, AUDIT_DETAIL_SIZE, "%s%.40s, %s, %s%s%s%.1020s", what, of, key->prefix,
             mode_name(key->mode), key->read_only ? ", read-only" : "",
             key->label != NULL ? ", " : "", key->label != NULL ? key->label : "");
}

/* Makes the key itself and its id; false after a complaint. The caller wipes the text. */
static bool
make_key(struct new_api_key *key, char text[API_KEY_TEXT_SIZE])
{
    if (!api_key_new(key->mode, text) || !api_key_hash(text, &key->hash) ||
        !identifier_new(key->created_at, &key->id)) {
        admin_complain("libcrypto has no random bytes");
        return false;
    }
    api_key_prefix(text, key->prefix);
    return true;
}

/* A new key as JSON. */
static json_t *
pack_new_key(const struct new_api_key *key, const char text[API_KEY_TEXT_SIZE])
{
    char id[IDENTIFIER_TEXT_SIZE], merchant_id[IDENTIFIER_TEXT_SIZE];
    char created_at[CLOCK_TEXT_SIZE], expires_at[CLOCK_TEXT_SIZE];

    identifier_format(IDENTIFIER_API_KEY, &key->id, id);
    identifier_format(IDENTIFIER_MERCHANT, &key->merchant_id, merchant_id);
    clock_format(key->created_at, created_at);
    clock_format(key->expires_at, expires_at);
    return json_pack("{s:s, s:s, s:s, s:b, s:s?, s:s, s:s, s:s, s:s?}", "id", id, "merchant_id",
                     merchant_id, "mode", mode_name(key->mode), "read_only", key->read_only ? 1 : 0,
                     "label", key->label, "prefix", key->prefix, "key", text, "created_at",
                     created_at, "expires_at", key->expires_at != 0 ? expires_at : NULL);
}

static void
print_new_key(const struct new_api_key *key, const char text[API_KEY_TEXT_SIZE])
{
    char id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_API_KEY, &key->id, id);
    printf("Created %skey %s. Keep it now, it is not shown again:\n\n    %s\n\n",
           key->read_only ? "read-only " : "", id, text);
}

static enum admin_exit
explain_disabled(const char *merchant_id)
{
    admin_complain("the merchant is disabled, so its keys are refused: 'payment-admin merchant"
                   " enable %s' first",
                   merchant_id);
    return ADMIN_REFUSED;
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
    if ((admin->live && !check_live_processor(admin)) || !make_key(&key, text))
        return ADMIN_REFUSED;
    identifier_format(IDENTIFIER_API_KEY, &key.id, id);
    describe_key("of ", admin->argument, &key, detail);
    if (!admin_audit(admin, &entry, id, detail))
        return ADMIN_REFUSED;
    if (identifier_parse(IDENTIFIER_MERCHANT, admin->argument, &key.merchant_id))
        result = api_key_store_insert(admin->database, admin_deadline(admin), &key, &entry);
    if (result == STORE_OK && admin->json)
        admin_print_json(pack_new_key(&key, text));
    else if (result == STORE_OK)
        print_new_key(&key, text);
    OPENSSL_cleanse(text, sizeof text);
    if (result == STORE_REFUSED)
        return explain_disabled(admin->argument);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "merchant");
}

/* The new key is what the old one is, but for what the options say. */
static void
take_over(const struct admin *admin, const struct old_api_key *old, struct new_api_key *key)
{
    key->merchant_id = old->merchant_id;
    key->mode = old->mode;
    key->read_only = old->read_only;
    if (admin->label == NULL && old->label[0] != '\0')
        key->label = old->label;
    if (admin->expires == NULL)
        key->expires_at = old->expires_at;
}

static void
show_rotation(const struct admin *admin, const struct new_api_key *key,
              const char text[API_KEY_TEXT_SIZE], int64_t ends_at)
{
    char ends[CLOCK_TEXT_SIZE];
    json_t *value;

    clock_format(ends_at, ends);
    if (admin->json) {
        value = pack_new_key(key, text);
        json_object_set_new(value, "replaces",
                            json_pack("{s:s, s:s}", "id", admin->argument, "expires_at", ends));
        admin_print_json(value);
        return;
    }
    print_new_key(key, text);
    printf("It is in the place of %s, which is refused from %s on.\n", admin->argument, ends);
}

enum admin_exit
key_rotate(struct admin *admin)
{
    struct new_api_key key = {.expires_at = 0};
    struct old_api_key old;
    struct identifier old_id;
    char text[API_KEY_TEXT_SIZE], id[IDENTIFIER_TEXT_SIZE], detail[AUDIT_DETAIL_SIZE];
    struct audit_entry entry;
    enum store_result result = STORE_NOT_FOUND;
    int64_t ends_at = 0;

    if (!admin_grace(admin, &ends_at) || !read_options(admin, &key))
        return ADMIN_REFUSED;
    if (identifier_parse(IDENTIFIER_API_KEY, admin->argument, &old_id))
        result = api_key_store_find(admin->database, admin_deadline(admin), &old_id, &old);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "key");
    take_over(admin, &old, &key);
    ends_at += key.created_at;
    if (old.expires_at != 0 && old.expires_at < ends_at)
        ends_at = old.expires_at;
    if (!make_key(&key, text))
        return ADMIN_REFUSED;
    identifier_format(IDENTIFIER_API_KEY, &key.id, id);
    describe_key("by ", id, &key, detail);
    if (!admin_audit(admin, &entry, admin->argument, detail))
        return ADMIN_REFUSED;
    result = api_key_store_rotate(admin->database, admin_deadline(admin), &old_id, ends_at, &key,
                                  &entry);
    if (result == STORE_OK)
        show_rotation(admin, &key, text, ends_at);
    OPENSSL_cleanse(text, sizeof text);
    if (result == STORE_REFUSED) {
        admin_complain("the key is revoked, or has expired, or its merchant is disabled:"
                       " 'payment-admin key create' makes another one");
        return ADMIN_REFUSED;
    }
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "key");
}

static void
collect_key(void *arg, const struct api_key_row *row)
{
    char id[IDENTIFIER_TEXT_SIZE], merchant_id[IDENTIFIER_TEXT_SIZE];

    identifier_format(IDENTIFIER_API_KEY, &row->id, id);
    identifier_format(IDENTIFIER_MERCHANT, &row->merchant_id, merchant_id);
    json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:b, s:s?, s:s, s:s, s:s?, s:s?, s:s?}",
                                         "id", id, "merchant_id", merchant_id, "mode", row->mode,
                                         "read_only", row->read_only ? 1 : 0, "label", row->label,
                                         "prefix", row->prefix, "created_at", row->created_at,
                                         "expires_at", row->expires_at, "revoked_at",
                                         row->revoked_at, "last_used_at", row->last_used_at));
}

/* Widths as in the heading of key_list(). */
#define KEY_LINE "%-30s  %-30s  %-12s  %-5s  %-20s  %-20s  %-20s  %-20s  %s\n"

static void
print_key(void *arg, const struct api_key_row *row)
{
    char id[IDENTIFIER_TEXT_SIZE], merchant_id[IDENTIFIER_TEXT_SIZE];

    (void)arg;
    identifier_format(IDENTIFIER_API_KEY, &row->id, id);
    identifier_format(IDENTIFIER_MERCHANT, &row->merchant_id, merchant_id);
    printf(KEY_LINE, id, merchant_id, row->prefix, row->read_only ? "read" : "all", row->created_at,
           row->last_used_at != NULL ? row->last_used_at : "-",
           row->expires_at != NULL ? row->expires_at : "-",
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
        printf(KEY_LINE, "ID", "MERCHANT", "PREFIX", "MAY", "CREATED", "LAST USED", "EXPIRES",
               "REVOKED", "LABEL");
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
