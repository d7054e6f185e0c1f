/*
 * Log records: one line of named values, as JSON or as key=value, whatever the values are.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_LOG_RECORD_H
#define PAYMENT_API_LOG_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define LOG_RECORD_SIZE 8192 /* a value that does not fit is left out */

enum log_format {
    LOG_FORMAT_TEXT,   /* for people; no record of named values */
    LOG_FORMAT_LOGFMT, /* name=value, in quotes where that needs them */
    LOG_FORMAT_JSON,   /* an object (RFC 8259) */
};

/* One named value. */
struct log_field {
    const char *name; /* letters and "_" */
    const char *text; /* NULL: it is a number */
    int64_t number;
};

struct log_record {
    enum log_format format;
    size_t length;
    char text[LOG_RECORD_SIZE]; /* NUL-terminated once it has ended */
};

void log_record_begin(struct log_record *record, enum log_format format);

/* Adds a value. What is no UTF-8 or would break the line becomes a "?". */
void log_record_add(struct log_record *record, const struct log_field *field);

/* Ends it, with a line break. */
void log_record_end(struct log_record *record);

#endif
