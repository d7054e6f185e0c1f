/*
 * payment-admin reconcile --since: what processors say of a time is held against our records, both
 * ways. It reads only.
 *
 * Each page of a processor's list is held against our records; then what succeeded here and was on
 * no page is asked about by itself, so that one that was made meanwhile is no difference.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/differences.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/asking.h"
#include "admin/our_record.h"
#include "admin/sheet.h"
#include "admin/walk.h"
#include "processor/selection.h"

/* Clocks differ, and a call may be late: from so long before, to so long after. */
#define BEFORE_MS (INT64_C(5) * 60 * 1000)
#define AFTER_MS (INT64_C(24) * 3600 * 1000)

#define PAGES_MAX 1000000 /* of one processor's lists */
#define RECORDS_PAGE 5000 /* of ours, in one statement */
#define SIDE_SIZE 64      /* "100.00 USD succeeded" */

static const struct sheet_column columns[] = {
    {.name = "processor", .width = 12}, {.name = "difference", .width = 13},
    {.name = "type", .width = 7},       {.name = "id", .width = 33},
    {.name = "reference", .width = 28}, {.name = "here", .width = 26},
    {.name = "there", .width = 26},
};

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

/* A growing list of records. */
struct records {
    struct record {
        struct identifier id; /* first: they are compared by it */
        bool is_refund;
    } * rows; /* owned */
    size_t count, room;
};

struct comparing {
    const struct admin *admin;
    struct asking asking;
    struct processors processors;
    const struct processor *processor; /* whose list it is */
    struct processor_listing listing;
    struct ledger_filter filter; /* of our records: since and until */
    struct records seen;         /* on a page, as succeeded or with a difference */
    struct records missing;      /* succeeded here, and on no page */
    struct sheet sheet;
    size_t differences;
};

static bool
add_record(struct records *records, const struct identifier *id, bool is_refund)
{
    if (records->count == records->room) {
        size_t room = records->room > 0 ? 2 * records->room : 256;
        struct record *rows = realloc(records->rows, room * sizeof *rows);

        if (rows == NULL) {
            admin_complain("no memory");
            return false;
        }
        records->rows = rows;
        records->room = room;
    }
    records->rows[records->count++] = (struct record){.id = *id, .is_refund = is_refund};
    return true;
}

static int
compare_ids(const void *a, const void *b)
{
    return memcmp(((const struct record *)a)->id.bytes, ((const struct record *)b)->id.bytes,
                  IDENTIFIER_SIZE);
}

static void
format_listed(const struct processor_listed *listed, char text[SIDE_SIZE])
{
    char amount[MONEY_TEXT_SIZE] = "?";

    if (listed->currency != NULL)
        money_format(listed->amount, listed->currency, amount);
    snprintf(text, SIDE_SIZE, "%s %s %s", amount,
             listed->currency != NULL ? listed->currency->code : "?",
             listed->says == NOTICE_SAYS_OTHER ? "open" : notice_word_name(listed->says));
}

/* One row. record: ours; there: what the processor says. */
static void
show(struct comparing *comparing, const char *difference, bool is_refund,
     const struct our_record *record, const char *reference, const char *there)
{
    char id[IDENTIFIER_TEXT_SIZE] = "";
    char here[SIDE_SIZE] = "";
    const char *cells[COLUMN_COUNT] = {comparing->processor->name, difference,
                                       is_refund ? "refund" : "payment"};

    if (record->is_found) {
        identifier_format(is_refund ? IDENTIFIER_REFUND : IDENTIFIER_PAYMENT, &record->id, id);
        snprintf(here, sizeof here, "%s %s %s", record->amount, record->currency,
                 record->is_returned ? "returned" : record->status);
        cells[3] = id;
        cells[5] = here;
    }
    cells[4] = reference[0] != '\0' ? reference : NULL;
    cells[6] = there;
    sheet_row(&comparing->sheet, cells);
    comparing->differences++;
}

/* Our record of what is listed, and of a refund's payment. What belongs to another account is none.
 */
static enum store_result
find_records(const struct comparing *comparing, const struct processor_listed *listed,
             struct our_record *record, struct our_record *of_payment)
{
    bool is_refund = listed->subject == NOTICE_REFUND;
    enum store_result result = STORE_OK;

    *record = *of_payment = (struct our_record){.is_found = false};
    if (listed->has_record)
        result = our_record_find(comparing->admin, is_refund, &listed->record_id, record);
    if (result == STORE_OK && is_refund && listed->has_payment)
        result = our_record_find(comparing->admin, false, &listed->payment_id, of_payment);
    /* One that failed here and was made all the same is on record as another one. */
    if (result == STORE_OK && is_refund && listed->has_payment &&
        (!record->is_found || strcmp(record->status, "failed") == 0)) {
        struct our_record other;

        result = our_record_find_refund(comparing->admin, &listed->payment_id, listed->reference,
                                        &other);
        if (other.is_found)
            *record = other;
    }
    if (record->is_found && !our_record_is_of(record, comparing->processor))
        *record = (struct our_record){.is_found = false};
    return result;
}

static bool
hold_against(struct comparing *comparing, const struct processor_listed *listed)
{
    const struct ledger_filter *filter = &comparing->filter;
    struct our_record record, of_payment;
    enum store_result result = find_records(comparing, listed, &record, &of_payment);
    const char *difference = NULL;
    char there[SIDE_SIZE];

    if (result != STORE_OK) {
        (void)admin_store_failure(comparing->admin, result, "record");
        return false;
    }
    difference = our_record_difference(listed, &record, &of_payment);
    /* What is older or younger than was asked for was only read to find ours in it. */
    if (!record.is_found &&
        (listed->created_at < filter->since || listed->created_at >= filter->until))
        difference = NULL;
    if (difference != NULL) {
        format_listed(listed, there);
        show(comparing, difference, listed->subject == NOTICE_REFUND, &record, listed->reference,
             there);
    }
    return !record.is_found || (listed->says != NOTICE_SAYS_SUCCEEDED && difference == NULL) ||
           add_record(&comparing->seen, &record.id, record.is_refund);
}

/* All that one processor lists. False after a complaint. */
static bool
read_list(struct comparing *comparing)
{
    struct processor_listing *listing = &comparing->listing;
    struct processor_job *job = &comparing->asking.call.job;

    *listing = (struct processor_listing){
        .since = comparing->filter.since > BEFORE_MS ? comparing->filter.since - BEFORE_MS : 0,
        .until = comparing->filter.until + AFTER_MS,
    };
    for (int page = 0; page < PAGES_MAX && !listing->has_ended; page++) {
        processor_job_init(job, PROCESSOR_LIST, comparing->processor, NULL, NULL);
        job->listing = listing;
        if (!asking_carry_out(&comparing->asking) || job->outcome.result != PROCESSOR_SUCCEEDED) {
            admin_complain("[processor %s] did not say all: %s", comparing->processor->name,
                           job->outcome.detail);
            return false;
        }
        for (size_t i = 0; i < listing->count; i++) {
            if (!hold_against(comparing, &listing->objects[i]))
                return false;
        }
    }
    return true;
}

/* What a page of our records holds that was on no page there. */
struct looking {
    struct comparing *comparing;
    bool is_full; /* no memory */
};

static void
look_at_record(void *arg, const struct ledger_row *row)
{
    struct looking *looking = arg;
    struct comparing *comparing = looking->comparing;
    const struct record itself = {.id = row->id};
    struct our_record record;

    our_record_take(&record, row);
    if (strcmp(record.status, "succeeded") != 0 || record.is_returned ||
        (comparing->seen.count > 0 && bsearch(&itself, comparing->seen.rows, comparing->seen.count,
                                              sizeof itself, compare_ids) != NULL))
        return;
    for (size_t i = 0; i < comparing->processors.count; i++) {
        const struct processor *processor = &comparing->processors.instances[i];

        if (processor->type->has_effects && our_record_is_of(&record, processor) &&
            !add_record(&comparing->missing, &row->id, row->is_refund))
            looking->is_full = true;
    }
}

static enum store_result
look_at_page(const struct walk *walk, const struct ledger_page *page, bool *ends)
{
    struct looking *looking = walk->arg;
    enum store_result result = ledger_pages_read(walk->admin->database, admin_deadline(walk->admin),
                                                 walk->filter, page, look_at_record, looking);

    *ends = looking->is_full;
    return result;
}

/* The job that looks for a record of ours. False when there cannot be one. */
static bool
make_job(struct comparing *comparing, const struct our_record *record, struct payment *payment,
         struct refund *refund)
{
    struct our_record of_payment = *record;

    comparing->processor =
        processor_named(&comparing->processors, record->processor,
                        strcmp(record->mode, mode_name(MODE_LIVE)) == 0 ? MODE_LIVE : MODE_TEST);
    if (comparing->processor == NULL)
        return false;
    if (record->is_refund &&
        our_record_find(comparing->admin, false, &record->payment_id, &of_payment) != STORE_OK)
        return false;
    if (!our_record_payment(&of_payment, payment) ||
        (record->is_refund && !our_record_refund(record, payment->currency, refund)))
        return false;
    processor_job_init(&comparing->asking.call.job,
                       record->is_refund ? PROCESSOR_FIND_REFUND : PROCESSOR_FIND_PAYMENT,
                       comparing->processor, payment, record->is_refund ? refund : NULL);
    return true;
}

/* False after a complaint. */
static bool
ask_about(struct comparing *comparing, const struct record *missing)
{
    const struct processor_outcome *outcome = &comparing->asking.call.job.outcome;
    struct our_record record;
    struct payment payment;
    struct refund refund;
    enum store_result result =
        our_record_find(comparing->admin, missing->is_refund, &missing->id, &record);

    if (result != STORE_OK || !record.is_found ||
        !make_job(comparing, &record, &payment, &refund)) {
        admin_complain("a record that was there cannot be read: %s",
                       database_error(comparing->admin->database));
        return false;
    }
    if (!asking_carry_out(&comparing->asking) || outcome->result == PROCESSOR_NOT_SENT) {
        admin_complain("[processor %s] did not say all: %s", record.processor, outcome->detail);
        return false;
    }
    if (outcome->result != PROCESSOR_SUCCEEDED)
        show(comparing, outcome->result == PROCESSOR_DECLINED ? "other status" : "not there",
             record.is_refund, &record, record.reference, outcome->detail);
    return true;
}

static bool
read_records(struct comparing *comparing)
{
    struct looking looking = {.comparing = comparing};
    const struct walk walk = {.admin = comparing->admin,
                              .filter = &comparing->filter,
                              .page_size = RECORDS_PAGE,
                              .rows_come = true,
                              .page = look_at_page,
                              .arg = &looking};
    enum store_result result;

    if (comparing->seen.count > 0)
        qsort(comparing->seen.rows, comparing->seen.count, sizeof comparing->seen.rows[0],
              compare_ids);
    result = walk_ledger(&walk);
    if (result != STORE_OK)
        (void)admin_store_failure(comparing->admin, result, "record");
    return result == STORE_OK && !looking.is_full;
}

/* False after a complaint: then what has been shown is not all. */
static bool
compare_all(struct comparing *comparing)
{
    for (size_t i = 0; i < comparing->processors.count; i++) {
        comparing->processor = &comparing->processors.instances[i];
        if (comparing->processor->type->has_effects && !read_list(comparing))
            return false;
    }
    if (!read_records(comparing))
        return false;
    for (size_t i = 0; i < comparing->missing.count; i++) {
        if (!ask_about(comparing, &comparing->missing.rows[i]))
            return false;
    }
    return true;
}

enum admin_exit
differences_show(struct admin *admin)
{
    struct comparing *comparing = calloc(1, sizeof *comparing);
    int64_t now = clock_wall_ms();
    enum admin_exit status = ADMIN_REFUSED;

    if (comparing == NULL) {
        admin_complain("no memory");
        return ADMIN_REFUSED;
    }
    comparing->admin = admin;
    processors_init(&comparing->processors, &admin->config);
    if (!asking_open(&comparing->asking, admin)) {
        admin_complain("no memory, or no descriptor");
    } else if (admin_range(admin, &comparing->filter.since, &comparing->filter.until)) {
        if (comparing->filter.until > now)
            comparing->filter.until = now;
        sheet_begin(&comparing->sheet, admin_format(admin), "differences", columns, COLUMN_COUNT);
        if (compare_all(comparing))
            status = comparing->differences == 0 ? ADMIN_DONE : ADMIN_DIFFERENT;
        sheet_end(&comparing->sheet);
    }
    asking_close(&comparing->asking);
    free(comparing->seen.rows);
    free(comparing->missing.rows);
    free(comparing);
    return status;
}
