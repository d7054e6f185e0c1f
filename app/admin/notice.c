/*
 * payment-admin notice: list what processors told.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
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
