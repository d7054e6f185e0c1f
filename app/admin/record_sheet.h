/*
 * Payments and refunds as rows of a sheet.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_RECORD_SHEET_H
#define PAYMENT_API_ADMIN_RECORD_SHEET_H

#include "admin/sheet.h"
#include "domain/identifier.h"
#include "store/ledger_store.h"

enum record_kind {
    RECORD_PAYMENT,
    RECORD_REFUND,
    RECORD_OF_LEDGER,  /* a payment or a refund, for accountants */
    RECORD_UNRESOLVED, /* a payment or a refund, and what was asked about it last */
};

/* The cells of one row, and the texts that they point to. */
struct record_cells {
    const char *cells[SHEET_COLUMNS_MAX];
    char id[IDENTIFIER_TEXT_SIZE];
    char merchant_id[IDENTIFIER_TEXT_SIZE];
    char payment_id[IDENTIFIER_TEXT_SIZE];
};

const struct sheet_column *record_columns(enum record_kind kind, size_t *count);

void record_cells(enum record_kind kind, const struct ledger_row *row, struct record_cells *cells);

/* A sheet of them. */
struct record_sheet {
    struct sheet sheet;
    enum record_kind kind;
};

/* Begins it on standard output; sheet_end() ends its sheet. */
void record_sheet_begin(struct record_sheet *sheet, enum sheet_format format, enum record_kind kind,
                        const char *name);

/* Writes a row; arg is the struct record_sheet. */
ledger_seen record_sheet_row;

#endif
