/*
 * payment-admin report: how many payments and refunds, and how much, by day, mode, currency and
 * status.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "admin/filter.h"
#include "admin/sheet.h"
#include "admin/walk.h"
#include "domain/total.h"
#include "store/ledger_pages.h"

#define REPORT_PAGE 20000 /* records that one statement sums */
#define ROWS_AT_FIRST 256

static const struct sheet_column columns[] = {
    {.name = "day", .width = 10},
    {.name = "mode", .width = 4},
    {.name = "currency", .width = 8},
    {.name = "status", .width = 10},
    {.name = "payments", .width = 9, .is_number = true},
    {.name = "payments_amount", .width = 15, .is_number = true},
    {.name = "refunds", .width = 9, .is_number = true},
    {.name = "refunds_amount", .width = 15, .is_number = true},
};

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

struct report_key {
    char day[11];
    char mode[8];
    char currency[4];
    char status[16];
};

struct report_row {
    struct report_key key; /* first: rows are compared by it */
    uint64_t counts[2];    /* of payments, of refunds */
    struct total amounts[2];
};

struct report {
    struct report_row *rows; /* owned */
    size_t count;
    size_t room;
    bool broken; /* a sum that no program of ours makes */
    bool full;   /* no memory */
};

static int
compare(const void *a, const void *b)
{
    const struct report_key *left = a;
    const struct report_key *right = b;
    int order = strcmp(left->day, right->day);

    if (order == 0)
        order = strcmp(left->mode, right->mode);
    if (order == 0)
        order = strcmp(left->currency, right->currency);
    return order != 0 ? order : strcmp(left->status, right->status);
}

/* Sorts the rows, and makes one of those that have the key in common. */
static void
merge(struct report *report)
{
    size_t last = 0;

    if (report->count == 0)
        return;
    qsort(report->rows, report->count, sizeof *report->rows, compare);
    for (size_t i = 1; i < report->count; i++) {
        struct report_row *row = &report->rows[i];

        if (compare(&report->rows[last], row) != 0) {
            report->rows[++last] = *row;
            continue;
        }
        for (int k = 0; k < 2; k++) {
            report->rows[last].counts[k] += row->counts[k];
            total_add(&report->rows[last].amounts[k], &row->amounts[k]);
        }
    }
    report->count = last + 1;
}

/* Room for one row more: what can be merged is, and at least half of the room is free then. */
static bool
make_room(struct report *report)
{
    size_t room = report->room > 0 ? 2 * report->room : ROWS_AT_FIRST;
    struct report_row *rows;

    if (report->count < report->room)
        return true;
    merge(report);
    if (report->room > 0 && report->count <= report->room / 2)
        return true;
    rows = realloc(report->rows, room * sizeof *rows);
    if (rows == NULL)
        return false;
    report->rows = rows;
    report->room = room;
    return true;
}

static void
add_sum(void *arg, const struct ledger_sum *sum)
{
    struct report *report = arg;
    int kind = sum->of_refunds ? 1 : 0;
    struct report_row row = {.counts = {0}};

    if (!make_room(report)) {
        report->full = true;
        return;
    }
    snprintf(row.key.day, sizeof row.key.day, "%s", sum->day);
    snprintf(row.key.mode, sizeof row.key.mode, "%s", sum->mode);
    snprintf(row.key.currency, sizeof row.key.currency, "%s", sum->currency);
    snprintf(row.key.status, sizeof row.key.status, "%s", sum->status);
    row.counts[kind] = strtoull(sum->count, NULL, 10);
    if (currency_of_record(row.key.currency) == NULL ||
        !total_add_text(&row.amounts[kind], sum->amount))
        report->broken = true;
    else
        report->rows[report->count++] = row;
}

static void
show(const struct admin *admin, const struct report *report)
{
    char counts[2][24];
    char amounts[2][TOTAL_TEXT_SIZE];
    struct sheet sheet;

    sheet_begin(&sheet, admin_format(admin), "totals", columns, COLUMN_COUNT);
    for (size_t i = 0; i < report->count; i++) {
        const struct report_row *row = &report->rows[i];
        const char *const cells[COLUMN_COUNT] = {
            row->key.day, row->key.mode, row->key.currency, row->key.status,
            counts[0],    amounts[0],    counts[1],         amounts[1],
        };

        for (int k = 0; k < 2; k++) {
            snprintf(counts[k], sizeof counts[k], "%" PRIu64, row->counts[k]);
            total_format(&row->amounts[k], currency_of_record(row->key.currency), amounts[k]);
        }
        sheet_row(&sheet, cells);
    }
    sheet_end(&sheet);
}

static enum store_result
read_sums(const struct walk *walk, const struct ledger_page *page, bool *ends)
{
    struct report *report = walk->arg;
    enum store_result result = ledger_pages_sum(walk->admin->database, admin_deadline(walk->admin),
                                                walk->filter, page, add_sum, report);

    *ends = report->full || report->broken;
    return result;
}

enum admin_exit
report(struct admin *admin)
{
    struct filter_texts texts;
    struct ledger_filter filter;
    struct report report = {.count = 0};
    const struct walk walk = {.admin = admin,
                              .filter = &filter,
                              .page_size = REPORT_PAGE,
                              .page = read_sums,
                              .arg = &report};
    enum admin_exit status = ADMIN_REFUSED;
    enum store_result result;

    if (!filter_take(admin, &filter, &texts))
        return ADMIN_REFUSED;
    result = walk_ledger(&walk);
    if (result != STORE_OK) {
        status = admin_store_failure(admin, result, "record");
    } else if (report.full || report.broken) {
        admin_complain(report.full ? "no memory" : "a row that no program of this version writes");
    } else {
        merge(&report);
        show(admin, &report);
        status = ADMIN_DONE;
    }
    free(report.rows);
    return status;
}
