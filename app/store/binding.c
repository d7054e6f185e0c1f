/*
 * Bindings: C values as parameters and result columns of a prepared statement.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/binding.h"

#include <string.h>
#include <time.h>

/* MYSQL_BIND has one pointer for both ways; what it points to as a parameter is not written. */
static void *
as_buffer(const void *bytes)
{
    return (void *)(uintptr_t)bytes;
}

MYSQL_BIND
bind_bytes(const void *bytes, size_t size)
{
    MYSQL_BIND bind;

    memset(&bind, 0, sizeof bind);
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = as_buffer(bytes);
    bind.buffer_length = (unsigned long)size;
    return bind;
}

MYSQL_BIND
bind_identifier(const struct identifier *id)
{
    return bind_bytes(id->bytes, sizeof id->bytes);
}

MYSQL_BIND
bind_number(const int64_t *number)
{
    MYSQL_BIND bind;

    memset(&bind, 0, sizeof bind);
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = as_buffer(number);
    return bind;
}

MYSQL_BIND
bind_text(const char *text)
{
    MYSQL_BIND bind;

    if (text != NULL)
        return bind_bytes(text, strlen(text));
    memset(&bind, 0, sizeof bind);
    bind.buffer_type = MYSQL_TYPE_NULL;
    return bind;
}

MYSQL_BIND
bind_time(const MYSQL_TIME *time)
{
    MYSQL_BIND bind;

    memset(&bind, 0, sizeof bind);
    bind.buffer_type = time != NULL ? MYSQL_TYPE_DATETIME : MYSQL_TYPE_NULL;
    bind.buffer = as_buffer(time);
    return bind;
}

void
set_bytes(struct text_rows *rows, size_t row, const void *bytes, size_t size)
{
    rows->values[row] = bytes;
    rows->lengths[row] = (unsigned long)size;
    rows->indicators[row] = bytes != NULL ? STMT_INDICATOR_NONE : STMT_INDICATOR_NULL;
}

void
set_identifier(struct text_rows *rows, size_t row, const struct identifier *id)
{
    set_bytes(rows, row, id->bytes, sizeof id->bytes);
}

void
set_text(struct text_rows *rows, size_t row, const char *text)
{
    set_bytes(rows, row, text, text != NULL ? strlen(text) : 0);
}

void
set_time(struct time_rows *rows, size_t row, int64_t unix_ms)
{
    rows->values[row] = time_to_column(unix_ms);
    rows->pointers[row] = &rows->values[row];
    rows->indicators[row] = STMT_INDICATOR_NONE;
}

void
set_time_or_null(struct time_rows *rows, size_t row, int64_t unix_ms)
{
    set_time(rows, row, unix_ms);
    if (unix_ms == 0)
        rows->indicators[row] = STMT_INDICATOR_NULL;
}

MYSQL_BIND
bind_text_rows(struct text_rows *rows)
{
    MYSQL_BIND bind = bind_bytes(rows->values, 0);

    bind.length = rows->lengths;
    bind.u.indicator = rows->indicators;
    return bind;
}

MYSQL_BIND
bind_number_rows(const struct number_rows *rows)
{
    return bind_number(rows->values);
}

MYSQL_BIND
bind_time_rows(struct time_rows *rows)
{
    MYSQL_BIND bind = bind_bytes(rows->pointers, 0);

    bind.buffer_type = MYSQL_TYPE_DATETIME;
    bind.u.indicator = rows->indicators;
    return bind;
}

static MYSQL_BIND
column_of(struct column *column, enum enum_field_types type, void *buffer, size_t size)
{
    MYSQL_BIND bind;

    memset(&bind, 0, sizeof bind);
    memset(column, 0, sizeof *column);
    bind.buffer_type = type;
    bind.buffer = buffer;
    bind.buffer_length = (unsigned long)size;
    bind.length = &column->length;
    bind.is_null = &column->is_null;
    return bind;
}

MYSQL_BIND
column_bytes(struct column *column, void *bytes, size_t size)
{
    return column_of(column, MYSQL_TYPE_STRING, bytes, size);
}

MYSQL_BIND
column_number(struct column *column, int64_t *number)
{
    return column_of(column, MYSQL_TYPE_LONGLONG, number, sizeof *number);
}

MYSQL_BIND
column_text(struct column *column, char *text, size_t size)
{
    return column_of(column, MYSQL_TYPE_STRING, text, size - 1);
}

MYSQL_BIND
column_time(struct column *column, MYSQL_TIME *time)
{
    return column_of(column, MYSQL_TYPE_DATETIME, time, sizeof *time);
}

void
column_end(const struct column *column, char *text)
{
    text[column->is_null ? 0 : column->length] = '\0';
}

MYSQL_TIME
time_to_column(int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    MYSQL_TIME time;
    struct tm utc;

    gmtime_r(&seconds, &utc);
    memset(&time, 0, sizeof time);
    time.year = (unsigned)utc.tm_year + 1900;
    time.month = (unsigned)utc.tm_mon + 1;
    time.day = (unsigned)utc.tm_mday;
    time.hour = (unsigned)utc.tm_hour;
    time.minute = (unsigned)utc.tm_min;
    time.second = (unsigned)utc.tm_sec;
    time.second_part = (unsigned long)(unix_ms % 1000) * 1000;
    time.time_type = MYSQL_TIMESTAMP_DATETIME;
    return time;
}

int64_t
time_from_column(const MYSQL_TIME *time)
{
    struct tm utc = {
        .tm_year = (int)time->year - 1900,
        .tm_mon = (int)time->month - 1,
        .tm_mday = (int)time->day,
        .tm_hour = (int)time->hour,
        .tm_min = (int)time->minute,
        .tm_sec = (int)time->second,
    };

    return (int64_t)timegm(&utc) * 1000 + (int64_t)(time->second_part / 1000);
}
