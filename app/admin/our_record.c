/*
 * Our records, as they are held against what a processor says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/our_record.h"

#include <stdio.h>
#include <string.h>

static void
copy(char *text, size_t size, const char *value)
{
    snprintf(text, size, "%s", value != NULL ? value : "");
}

void
our_record_take(struct our_record *record, const struct ledger_row *row)
{
    *record = (struct our_record){
        .is_found = true,
        .is_refund = row->is_refund,
        .id = row->id,
        .payment_id = row->payment_id,
        .is_returned = row->returned_at != NULL,
    };
    copy(record->processor, sizeof record->processor, row->processor);
    copy(record->mode, sizeof record->mode, row->mode);
    copy(record->status, sizeof record->status, row->status);
    copy(record->amount, sizeof record->amount, row->amount);
    copy(record->currency, sizeof record->currency, row->currency);
    copy(record->source, sizeof record->source, row->source);
    copy(record->reference, sizeof record->reference, row->reference);
}

bool
our_record_is_of(const struct our_record *record, const struct processor *processor)
{
    return strcmp(record->processor, processor->name) == 0 &&
           strcmp(record->mode, mode_name(processor->mode)) == 0;
}

static void
take_one(void *arg, const struct ledger_row *row)
{
    our_record_take(arg, row);
}

enum store_result
our_record_find(const struct admin *admin, bool is_refund, const struct identifier *id,
                struct our_record *record)
{
    const struct ledger_filter filter = {.id = id, .limit = 1};

    *record = (struct our_record){.is_found = false};
    return is_refund ? ledger_store_refunds(admin->database, &filter, take_one, record)
                     : ledger_store_payments(admin->database, &filter, take_one, record);
}

struct search {
    const char *reference;
    struct our_record *record;
};

static void
take_if_it_is(void *arg, const struct ledger_row *row)
{
    const struct search *search = arg;

    if (row->reference != NULL && strcmp(row->reference, search->reference) == 0)
        our_record_take(search->record, row);
}

enum store_result
our_record_find_refund(const struct admin *admin, const struct identifier *payment_id,
                       const char *reference, struct our_record *record)
{
    const struct ledger_filter filter = {.payment_id = payment_id, .limit = ADMIN_LIMIT_MAX};
    struct search search = {.reference = reference, .record = record};

    *record = (struct our_record){.is_found = false};
    return ledger_store_refunds(admin->database, &filter, take_if_it_is, &search);
}

static bool
parse_amount(const struct our_record *record, const struct currency *currency, int64_t *minor)
{
    struct decimal decimal;

    return currency != NULL &&
           decimal_parse(record->amount, strlen(record->amount), &decimal) == MONEY_OK &&
           money_from_decimal(&decimal, currency, minor) == MONEY_OK;
}

bool
our_record_payment(const struct our_record *record, struct payment *payment)
{
    *payment = (struct payment){
        .id = record->id,
        .currency = currency_of_record(record->currency),
        .created_at = identifier_made_at(&record->id),
    };
    copy(payment->source, sizeof payment->source, record->source);
    copy(payment->reference, sizeof payment->reference, record->reference);
    return parse_amount(record, payment->currency, &payment->amount);
}

bool
our_record_refund(const struct our_record *record, const struct currency *currency,
                  struct refund *refund)
{
    *refund = (struct refund){
        .id = record->id,
        .payment_id = record->payment_id,
        .currency = currency,
        .created_at = identifier_made_at(&record->id),
    };
    copy(refund->reference, sizeof refund->reference, record->reference);
    return parse_amount(record, currency, &refund->amount);
}

static bool
has_status(const struct our_record *record, const char *status)
{
    return strcmp(record->status, status) == 0;
}

static bool
is_same_amount(const struct processor_listed *listed, const struct our_record *record)
{
    int64_t minor = 0;

    return listed->currency != NULL && strcmp(listed->currency->code, record->currency) == 0 &&
           parse_amount(record, listed->currency, &minor) && minor == listed->amount;
}

/* A declined one is no difference, and one that was given back makes none. */
static const char *
payment_difference(const struct processor_listed *listed, const struct our_record *record)
{
    switch (listed->says) {
    case NOTICE_SAYS_FAILED:
        return NULL;
    case NOTICE_SAYS_OTHER:
        return record->is_found && !has_status(record, "processing") ? "other status" : NULL;
    case NOTICE_SAYS_SUCCEEDED:
        break;
    }
    if (!record->is_found)
        return "not on record";
    if (has_status(record, "failed"))
        return listed->is_all_back ? NULL : "other status";
    if (has_status(record, "processing"))
        return "other status";
    if (strcmp(record->reference, listed->reference) != 0 && record->reference[0] != '\0')
        return listed->is_all_back ? NULL : "second charge";
    return is_same_amount(listed, record) ? NULL : "other amount";
}

static const char *
refund_difference(const struct processor_listed *listed, const struct our_record *record,
                  const struct our_record *of_payment)
{
    bool stands = has_status(record, "succeeded") && !record->is_returned;

    if (!record->is_found) {
        /* What was charged for a payment that failed here is given back. */
        bool is_given_back = of_payment->is_found && has_status(of_payment, "failed");

        return listed->says == NOTICE_SAYS_SUCCEEDED && !is_given_back ? "not on record" : NULL;
    }
    switch (listed->says) {
    case NOTICE_SAYS_SUCCEEDED:
        if (!stands)
            return "other status";
        return is_same_amount(listed, record) ? NULL : "other amount";
    case NOTICE_SAYS_FAILED:
        return stands || has_status(record, "processing") ? "other status" : NULL;
    case NOTICE_SAYS_OTHER:
        break;
    }
    return has_status(record, "processing") ? NULL : "other status";
}

const char *
our_record_difference(const struct processor_listed *listed, const struct our_record *record,
                      const struct our_record *of_payment)
{
    return listed->subject == NOTICE_REFUND ? refund_difference(listed, record, of_payment)
                                            : payment_difference(listed, record);
}
