/*
 * Bindings: C values as parameters and result columns of a prepared statement.
 *
 * A binding points to the value, which must live until the statement has been executed (parameters)
 * or its row has been taken (columns).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_BINDING_H
#define PAYMENT_API_STORE_BINDING_H

#include <mysql.h>
#include <stdint.h>

#include "domain/identifier.h"
#include "store/database.h"

/* SQL: a column of time as RFC 3339 UTC. */
#define TIME_AS_TEXT(column) "DATE_FORMAT(" column ", '%Y-%m-%dT%H:%i:%sZ')"

/* Parameters. A NULL text is an SQL NULL. */
MYSQL_BIND bind_bytes(const void *bytes, size_t size);
MYSQL_BIND bind_identifier(const struct identifier *id);
MYSQL_BIND bind_number(const int64_t *number);
MYSQL_BIND bind_text(const char *text);
MYSQL_BIND bind_time(const MYSQL_TIME *time); /* NULL: an SQL NULL */

/*
 * Parameters of many records at once (database_execute_group()): the values of one parameter, a row
 * a record. The texts and times that they point to are not copied.
 */
struct text_rows {
    const void *values[STORE_GROUP_MAX];
    unsigned long lengths[STORE_GROUP_MAX];
    char indicators[STORE_GROUP_MAX]; /* STMT_INDICATOR_NONE or _NULL */
};

struct number_rows {
    int64_t values[STORE_GROUP_MAX];
};

struct time_rows {
    MYSQL_TIME values[STORE_GROUP_MAX];
    const MYSQL_TIME *pointers[STORE_GROUP_MAX];
    char indicators[STORE_GROUP_MAX]; /* STMT_INDICATOR_NONE or _NULL */
};

void set_bytes(struct text_rows *rows, size_t row, const void *bytes, size_t size);
void set_identifier(struct text_rows *rows, size_t row, const struct identifier *id);
void set_text(struct text_rows *rows, size_t row, const char *text); /* NULL: an SQL NULL */
void set_time(struct time_rows *rows, size_t row, int64_t unix_ms);
void set_time_or_null(struct time_rows *rows, size_t row, int64_t unix_ms); /* 0: an SQL NULL */

MYSQL_BIND bind_text_rows(struct text_rows *rows);
MYSQL_BIND bind_number_rows(const struct number_rows *rows);
MYSQL_BIND bind_time_rows(struct time_rows *rows);

/* One column of a result, with its length and whether it is NULL. */
struct column {
    unsigned long length;
    my_bool is_null;
};

/* Columns. A text column takes size bytes at most, the final NUL (added by column_end()) among
 * them. */
MYSQL_BIND column_bytes(struct column *column, void *bytes, size_t size);
MYSQL_BIND column_number(struct column *column, int64_t *number);
MYSQL_BIND column_text(struct column *column, char *text, size_t size);
MYSQL_BIND column_time(struct column *column, MYSQL_TIME *time);

/* Ends the text of a column with its NUL; an SQL NULL becomes "". */
void column_end(const struct column *column, char *text);

/* Unix time in milliseconds as DATETIME(3) in UTC, and back. */
MYSQL_TIME time_to_column(int64_t unix_ms);
int64_t time_from_column(const MYSQL_TIME *time);

#endif
