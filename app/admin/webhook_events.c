/*
 * payment-admin webhook: redeliver, attempts, deliver.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "background/courier.h"
#include "domain/page.h"
#include "store/endpoint_list.h"
#include "store/redelivery_store.h"
#include "store/sending_list.h"

static enum admin_exit
explain_end(const struct admin *admin, const struct redelivery *redelivery)
{
    switch (redelivery->end) {
    case REDELIVERY_ASKED:
        if (admin->json)
            admin_print_json(json_pack("{s:s, s:I}", "id", admin->argument, "deliveries",
                                       (json_int_t)redelivery->count));
        else
            printf("Event %s is due now at %zu endpoints.\n", admin->argument, redelivery->count);
        return ADMIN_DONE;
    case REDELIVERY_NO_EVENT:
    case REDELIVERY_NO_ENDPOINT:
        return admin_store_failure(admin, STORE_NOT_FOUND, "event");
    case REDELIVERY_UNWANTED:
        break;
    }
    admin_complain("no endpoint of its merchant is enabled and wants events of its type");
    return ADMIN_REFUSED;
}

static enum admin_exit
redeliver_event(const struct admin *admin, const struct identifier *id)
{
    struct redelivery redelivery = {.event_id = *id};
    struct audit_entry entry;
    enum store_result result;

    if (admin->since != NULL || admin->until != NULL) {
        admin_complain("--since and --until are for an endpoint, not for one event");
        return ADMIN_USAGE;
    }
    if (!admin_audit(admin, &entry, admin->argument, NULL))
        return ADMIN_REFUSED;
    result =
        endpoint_list_event_owner(admin->database, admin_deadline(admin), id, &redelivery.owner);
    if (result == STORE_OK)
        result = redelivery_store_ask(admin->database, admin_deadline(admin), &redelivery, &entry);
    return result == STORE_OK ? explain_end(admin, &redelivery)
                              : admin_store_failure(admin, result, "event");
}

/* The range that the options name: seconds, the last one not part of it. */
static bool
read_range(const struct admin *admin, struct page *range, char detail[AUDIT_DETAIL_SIZE])
{
    int64_t now = clock_wall_ms(), since_ms = 0, until_ms = now + 1000;
    struct timestamp since, until;
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];

    if (!admin_take_moment("--since", admin->since, &since_ms) ||
        !admin_take_moment("--until", admin->until, &until_ms))
        return false;
    since = (struct timestamp){.seconds = since_ms / 1000};
    until = (struct timestamp){.seconds = until_ms / 1000};
    if (since.seconds >= until.seconds) {
        admin_complain("the time ends before it begins, or has not begun");
        return false;
    }
    page_init(range);
    page_only_created(range, PAGE_GTE, &since);
    page_only_created(range, PAGE_LT, &until);
    clock_format(since.seconds * 1000, first);
    clock_format(until.seconds * 1000, last);
    snprintf(detail, AUDIT_DETAIL_SIZE, "events from %s until %s", first, last);
    return true;
}

static enum admin_exit
redeliver_range(const struct admin *admin, const struct identifier *id)
{
    struct endpoint_owner owner;
    struct page range;
    struct audit_entry entry;
    char detail[AUDIT_DETAIL_SIZE];
    enum store_result result;

    if (admin->since == NULL) {
        admin_complain("give --since DATE: which events are to be sent once more");
        return ADMIN_USAGE;
    }
    if (!read_range(admin, &range, detail) || !admin_audit(admin, &entry, admin->argument, detail))
        return ADMIN_REFUSED;
    result = endpoint_list_owner(admin->database, admin_deadline(admin), id, &owner);
    if (result == STORE_OK)
        result = redelivery_store_ask_range(admin->database, admin_deadline(admin), &owner, id,
                                            &range.after, &range.before, &entry);
    if (result == STORE_REFUSED)
        admin_complain("the endpoint is disabled: 'payment-admin webhook set %s --enable' first",
                       admin->argument);
    if (result != STORE_OK)
        return result == STORE_REFUSED ? ADMIN_REFUSED
                                       : admin_store_failure(admin, result, "webhook endpoint");
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:s}", "id", admin->argument, "asked", detail));
    else
        printf("Endpoint %s is sent once more what it wants of the %s.\n", admin->argument, detail);
    return ADMIN_DONE;
}

enum admin_exit
webhook_redeliver(struct admin *admin)
{
    struct identifier id;

    if (identifier_parse(IDENTIFIER_EVENT, admin->argument, &id))
        return redeliver_event(admin, &id);
    if (identifier_parse(IDENTIFIER_ENDPOINT, admin->argument, &id))
        return redeliver_range(admin, &id);
    return admin_store_failure(admin, STORE_NOT_FOUND, "event or webhook endpoint");
}

static const struct sheet_column columns[] = {
    {.name = "attempted_at", .width = 20},
    {.name = "endpoint", .width = 29},
    {.name = "event", .width = 30},
    {.name = "status", .width = 6, .is_number = true},
    {.name = "milliseconds", .width = 12, .is_number = true},
    {.name = "state", .width = 9},
    {.name = "answer", .width = 20},
};

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

/* What an endpoint answers is not to move the terminal's cursor. */
static void
calm(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        bool is_c1 = c[0] == 0xc2 && c[1] < 0xa0; /* U+0080 to U+009F */

        if (is_c1)
            *c++ = ' ';
        if (is_c1 || *c < ' ' || *c == 0x7f)
            *c = ' ';
    }
}

static void
show_attempt(void *arg, const struct sending *sending)
{
    struct sheet *sheet = arg;
    char endpoint[IDENTIFIER_TEXT_SIZE], event[IDENTIFIER_TEXT_SIZE];
    char attempted_at[CLOCK_TEXT_SIZE], status[24], milliseconds[24], answer[SENDING_ANSWER_SIZE];
    const char *cells[COLUMN_COUNT] = {
        attempted_at, endpoint,
        event,        sending->status != 0 ? status : NULL,
        milliseconds, sending->state[0] != '\0' ? sending->state : NULL,
        answer,
    };

    identifier_format(IDENTIFIER_ENDPOINT, &sending->endpoint_id, endpoint);
    identifier_format(IDENTIFIER_EVENT, &sending->event_id, event);
    clock_format(sending->attempted_at, attempted_at);
    snprintf(status, sizeof status, "%" PRId64, sending->status);
    snprintf(milliseconds, sizeof milliseconds, "%" PRId64, sending->milliseconds);
    strcpy(answer, sending->answer);
    if (sheet->format == SHEET_TABLE)
        calm(answer);
    sheet_row(sheet, cells);
}

/* Of an endpoint that was deleted, too: its attempts are kept. */
enum admin_exit
webhook_attempts(struct admin *admin)
{
    enum sending_of of = SENDINGS_OF_EVENT;
    struct identifier id;
    struct sheet sheet;
    int64_t limit;
    enum store_result result;

    if (!admin_limit(admin, &limit))
        return ADMIN_REFUSED;
    if (!identifier_parse(IDENTIFIER_EVENT, admin->argument, &id)) {
        of = SENDINGS_OF_ENDPOINT;
        if (!identifier_parse(IDENTIFIER_ENDPOINT, admin->argument, &id))
            return admin_store_failure(admin, STORE_NOT_FOUND, "event or webhook endpoint");
    }
    sheet_begin(&sheet, admin_format(admin), "attempts", columns, COLUMN_COUNT);
    result = sending_list_show(admin->database, admin_deadline(admin), of, &id, limit, show_attempt,
                               &sheet);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "event");
    sheet_end(&sheet);
    return ADMIN_DONE;
}

enum admin_exit
webhook_deliver(struct admin *admin)
{
    size_t count = 0;

    if (!admin->once) {
        admin_complain("webhook deliver needs --once: a pool with webhooks does it all the time."
                       " Try 'payment-admin --help'.");
        return ADMIN_USAGE;
    }
    if (!courier_run_once(&admin->config, admin_group(admin), &count)) {
        admin_complain("the database cannot be reached or used; the log of the configuration says"
                       " why");
        return ADMIN_UNAVAILABLE;
    }
    if (admin->json)
        admin_print_json(json_pack("{s:I}", "sent", (json_int_t)count));
    else
        printf("Sent %zu deliveries.\n", count);
    return ADMIN_DONE;
}
