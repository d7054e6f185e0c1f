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

static void
write_csv_cell(const struct sheet_column *column, const char *text)
{
    bool is_formula = !column->is_number && text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;

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

static void
write_json_row(struct sheet *sheet, const char *const *cells)
{
    json_out_object(&sheet->out, NULL);
    for (size_t i = 0; i < sheet->count; i++) {
        const struct sheet_column *column = &sheet->columns[i];

        if (column->is_number)
            json_out_number(&sheet->out, column->name, cells[i]);
        else
            json_out_text(&sheet->out, column->name, cells[i]);
    }
    json_out_end(&sheet->out);
}

void
sheet_begin(struct sheet *sheet, enum sheet_format format, const char *name,
            const struct sheet_column *columns, size_t count)
{
    const char *cells[SHEET_COLUMNS_MAX];
    char headings[SHEET_COLUMNS_MAX][HEADING_SIZE];

    *sheet = (struct sheet){
        .format = format, .columns = columns, .count = count, .out = {.file = stdout}};
    for (size_t i = 0; i < count; i++) {
        snprintf(headings[i], sizeof headings[i], "%s", columns[i].name);
        for (char *c = headings[i]; *c != '\0' && format == SHEET_TABLE; c++)
            *c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
        cells[i] = headings[i];
    }
    switch (format) {
    case SHEET_TABLE:
        write_table_row(sheet, cells);
        break;
    case SHEET_CSV:
        write_csv_row(sheet, cells);
        break;
    case SHEET_JSON:
        json_out_object(&sheet->out, NULL);
        json_out_array(&sheet->out, name);
        break;
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

bool
sheet_format_parse(const char *word, enum sheet_format *format)
{
    static const char *const words[] = {
        [SHEET_TABLE] = "table", [SHEET_CSV] = "csv", [SHEET_JSON] = "json"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], word) == 0) {
            *format = (enum sheet_format)i;
            return true;
        }
    }
    return false;
}
