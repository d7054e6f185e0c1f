/*
 * Log records: one line of named values, as JSON or as key=value.
 *
 * SPDX-License-Identifier: MIT
 */
#include "log_record.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define END_SIZE 3 /* "}", line break, NUL */

void
log_record_begin(struct log_record *record, enum log_format format)
{
    record->format = format;
    record->length = 0;
    if (format == LOG_FORMAT_JSON)
        record->text[record->length++] = '{';
}

/* False when there is no room. */
static bool
put(struct log_record *record, const char *text, size_t length)
{
    if (length > LOG_RECORD_SIZE - END_SIZE - record->length)
        return false;
    memcpy(record->text + record->length, text, length);
    record->length += length;
    return true;
}

/* The length of the character that begins here (RFC 3629 section 4); 0 when it is none. */
static size_t
character_length(const unsigned char *text)
{
    size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

    if (text[0] < 0x80)
        return 1;
    if (text[0] < 0xc2 || text[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

static bool
put_quoted(struct log_record *record, const char *text)
{
    bool good = put(record, "\"", 1);

    while (*text != '\0' && good) {
        size_t length = character_length((const unsigned char *)text);

        if (length == 0 || (unsigned char)*text < ' ' || *text == 0x7f)
            good = put(record, "?", 1);
        else if (*text == '"' || *text == '\\')
            good = put(record, "\\", 1) && put(record, text, 1);
        else
            good = put(record, text, length);
        text += length > 0 ? length : 1;
    }
    return good && put(record, "\"", 1);
}

/* True for a value that key=value has without quotes. */
static bool
is_bare(const char *text)
{
    const char *at = text;

    while (*at > ' ' && *at < 0x7f && *at != '"' && *at != '=' && *at != '\\')
        at++;
    return *at == '\0' && at > text;
}

static bool
put_value(struct log_record *record, const struct log_field *field)
{
    char number[24];

    if (field->text != NULL && record->format == LOG_FORMAT_LOGFMT && is_bare(field->text))
        return put(record, field->text, strlen(field->text));
    if (field->text != NULL)
        return put_quoted(record, field->text);
    snprintf(number, sizeof number, "%" PRId64, field->number);
    return put(record, number, strlen(number));
}

void
log_record_add(struct log_record *record, const struct log_field *field)
{
    bool is_json = record->format == LOG_FORMAT_JSON;
    size_t before = record->length;
    bool first = before == (is_json ? 1 : 0);
    bool good = first || put(record, is_json ? "," : " ", 1);

    good = good && (!is_json || put(record, "\"", 1));
    good = good && put(record, field->name, strlen(field->name));
    good = good && (is_json ? put(record, "\":", 2) : put(record, "=", 1));
    if (!good || !put_value(record, field))
        record->length = before;
}

void
log_record_end(struct log_record *record)
{
    if (record->format == LOG_FORMAT_JSON)
        record->text[record->length++] = '}';
    record->text[record->length++] = '\n';
    record->text[record->length] = '\0';
}
