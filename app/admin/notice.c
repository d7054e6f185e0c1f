/*
 * payment-admin notice: list what processors told, end what has been seen to.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "store/closing_store.h"
#include "store/notice_store.h"

#define LINE "%-20s  %-8s  %-12s  %-30s  %-33s  %-28s  %s\n"

static void
collect_notice(void *arg, const struct notice_row *row)
{
    const char *record = row->record[0] != '\0' ? row->record : NULL;

    json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s}", "received_at",
                                         row->received_at, "state", row->state, "processor",
                                         row->processor, "kind", row->kind, "subject", row->subject,
                                         "record", record, "reference", row->reference, "event",
                                         row->event_id));
}

static void
print_notice(void *arg, const struct notice_row *row)
{
    (void)arg;
    printf(LINE, row->received_at, row->state, row->processor, row->kind,
           row->record[0] != '\0' ? row->record : "-", row->reference, row->event_id);
}

enum admin_exit
notice_list(struct admin *admin)
{
    enum notice_choice choice = admin->unknown ? NOTICES_UNKNOWN
                                : admin->all   ? NOTICES_ALL
                                               : NOTICES_OPEN;
    json_t *list = json_array();
    enum store_result result;

    if (!admin->json)
        printf(LINE, "RECEIVED", "STATE", "PROCESSOR", "KIND", "RECORD", "REFERENCE", "EVENT");
    result = notice_store_list(admin->database, choice, admin->json ? collect_notice : print_notice,
                               list);
    if (result == STORE_OK && admin->json)
        admin_print_json(json_pack("{s:O}", "notices", list));
    json_decref(list);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "notice");
}

static enum admin_exit
close_notice(struct admin *admin, const struct closing *closing)
{
    struct audit_entry entry;
    char detail[AUDIT_DETAIL_SIZE];
    enum store_result result;

    snprintf(detail, sizeof detail, "%s of [processor %s], %s", closing->kind, closing->processor,
             closing->reference);
    if (!admin_audit(admin, &entry, admin->argument, detail))
        return ADMIN_REFUSED;
    result = closing_store_close(admin->database, admin_deadline(admin), closing, &entry);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "notice");
    if (admin->json)
        admin_print_json(json_pack("{s:s, s:s}", "event", admin->argument, "state",
                                   notice_state_name(NOTICE_DONE)));
    else
        printf("Ended notice %s: %s.\n", admin->argument, detail);
    return ADMIN_DONE;
}

/* What no event's id can be is not asked for. */
static enum store_result
find_notice(const struct admin *admin, struct closing *closing)
{
    for (const char *c = admin->argument; *c != '\0'; c++) {
        if (!isgraph((unsigned char)*c))
            return STORE_NOT_FOUND;
    }
    return closing_store_find(admin->database, admin_deadline(admin), admin->argument, closing);
}

enum admin_exit
notice_end(struct admin *admin)
{
    struct closing closing;
    enum store_result result;

    if (admin->reason == NULL) {
        admin_complain("end needs --reason");
        return ADMIN_USAGE;
    }
    result = find_notice(admin, &closing);
    if (result != STORE_OK)
        return admin_store_failure(admin, result, "notice");
    if (strcmp(closing.state, notice_state_name(NOTICE_OPEN)) == 0)
        return close_notice(admin, &closing);
    admin_complain("this notice is not open: it is %s", closing.state);
    return ADMIN_REFUSED;
}
