/*
 * Calls of the store, at random: those that read, and what people do.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "calls.h"
#include "records.h"
#include "store/api_key_store.h"
#include "store/credential_store.h"
#include "store/full_store.h"
#include "store/merchant_store.h"
#include "store/payment_store.h"
#include "store/refund_store.h"
#include "store/resolution_store.h"

#define KEYS 6
#define GROUP_MAX 9

static struct identifier key_ids[KEYS];

static void
find_payments(struct client *client)
{
    struct payment_search searches[GROUP_MAX];
    struct payment found[GROUP_MAX];
    struct identifier merchants[GROUP_MAX];
    struct identifier ids[GROUP_MAX];
    size_t count = draw_one_in(2) ? 1 : 1 + (size_t)draw(GROUP_MAX);

    for (size_t i = 0; i < count; i++) {
        const struct payment *payment = any_payment();

        ids[i] = payment != NULL && !draw_one_in(10) ? payment->id : new_id(client->wall);
        merchants[i] = payment != NULL && !draw_one_in(10) ? payment->merchant_id : any_merchant();
        searches[i] = (struct payment_search){
            .merchant_id = &merchants[i],
            .id = &ids[i],
            .mode = payment != NULL && !draw_one_in(10) ? payment->mode : MODE_LIVE,
            .payment = &found[i],
        };
    }
    say("   find %zu payments\n", count);
    payment_store_find(client->database, no_deadline(), searches, count);
    turns_end("its answer");
    for (size_t i = 0; i < count; i++) {
        say("   %d\n", (int)searches[i].result);
        if (searches[i].result == STORE_OK)
            say_payment(&found[i]);
    }
}

static void
find_refund(struct client *client)
{
    const struct refund *refund = any_refund();
    struct refund found;
    enum store_result result;

    if (refund == NULL)
        return;
    say("   find a refund\n");
    result = refund_store_find(client->database, no_deadline(), &refund->merchant_id,
                               draw_one_in(10) ? MODE_TEST : refund->mode, &refund->id, &found);
    turns_end("its answer");
    say("   %d\n", (int)result);
    if (result == STORE_OK)
        say_refund(&found);
}

static struct page
any_page(void)
{
    struct page page;

    page_init(&page);
    page.limit = 1 + (int64_t)draw(5);
    page.backward = draw_one_in(2);
    if (any_payment() != NULL && draw_one_in(2))
        page_only_after(&page, &any_payment()->id);
    if (any_refund() != NULL && draw_one_in(2))
        page_only_before(&page, &any_refund()->id);
    return page;
}

static void
list_payments(struct client *client)
{
    struct full_payment *payments = calloc(PAGE_RECORDS_MAX, sizeof *payments);
    const struct payment_listing listing = {
        .page = any_page(),
        .status = (int)draw(4) - 1,
        .currency = draw_one_in(2) ? currency_find("EUR") : NULL,
    };
    const struct identifier merchant = any_merchant();
    size_t count = 0;
    enum store_result result;

    if (payments == NULL)
        abort();
    say("   list payments\n");
    result = full_store_payments(client->database, no_deadline(), &merchant, (enum mode)draw(2),
                                 &listing, payments, &count);
    turns_end("its answer");
    say("   %d, %zu\n", (int)result, count);
    for (size_t i = 0; i < count && result == STORE_OK; i++) {
        say_payment(&payments[i].payment);
        say("   metadata %s\n", payments[i].metadata != NULL ? payments[i].metadata : "none");
        for (size_t j = 0; j < payments[i].refund_count; j++)
            say_refund(&payments[i].refunds[j]);
    }
    full_payments_free(payments, PAGE_RECORDS_MAX);
}

static void
list_refunds(struct client *client)
{
    struct full_refund *refunds = calloc(PAGE_RECORDS_MAX, sizeof *refunds);
    struct refund_listing listing = {.page = any_page(), .status = (int)draw(4) - 1};
    const struct identifier merchant = any_merchant();
    size_t count = 0;
    enum store_result result;

    if (refunds == NULL)
        abort();
    if (any_payment() != NULL && draw_one_in(2)) {
        listing.has_payment = true;
        listing.payment_id = any_payment()->id;
    }
    say("   list refunds\n");
    result = full_store_refunds(client->database, no_deadline(), &merchant, (enum mode)draw(2),
                                &listing, refunds, &count);
    turns_end("its answer");
    say("   %d, %zu\n", (int)result, count);
    for (size_t i = 0; i < count && result == STORE_OK; i++) {
        say_refund(&refunds[i].refund);
        say("   metadata %s\n", refunds[i].metadata != NULL ? refunds[i].metadata : "none");
    }
    full_refunds_free(refunds, PAGE_RECORDS_MAX);
}

static struct api_key_hash
hash_of(uint64_t number)
{
    struct api_key_hash hash;
    char text[32];

    snprintf(text, sizeof text, "sk_test_%d", (int)number);
    if (!api_key_hash(text, &hash))
        abort();
    return hash;
}

static void
find_credentials(struct client *client)
{
    struct credential_search searches[GROUP_MAX];
    size_t count = draw_one_in(2) ? 1 : 1 + (size_t)draw(GROUP_MAX);

    for (size_t i = 0; i < count; i++)
        searches[i] = (struct credential_search){.hash = hash_of(draw(KEYS + 1))};
    say("   find %zu credentials\n", count);
    credential_store_find(client->database, no_deadline(), searches, count);
    turns_end("its answer");
    for (size_t i = 0; i < count; i++) {
        say("   %d", (int)searches[i].result);
        if (searches[i].result == STORE_OK) {
            say_id(&searches[i].credential.merchant_id);
            say(" %s [%s]", mode_name(searches[i].credential.mode),
                searches[i].credential.processor);
        }
        say("\n");
    }
}

void
calls_look(struct client *client)
{
    switch (draw(5)) {
    case 0:
        find_payments(client);
        break;
    case 1:
        find_refund(client);
        break;
    case 2:
        list_payments(client);
        break;
    case 3:
        list_refunds(client);
        break;
    default:
        find_credentials(client);
        break;
    }
}

static struct audit_entry
entry_of(const struct client *client, const char *act)
{
    return (struct audit_entry){
        .id = new_id(client->wall),
        .done_at = client->wall,
        .system_user =
            "somebody whose name is longer than the sixty-four characters that fit there",
        .act = act,
        .object = "it",
        .reason = draw_one_in(2) ? "so it is" : NULL,
    };
}

static void
resolve(struct client *client)
{
    const struct payment *payment = any_payment();
    const struct refund *refund = any_refund();
    const struct audit_entry entry = entry_of(client, "resolve");
    struct attempt attempt;
    struct resolution resolution = {
        .is_refund = refund != NULL && draw_one_in(2),
        .succeeded = draw_one_in(2),
        .reference = draw_one_in(2) ? "ch_2" : "",
        .attempt = &attempt,
        .entry = &entry,
        .now = client->wall,
    };
    enum store_result result;

    make_attempts(client->wall, &attempt, 1);
    resolution.id = resolution.is_refund                  ? refund->id
                    : payment != NULL && !draw_one_in(10) ? payment->id
                                                          : new_id(client->wall);
    say("   resolve a %s\n", resolution.is_refund ? "refund" : "payment");
    result = resolution_store_resolve(client->database, no_deadline(), &resolution);
    turns_end("its answer");
    say("   %d, %d\n", (int)result, (int)resolution.finding);
}

void
calls_administer(struct client *client)
{
    const struct audit_entry entry = entry_of(client, "administer");
    const struct identifier merchant = any_merchant();
    const struct identifier key = draw_one_in(10) ? merchant : key_ids[draw(KEYS)];
    char processor[PROCESSOR_NAME_SIZE];
    enum store_result result;

    switch (draw(10)) {
    case 0:
        say("   disable\n");
        result = merchant_store_disable(client->database, no_deadline(), &merchant, &entry);
        break;
    case 1:
        say("   enable\n");
        result = merchant_store_enable(client->database, no_deadline(), &merchant, &entry);
        break;
    case 2:
        say("   set a processor\n");
        result = merchant_store_set_processor(client->database, no_deadline(), &merchant,
                                              (enum mode)draw(2), draw_one_in(2) ? "stripe" : NULL,
                                              &entry);
        break;
    case 3:
        processor[0] = '\0';
        result = merchant_store_processor(client->database, no_deadline(), &merchant,
                                          (enum mode)draw(2), processor);
        say("   the processor is [%s]\n", processor);
        break;
    case 4:
        say("   set events\n");
        result = merchant_store_set_events(client->database, no_deadline(), &merchant,
                                           (enum mode)draw(2), draw_one_in(2), &entry);
        break;
    case 5:
        say("   revoke\n");
        result = api_key_store_revoke(client->database, no_deadline(), &key, &entry);
        break;
    default:
        resolve(client);
        return;
    }
    turns_end("its answer");
    say("   %d\n", (int)result);
}

void
calls_prepare(struct client *client)
{
    client->wall = INT64_C(1759999999999);
    for (uint64_t i = 0; i < MERCHANTS; i++) {
        const struct identifier id = merchant_id(i);
        const struct audit_entry entry = entry_of(client, "merchant create");

        say("   %d\n", (int)merchant_store_insert(client->database, no_deadline(), &id,
                                                  "a merchant", client->wall, &entry));
    }
    for (int mode = MODE_TEST; mode <= MODE_LIVE; mode++) {
        const struct identifier id = merchant_id(draw(MERCHANTS));
        const struct audit_entry entry = entry_of(client, "merchant events");

        say("   %d\n", (int)merchant_store_set_events(client->database, no_deadline(), &id,
                                                      (enum mode)mode, true, &entry));
    }
    for (uint64_t i = 0; i < KEYS; i++) {
        const struct audit_entry entry = entry_of(client, "key create");
        const struct new_api_key key = {
            .id = key_ids[i] = new_id(client->wall),
            .merchant_id = merchant_id(i % MERCHANTS),
            .hash = hash_of(i),
            .mode = draw_one_in(2) ? MODE_LIVE : MODE_TEST,
            .prefix = "sk_test_abcd",
            .label = draw_one_in(2) ? "a label" : NULL,
            .created_at = client->wall,
            .expires_at = draw_one_in(3) ? client->wall + (int64_t)draw(100000) : 0,
        };

        say("   %d\n", (int)api_key_store_insert(client->database, no_deadline(), &key, &entry));
    }
}
