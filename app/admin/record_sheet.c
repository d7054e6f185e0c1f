/*
 * Payments and refunds as rows of a sheet.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/record_sheet.h"

#include <string.h>

/* Where a cell comes from. */
enum source {
    ID,
    MERCHANT_ID,
    PAYMENT_ID,
    TYPE,
    MODE,
    AMOUNT,
    REFUNDED,
    CURRENCY,
    STATUS,
    DECLINE,
    PROCESSOR,
    SOURCE,
    DESCRIPTION,
    REFERENCE,
    CREATED_AT,
    DUE_AT,
    LOOK_AT,
    LAST_ATTEMPT,
};

#define COLUMNS_MAX 17

/* One kind of sheet: its columns, and what is in them. */
static const struct kind {
    size_t count;
    struct sheet_column columns[COLUMNS_MAX];
    enum source sources[COLUMNS_MAX];
} kinds[] =
    {
        [RECORD_PAYMENT] =
            {
                .count = 15,
                .columns = {{"id", 30, false},
                            {"merchant_id", 30, false},
                            {"created_at", 20, false},
                            {"mode", 4, false},
                            {"status", 10, false},
                            {"amount", 12, true},
                            {"refunded_amount", 15, true},
                            {"currency", 8, false},
                            {"failure_code", 0, false},
                            {"processor", 9, false},
                            {"source", 0, false},
                            {"reference", 0, false},
                            {"due_at", 0, false},
                            {"look_at", 0, false},
                            {"description", 11, false}},
                .sources = {ID, MERCHANT_ID, CREATED_AT, MODE, STATUS, AMOUNT, REFUNDED, CURRENCY,
                            DECLINE, PROCESSOR, SOURCE, REFERENCE, DUE_AT, LOOK_AT, DESCRIPTION},
            },
        [RECORD_REFUND] =
            {
                .count = 12,
                .columns = {{"id", 33, false},
                            {"payment_id", 30, false},
                            {"merchant_id", 30, false},
                            {"created_at", 20, false},
                            {"mode", 4, false},
                            {"status", 10, false},
                            {"amount", 12, true},
                            {"currency", 8, false},
                            {"processor", 9, false},
                            {"reference", 0, false},
                            {"due_at", 0, false},
                            {"look_at", 0, false}},
                .sources = {ID, PAYMENT_ID, MERCHANT_ID, CREATED_AT, MODE, STATUS, AMOUNT, CURRENCY,
                            PROCESSOR, REFERENCE, DUE_AT, LOOK_AT},
            },
        [RECORD_UNRESOLVED] =
            {
                .count = 12,
                .columns = {{"id", 33, false},
                            {"payment_id", 0, false},
                            {"merchant_id", 30, false},
                            {"created_at", 20, false},
                            {"mode", 4, false},
                            {"amount", 12, true},
                            {"currency", 8, false},
                            {"processor", 9, false},
                            {"reference", 0, false},
                            {"due_at", 0, false},
                            {"look_at", 20, false},
                            {"last_attempt", 12, false}},
                .sources = {ID, PAYMENT_ID, MERCHANT_ID, CREATED_AT, MODE, AMOUNT, CURRENCY,
                            PROCESSOR, REFERENCE, DUE_AT, LOOK_AT, LAST_ATTEMPT},
            },
        [RECORD_ANY] =
            {
                .count = 13,
                .columns = {{"type", 7, false},
                            {"id", 33, false},
                            {"payment_id", 30, false},
                            {"merchant_id", 30, false},
                            {"created_at", 20, false},
                            {"mode", 4, false},
                            {"status", 10, false},
                            {"amount", 12, true},
                            {"currency", 8, false},
                            {"failure_code", 12, false},
                            {"processor", 9, false},
                            {"reference", 30, false},
                            {"description", 11, false}},
                .sources = {TYPE, ID, PAYMENT_ID, MERCHANT_ID, CREATED_AT, MODE,
                            STATUS, AMOUNT, CURRENCY, DECLINE, PROCESSOR, REFERENCE, DESCRIPTION},
            },
};

const struct sheet_column *
record_columns(enum record_kind kind, size_t *count)
{
    *count = kinds[kind].count;
    return kinds[kind].columns;
}

static const char *
cell(enum source source, const struct ledger_row *row, bool is_refund,
     const struct record_cells *cells)
{
    switch (source) {
    case ID:
        return cells->id;
    case MERCHANT_ID:
        return cells->merchant_id;
    case PAYMENT_ID:
        return is_refund ? cells->payment_id : NULL;
    case TYPE:
        return is_refund ? "refund" : "payment";
    case MODE:
        return row->mode;
    case AMOUNT:
        return row->amount;
    case REFUNDED:
        return row->refunded;
    case CURRENCY:
        return row->currency;
    case STATUS:
        return row->status;
    case DECLINE:
        return row->decline;
    case PROCESSOR:
        return row->processor;
    case SOURCE:
        return row->source;
    case DESCRIPTION:
        return row->description;
    case REFERENCE:
        return row->reference;
    case CREATED_AT:
        return row->created_at;
    case DUE_AT:
        return row->due_at;
    case LOOK_AT:
        return row->look_at;
    case LAST_ATTEMPT:
        return row->last_attempt;
    }
    return NULL;
}

void
record_cells(enum record_kind kind, const struct ledger_row *row, bool is_refund,
             struct record_cells *cells)
{
    identifier_format(is_refund ? IDENTIFIER_REFUND : IDENTIFIER_PAYMENT, &row->id, cells->id);
    identifier_format(IDENTIFIER_MERCHANT, &row->merchant_id, cells->merchant_id);
    identifier_format(IDENTIFIER_PAYMENT, &row->payment_id, cells->payment_id);
    for (size_t i = 0; i < kinds[kind].count; i++)
        cells->cells[i] = cell(kinds[kind].sources[i], row, is_refund, cells);
}

void
record_sheet_begin(struct record_sheet *sheet, enum sheet_format format, enum record_kind kind,
                   const char *name)
{
    sheet->kind = kind;
    sheet->is_refund = kind == RECORD_REFUND;
    sheet_begin(&sheet->sheet, format, name, kinds[kind].columns, kinds[kind].count);
}

void
record_sheet_row(void *arg, const struct ledger_row *row)
{
    struct record_sheet *sheet = arg;
    struct record_cells cells;

    record_cells(sheet->kind, row, sheet->is_refund, &cells);
    sheet_row(&sheet->sheet, cells.cells);
}
