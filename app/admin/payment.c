/*
 * payment-admin payment: list, show, resolve.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "admin/filter.h"
#include "admin/record_sheet.h"
#include "domain/payment.h"
#include "store/resolution_store.h"

/* What stays processing, payments and refunds, the oldest first. */
static enum store_result
list_unresolved(const struct admin *admin, struct ledger_filter *filter)
{
    struct record_sheet sheet;
    enum store_result result;

    filter->unresolved = true;
    filter->newest_first = false;
    record_sheet_begin(&sheet, admin_format(admin), RECORD_UNRESOLVED, "unresolved");
    result = ledger_store_payments(admin->database, filter, record_sheet_row, &sheet);
    if (result == STORE_OK)
        result = ledger_store_refunds(admin->database, filter, record_sheet_row, &sheet);
    sheet_end(&sheet.sheet);
    return result;
}

enum admin_exit
payment_list(struct admin *admin)
{
    struct filter_texts texts;
    struct ledger_filter filter;
    struct record_sheet sheet;
    enum store_result result;

    if (!filter_take(admin, &filter, &texts))
        return ADMIN_REFUSED;
    if (admin->unresolved) {
        result = list_unresolved(admin, &filter);
    } else {
        record_sheet_begin(&sheet, admin_format(admin), RECORD_PAYMENT, "payments");
        result = ledger_store_payments(admin->database, &filter, record_sheet_row, &sheet);
        sheet_end(&sheet.sheet);
    }
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "payment");
}

/* One record in text: a line a column that is not empty. */
static void
print_lines(const struct sheet_column *columns, size_t count, const char *const *cells)
{
    for (size_t i = 0; i < count; i++) {
        if (cells[i] != NULL)
            printf("%-16s %s\n", columns[i].name, cells[i]);
    }
}

/* What is shown of one record. */
struct showing {
    const struct admin *admin;
    struct json_out out;
    bool is_refund; /* of the record; its rows are payments otherwise */
    bool found;
};

static void
show_record(void *arg, const struct ledger_row *row)
{
    struct showing *showing = arg;
    enum record_kind kind = showing->is_refund ? RECORD_REFUND : RECORD_PAYMENT;
    size_t count;
    const struct sheet_column *columns = record_columns(kind, &count);
    struct record_cells cells;

    showing->found = true;
    record_cells(kind, row, &cells);
    if (showing->admin->json) {
        json_out_object(&showing->out, NULL);
        sheet_write_members(&showing->out, columns, count, cells.cells);
    } else {
        print_lines(columns, count, cells.cells);
    }
}

static void
show_attempt(void *arg, const struct ledger_attempt *attempt)
{
    struct showing *showing = arg;

    if (showing->admin->json) {
        json_out_object(&showing->out, NULL);
        json_out_text(&showing->out, "made_at", attempt->made_at);
        json_out_text(&showing->out, "asked", attempt->asked);
        json_out_text(&showing->out, "came", attempt->came);
        json_out_text(&showing->out, "detail", attempt->detail);
        json_out_end(&showing->out);
    } else {
        printf("  %-20s  %-14s  %-10s  %s\n", attempt->made_at, attempt->asked, attempt->came,
               attempt->detail);
    }
}

static void
show_refund(void *arg, const struct ledger_row *row)
{
    struct showing *showing = arg;
    size_t count;
    const struct sheet_column *columns = record_columns(RECORD_REFUND, &count);
    struct record_cells cells;

    record_cells(RECORD_REFUND, row, &cells);
    if (showing->admin->json) {
        json_out_object(&showing->out, NULL);
        sheet_write_members(&showing->out, columns, count, cells.cells);
        json_out_end(&showing->out);
    } else {
        printf("  %s  %s  %-10s  %-9s  %s %s%s%s\n", cells.id, row->created_at, row->status,
               row->origin, row->amount, row->currency,
               row->returned_at != NULL ? "  returned " : "",
               row->returned_at != NULL ? row->returned_at : "");
    }
}

static void
begin_part(struct showing *showing, const char *name, const char *heading)
{
    if (showing->admin->json)
        json_out_array(&showing->out, name);
    else
        printf("%s\n", heading);
}

static void
end_part(struct showing *showing)
{
    if (showing->admin->json)
        json_out_end(&showing->out);
}

/* The id of a payment or a refund; false after a complaint. */
static bool
parse_record(const char *text, struct identifier *id, bool *is_refund)
{
    *is_refund = identifier_parse(IDENTIFIER_REFUND, text, id);
    if (*is_refund || identifier_parse(IDENTIFIER_PAYMENT, text, id))
        return true;
    admin_complain("'%s' is no id of a payment or refund", text);
    return false;
}

enum admin_exit
payment_show(struct admin *admin)
{
    struct showing showing = {.admin = admin, .out = {.file = stdout}};
    struct identifier id;
    const struct ledger_filter itself = {.id = &id, .limit = 1};
    const struct ledger_filter refunds = {.payment_id = &id, .limit = ADMIN_LIMIT_MAX};
    enum store_result result;

    if (!parse_record(admin->argument, &id, &showing.is_refund))
        return ADMIN_REFUSED;
    result = showing.is_refund
                 ? ledger_store_refunds(admin->database, &itself, show_record, &showing)
                 : ledger_store_payments(admin->database, &itself, show_record, &showing);
    if (result == STORE_OK && !showing.found)
        result = STORE_NOT_FOUND;
    if (result != STORE_OK)
        return admin_store_failure(admin, result, showing.is_refund ? "refund" : "payment");
    begin_part(&showing, "attempts", "attempts (when, what was asked, what came)");
    result = ledger_store_attempts(admin->database, &id, show_attempt, &showing);
    end_part(&showing);
    if (!showing.is_refund && result == STORE_OK) {
        begin_part(&showing, "refunds", "refunds");
        result = ledger_store_refunds(admin->database, &refunds, show_refund, &showing);
        end_part(&showing);
    }
    if (admin->json)
        json_out_end(&showing.out);
    return result == STORE_OK ? ADMIN_DONE : admin_store_failure(admin, result, "payment");
}

/* A processor's id of something: what its column holds. */
static bool
check_reference(const char *reference)
{
    size_t length = strlen(reference);

    for (const char *c = reference; *c != '\0'; c++) {
        if (!isgraph((unsigned char)*c))
            length = 0;
    }
    if (length > 0 && length < PROCESSOR_REFERENCE_SIZE)
        return true;
    admin_complain("--reference must be 1 to %d visible ASCII characters",
                   PROCESSOR_REFERENCE_SIZE - 1);
    return false;
}

/* What the options ask for; false after a complaint. */
static bool
take_resolution(const struct admin *admin, struct resolution *resolution)
{
    if (!parse_record(admin->argument, &resolution->id, &resolution->is_refund))
        return false;
    resolution->succeeded = strcmp(admin->status, "succeeded") == 0;
    if (!resolution->succeeded && strcmp(admin->status, "failed") != 0) {
        admin_complain("--status must be succeeded or failed");
        return false;
    }
    resolution->reference = admin->reference != NULL ? admin->reference : "";
    resolution->now = clock_wall_ms();
    return admin->reference == NULL || check_reference(admin->reference);
}

static enum admin_exit
explain_finding(const struct admin *admin, const struct resolution *resolution)
{
    const char *what = resolution->is_refund ? "refund" : "payment";

    switch (resolution->finding) {
    case RESOLUTION_DONE:
        if (admin->json)
            admin_print_json(
                json_pack("{s:s, s:s}", "id", admin->argument, "status", admin->status));
        else
            printf("Resolved %s %s: it %s.\n", what, admin->argument, admin->status);
        return ADMIN_DONE;
    case RESOLUTION_NOT_FOUND:
        return admin_store_failure(admin, STORE_NOT_FOUND, what);
    case RESOLUTION_FINAL:
        admin_complain("the status of this %s is final: 'payment-admin payment show %s' shows it",
                       what, admin->argument);
        return ADMIN_REFUSED;
    case RESOLUTION_AT_WORK:
        admin_complain("the request that made this %s may still be at work: try again later", what);
        return ADMIN_REFUSED;
    }
    return ADMIN_REFUSED;
}

enum admin_exit
payment_resolve(struct admin *admin)
{
    struct attempt attempt = {.asked = "resolve", .detail = "said by an operator; see the audit"};
    struct audit_entry entry;
    struct resolution resolution = {.attempt = &attempt, .entry = &entry};
    char detail[AUDIT_DETAIL_SIZE];
    enum store_result result;

    if (admin->status == NULL || admin->reason == NULL) {
        admin_complain("resolve needs --status succeeded or failed, and --reason");
        return ADMIN_USAGE;
    }
    if (!take_resolution(admin, &resolution))
        return ADMIN_REFUSED;
    snprintf(detail, sizeof detail, "%s%s%s", admin->status,
             admin->reference != NULL ? ", reference " : "", resolution.reference);
    if (!admin_audit(admin, &entry, admin->argument, detail))
        return ADMIN_REFUSED;
    attempt.id = entry.id;
    attempt.made_at = entry.done_at;
    attempt.came = admin->status;
    result = resolution_store_resolve(admin->database, admin_deadline(admin), &resolution);
    return result == STORE_OK ? explain_finding(admin, &resolution)
                              : admin_store_failure(admin, result, "payment");
}
