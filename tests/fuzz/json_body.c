/*
 * JSON bodies: accepted as jansson accepts them, with the same members, and every number is the
 * very text that stands in the body.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "http/json_body.h"

/* The number's text, by jansson: NULL when it is none, or too large for it. */
static json_t *
value_of(const char *number, size_t length)
{
    return json_loadb(number, length, JSON_DECODE_ANY, NULL);
}

static bool
is_number_character(char c)
{
    return isdigit((unsigned char)c) || strchr("+-.eE", c) != NULL;
}

/* One number of ours: the longest one at its place in the text, and of the same value as theirs. */
static void
check_number(const struct json_body *body, const json_t *ours, const json_t *theirs)
{
    size_t offset = (size_t)json_integer_value(ours);
    size_t length = 0;
    json_t *value;

    CHECK(json_is_integer(ours) && json_is_number(theirs));
    CHECK(offset < body->length);
    CHECK(offset == 0 || !is_number_character(body->text[offset - 1]));
    while (offset + length < body->length && is_number_character(body->text[offset + length]))
        length++;
    value = value_of(body->text + offset, length);
    CHECK(json_equal(value, theirs));
    json_decref(value);
}

static void check_same(const struct json_body *body, const json_t *ours, const json_t *theirs);

static void
check_members(const struct json_body *body, json_t *ours, const json_t *theirs)
{
    const char *name;
    json_t *member;

    CHECK(json_object_size(ours) == json_object_size(theirs));
    json_object_foreach(ours, name, member)
    {
        CHECK(json_object_get(theirs, name) != NULL);
        check_same(body, member, json_object_get(theirs, name));
    }
}

static void
check_same(const struct json_body *body, const json_t *ours, const json_t *theirs)
{
    if (json_is_number(theirs)) {
        check_number(body, ours, theirs);
        return;
    }
    CHECK(json_typeof(ours) == json_typeof(theirs));
    if (json_is_object(theirs)) {
        json_t *object = json_incref((json_t *)(uintptr_t)ours);

        check_members(body, object, theirs);
        json_decref(object);
    } else if (json_is_array(theirs)) {
        CHECK(json_array_size(ours) == json_array_size(theirs));
        for (size_t i = 0; i < json_array_size(ours); i++)
            check_same(body, json_array_get(ours, i), json_array_get(theirs, i));
    } else {
        CHECK(json_equal(ours, theirs));
    }
}

/* What handlers use: the text of each number lies within the body and is a whole JSON number. */
static void
check_access(const struct json_body *body)
{
    const char *name;
    json_t *member;

    json_object_foreach(body->object, name, member)
    {
        const char *number = NULL;
        size_t length = 0;
        bool is_number = json_body_number(body, name, &number, &length);
        json_error_t error;
        json_t *value;

        CHECK(is_number == json_is_number(member));
        CHECK((json_body_string(body, name) != NULL) == json_is_string(member));
        if (!is_number)
            continue;
        CHECK(number >= body->text && length > 0);
        CHECK((size_t)(number - body->text) + length <= body->length);
        CHECK(number + length < body->text + body->length);
        CHECK(!is_number_character(number[length]));
        CHECK(number == body->text || !is_number_character(number[-1]));
        value = json_loadb(number, length, JSON_DECODE_ANY, &error);
        CHECK(json_is_number(value) || json_error_code(&error) == json_error_numeric_overflow);
        json_decref(value);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);
    struct json_body body;
    json_error_t error;
    json_t *theirs = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    enum json_body_status status = json_body_parse(text, size, &body);

    CHECK(status == JSON_BODY_OK || status == JSON_BODY_INVALID);
    if (status == JSON_BODY_OK) {
        CHECK(memchr(text, '\0', size) == NULL);
        CHECK(json_is_object(body.object));
        check_access(&body);
        if (theirs != NULL)
            check_same(&body, body.object, theirs);
        else /* jansson's numbers have a limit, ours have none */
            CHECK(json_error_code(&error) == json_error_numeric_overflow);
    } else {
        /* jansson takes a NUL behind a number. */
        CHECK(theirs == NULL || !json_is_object(theirs) || memchr(text, '\0', size) != NULL);
        CHECK(body.object == NULL);
    }
    json_body_free(&body);
    json_body_free(&body);
    json_decref(theirs);
    free(text);
    return 0;
}
