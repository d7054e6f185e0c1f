/*
 * Payments and refunds as rows of a sheet.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/record_sheet.h"

/* Where a cell comes from: the key of its column. */
enum source {
    KIND,
    ID,
    MERCHANT_ID,
    PAYMENT_ID,
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
    ORIGIN,
    RETURNED_AT,
    DISPUTED_AT,
    ACTION_URL,
    LAST_ATTEMPT,
};

static const struct sheet_column of_payment[] = {
    {"id", 30, false, ID},
    {"merchant_id", 30, false, MERCHANT_ID},
    {"created_at", 20, false, CREATED_AT},
    {"mode", 4, false, MODE},
    {"status", 10, false, STATUS},
    {"amount", 12, true, AMOUNT},
    {"refunded_amount", 15, true, REFUNDED},
    {"currency", 8, false, CURRENCY},
    {"failure_code", 0, false, DECLINE},
    {"processor", 9, false, PROCESSOR},
    {"source", 0, false, SOURCE},
    {"reference", 0, false, REFERENCE},
    {"due_at", 0, false, DUE_AT},
    {"look_at", 0, false, LOOK_AT},
    {"disputed_at", 20, false, DISPUTED_AT},
    {"action_url", 0, false, ACTION_URL},
    {"description", 11, false, DESCRIPTION},
};

static const struct sheet_column of_refund[] = {
    {"id", 33, false, ID},
    {"payment_id", 30, false, PAYMENT_ID},
    {"merchant_id", 30, false, MERCHANT_ID},
    {"created_at", 20, false, CREATED_AT},
    {"mode", 4, false, MODE},
    {"status", 10, false, STATUS},
    {"amount", 12, true, AMOUNT},
    {"currency", 8, false, CURRENCY},
    {"processor", 9, false, PROCESSOR},
    {"origin", 9, false, ORIGIN},
    {"reference", 0, false, REFERENCE},
    {"due_at", 0, false, DUE_AT},
    {"look_at", 0, false, LOOK_AT},
    {"returned_at", 20, false, RETURNED_AT},
};

static const struct sheet_column of_unresolved[] = {
    {"id", 33, false, ID},
    {"payment_id", 0, false, PAYMENT_ID},
    {"merchant_id", 30, false, MERCHANT_ID},
    {"created_at", 20, false, CREATED_AT},
    {"mode", 4, false, MODE},
    {"amount", 12, true, AMOUNT},
    {"currency", 8, false, CURRENCY},
    {"processor", 9, false, PROCESSOR},
    {"reference", 0, false, REFERENCE},
    {"due_at", 0, false, DUE_AT},
    {"look_at", 20, false, LOOK_AT},
    {"last_attempt", 12, false, LAST_ATTEMPT},
};

static const struct sheet_column of_ledger[] = {
    {"type", 0, false, KIND},
    {"id", 0, false, ID},
    {"payment_id", 0, false, PAYMENT_ID},
    {"merchant_id", 0, false, MERCHANT_ID},
    {"created_at", 0, false, CREATED_AT},
    {"mode", 0, false, MODE},
    {"status", 0, false, STATUS},
    {"amount", 0, true, AMOUNT},
    {"currency", 0, false, CURRENCY},
    {"failure_code", 0, false, DECLINE},
    {"processor", 0, false, PROCESSOR},
    {"reference", 0, false, REFERENCE},
    {"returned_at", 0, false, RETURNED_AT},
    {"description", 0, false, DESCRIPTION},
};

#define COLUMNS(array)                                                \
    {                                                                 \
        .columns = (array), .count = sizeof(array) / sizeof(array)[0] \
    }

static const struct {
    const struct sheet_column *columns;
    size_t count;
} kinds[] = {
    [RECORD_PAYMENT] = COLUMNS(of_payment),
    [RECORD_REFUND] = COLUMNS(of_refund),
    [RECORD_OF_LEDGER] = COLUMNS(of_ledger),
    [RECORD_UNRESOLVED] = COLUMNS(of_unresolved),
};

const struct sheet_column *
record_columns(enum record_kind kind, size_t *count)
{
    *count = kinds[kind].count;
    return kinds[kind].columns;
}

static const char *
cell(enum source source, const struct ledger_row *row, const struct record_cells *cells)
{
    switch (source) {
    case KIND:
        return row->is_refund ? "refund" : "payment";
    case ID:
        return cells->id;
    case MERCHANT_ID:
        return cells->merchant_id;
    case PAYMENT_ID:
        return row->is_refund ? cells->payment_id : NULL;
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
    case ORIGIN:
        return row->origin;
    case RETURNED_AT:
        return row->returned_at;
    case DISPUTED_AT:
        return row->disputed_at;
    case ACTION_URL:
        return row->action_url;
    case LAST_ATTEMPT:
        return row->last_attempt;
    }
    return NULL;
}

void
record_cells(enum record_kind kind, const struct ledger_row *row, struct record_cells *cells)
{
    identifier_format(row->is_refund ? IDENTIFIER_REFUND : IDENTIFIER_PAYMENT, &row->id, cells->id);
    identifier_format(IDENTIFIER_MERCHANT, &row->merchant_id, cells->merchant_id);
    identifier_format(IDENTIFIER_PAYMENT, &row->payment_id, cells->payment_id);
    for (size_t i = 0; i < kinds[kind].count; i++)
        cells->cells[i] = cell((enum source)kinds[kind].columns[i].key, row, cells);
}

void
record_sheet_begin(struct record_sheet *sheet, enum sheet_format format, enum record_kind kind,
                   const char *name)
{
    sheet->kind = kind;
    sheet_begin(&sheet->sheet, format, name, kinds[kind].columns, kinds[kind].count);
}

void
record_sheet_row(void *arg, const struct ledger_row *row)
{
    struct record_sheet *sheet = arg;
    struct record_cells cells;

    record_cells(sheet->kind, row, &cells);
    sheet_row(&sheet->sheet, cells.cells);
}
