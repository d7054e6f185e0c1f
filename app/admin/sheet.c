/*
 * A sheet: rows under named columns, as a table, CSV or JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/sheet.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "domain/payment.h"

#define HEADING_SIZE 32

/* The last text of a row is not filled up; widths are characters, not bytes. */
static void
write_table_cell(const struct sheet_column *column, const char *text, bool is_last)
{
    int missing = column->width - (int)utf8_length(text);

    if (missing < 0)
        missing = 0;
    if (column->is_number)
        printf("%*s%s", missing, "", text);
    else
        printf("%s%*s", text, is_last ? 0 : missing, "");
    if (!is_last)
        fputs("  ", stdout);
}

static void
write_table_row(const struct sheet *sheet, const char *const *cells)
{
    size_t last = 0;

    for (size_t i = 0; i < sheet->count; i++)
        last = sheet->columns[i].width > 0 ? i : last;
    for (size_t i = 0; i <= last; i++) {
        if (sheet->columns[i].width > 0)
            write_table_cell(&sheet->columns[i], cells[i] != NULL ? cells[i] : "-", i == last);
    }
    putchar('\n');
}

/*
 * What spreadsheets would run as a formula gets an apostrophe in front, which they show as the
 * text behind it. Numbers are ours, and none begins so.
 */
static void
write_csv_cell(const struct sheet_column *column, const char *text)
{
    bool is_formula =
        !column->is_number && text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL;

    if (!is_formula && strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    if (is_formula)
        putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void
write_csv_row(const struct sheet *sheet, const char *const *cells)
{
    for (size_t i = 0; i < sheet->count; i++) {
        if (i > 0)
            putchar(',');
        write_csv_cell(&sheet->columns[i], cells[i] != NULL ? cells[i] : "");
    }
    fputs("\r\n", stdout);
}

void
sheet_write_members(struct json_out *out, const struct sheet_column *columns, size_t count,
                    const char *const *cells)
{
    for (size_t i = 0; i < count; i++) {
        if (columns[i].is_number)
            json_out_number(out, columns[i].name, cells[i]);
        else
            json_out_text(out, columns[i].name, cells[i]);
    }
}

static void
write_json_row(struct sheet *sheet, const char *const *cells)
{
    json_out_object(&sheet->out, NULL);
    sheet_write_members(&sheet->out, sheet->columns, sheet->count, cells);
    json_out_end(&sheet->out);
}

static void
write_headings(struct sheet *sheet)
{
    const char *cells[SHEET_COLUMNS_MAX] = {NULL};
    char headings[SHEET_COLUMNS_MAX][HEADING_SIZE];

    for (size_t i = 0; i < sheet->count; i++) {
        snprintf(headings[i], sizeof headings[i], "%s", sheet->columns[i].name);
        for (char *c = headings[i]; *c != '\0' && sheet->format == SHEET_TABLE; c++)
            *c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
        cells[i] = headings[i];
    }
    sheet_row(sheet, cells);
}

void
sheet_begin(struct sheet *sheet, enum sheet_format format, const char *name,
            const struct sheet_column *columns, size_t count)
{
    *sheet = (struct sheet){
        .format = format, .columns = columns, .count = count, .out = {.file = stdout}};
    if (format == SHEET_JSON) {
        json_out_object(&sheet->out, NULL);
        json_out_array(&sheet->out, name);
    } else {
        write_headings(sheet);
    }
}

void
sheet_row(struct sheet *sheet, const char *const *cells)
{
    switch (sheet->format) {
    case SHEET_TABLE:
        write_table_row(sheet, cells);
        break;
    case SHEET_CSV:
        write_csv_row(sheet, cells);
        break;
    case SHEET_JSON:
        write_json_row(sheet, cells);
        break;
    }
}

void
sheet_end(struct sheet *sheet)
{
    while (sheet->out.depth > 0)
        json_out_end(&sheet->out);
}
