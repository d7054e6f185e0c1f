/*
 * A sheet: rows under named columns, written as they come: a table for people, CSV or JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_SHEET_H
#define PAYMENT_API_ADMIN_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/json_out.h"

#define SHEET_COLUMNS_MAX 20

enum sheet_format {
    SHEET_TABLE,
    SHEET_CSV, /* RFC 4180; for spreadsheets, see sheet.c */
    SHEET_JSON,
};

struct sheet_column {
    const char *name; /* the member in JSON, the heading in CSV, and in capitals that of a table */
    int width;        /* in a table; 0: it is not in tables */
    bool is_number;   /* its cells are texts of JSON numbers; at the right in a table */
    int key;          /* the caller's own */
};

struct sheet {
    enum sheet_format format;
    const struct sheet_column *columns; /* not owned */
    size_t count;                       /* of columns, up to SHEET_COLUMNS_MAX */
    struct json_out out;
};

/* Begins it on standard output. name is the member that holds the rows in JSON. */
void sheet_begin(struct sheet *sheet, enum sheet_format format, const char *name,
                 const struct sheet_column *columns, size_t count);

/* A row: one cell a column, NULL for none. */
void sheet_row(struct sheet *sheet, const char *const *cells);

void sheet_end(struct sheet *sheet);

/* The members of a row, in an object that is open. */
void sheet_write_members(struct json_out *out, const struct sheet_column *columns, size_t count,
                         const char *const *cells);

#endif
