/*
 * A JSON body, with its numbers kept as the text they were sent as.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/json_body.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OFFSET_DIGITS 10 /* of the largest offset, with its NUL */

static size_t
skip_digits(const char *text, size_t length, size_t at)
{
    while (at < length && isdigit((unsigned char)text[at]))
        at++;
    return at;
}

/* The length of the number that the text begins with (RFC 8259 section 6); 0 when there is none. */
static size_t
number_length(const char *text, size_t length)
{
    size_t at = length > 0 && text[0] == '-' ? 1 : 0;
    size_t integer = at;

    at = skip_digits(text, length, at);
    if (at == integer || (text[integer] == '0' && at > integer + 1))
        return 0;
    if (at < length && text[at] == '.') {
        size_t fraction = at + 1;

        at = skip_digits(text, length, fraction);
        if (at == fraction)
            return 0;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        size_t exponent = at + 1;

        if (exponent < length && (text[exponent] == '+' || text[exponent] == '-'))
            exponent++;
        at = skip_digits(text, length, exponent);
        if (at == exponent)
            return 0;
    }
    return at;
}

/* The length of the string that the text begins with, quotes and all; up to its end if unclosed. */
static size_t
string_length(const char *text, size_t length)
{
    size_t at = 1;

    while (at < length && text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    return at < length ? at + 1 : length;
}

static bool
begins_number(char c)
{
    return c == '-' || isdigit((unsigned char)c);
}

/* What may stand behind a number; anything else would join it to the next token. */
static bool
ends_number(char c)
{
    return c == ',' || c == ']' || c == '}' || isspace((unsigned char)c);
}

/* An upper bound for how many numbers there are. */
static size_t
count_numbers(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        if (begins_number(text[i]) && (i == 0 || !begins_number(text[i - 1])))
            count++;
    }
    return count;
}

/*
 * Copies the text with each number replaced by its offset. The copy's length, or 0 when something
 * begins as a number and is none, so that no number reaches jansson as it was.
 */
static size_t
replace_numbers(const char *text, size_t length, char *copy)
{
    size_t out = 0;

    for (size_t in = 0; in < length;) {
        size_t taken = 1;

        if (begins_number(text[in])) {
            taken = number_length(text + in, length - in);
            if (taken == 0 || (in + taken < length && !ends_number(text[in + taken])))
                return 0;
            out += (size_t)snprintf(copy + out, OFFSET_DIGITS + 1, "%zu", in);
        } else {
            if (text[in] == '"')
                taken = string_length(text + in, length - in);
            memcpy(copy + out, text + in, taken);
            out += taken;
        }
        in += taken;
    }
    return out;
}

enum json_body_status
json_body_parse(const char *text, size_t length, struct json_body *body)
{
    enum json_body_status status = JSON_BODY_INVALID;
    json_error_t error;
    size_t copy_length;
    char *copy = NULL;

    *body = (struct json_body){.text = text, .length = length};
    /* jansson takes one behind a word or a number. */
    if (memchr(text, '\0', length) != NULL)
        return JSON_BODY_INVALID;
    copy = malloc(length + count_numbers(text, length) * OFFSET_DIGITS + OFFSET_DIGITS + 1);
    if (copy == NULL)
        return JSON_BODY_NO_MEMORY;
    copy_length = replace_numbers(text, length, copy);
    if (copy_length == 0)
        goto done;
    body->object = json_loadb(copy, copy_length, JSON_REJECT_DUPLICATES, &error);
    if (body->object == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory)
            status = JSON_BODY_NO_MEMORY;
        goto done;
    }
    if (!json_is_object(body->object)) {
        json_body_free(body);
        goto done;
    }
    status = JSON_BODY_OK;

done:
    free(copy);
    return status;
}

void
json_body_free(struct json_body *body)
{
    json_decref(body->object);
    body->object = NULL;
}

const json_t *
json_body_get(const struct json_body *body, const char *name)
{
    return json_object_get(body->object, name);
}

bool
json_body_number(const struct json_body *body, const char *name, const char **number,
                 size_t *length)
{
    const json_t *member = json_body_get(body, name);
    size_t offset;

    if (!json_is_integer(member))
        return false;
    offset = (size_t)json_integer_value(member);
    *number = body->text + offset;
    *length = number_length(*number, body->length - offset);
    return true;
}

const char *
json_body_string(const struct json_body *body, const char *name)
{
    return json_string_value(json_body_get(body, name));
}
