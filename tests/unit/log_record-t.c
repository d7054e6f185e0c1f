/*
 * Log records: one line, whatever the values are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "log_record.h"

static struct log_record record;

static const char *
line(enum log_format format, const char *value)
{
    log_record_begin(&record, format);
    log_record_add(&record, &(struct log_field){.name = "a", .number = -5});
    log_record_add(&record, &(struct log_field){.name = "b", .text = value});
    log_record_end(&record);
    return record.text;
}

static void
writes_both_formats(void **state)
{
    (void)state;
    assert_string_equal(line(LOG_FORMAT_JSON, "x"), "{\"a\":-5,\"b\":\"x\"}\n");
    assert_string_equal(line(LOG_FORMAT_LOGFMT, "x"), "a=-5 b=x\n");
    assert_string_equal(line(LOG_FORMAT_LOGFMT, "/payments/{id}"), "a=-5 b=/payments/{id}\n");
}

static void
quotes_what_needs_it(void **state)
{
    (void)state;
    assert_string_equal(line(LOG_FORMAT_JSON, "say \"no\" \\"),
                        "{\"a\":-5,\"b\":\"say \\\"no\\\" \\\\\"}\n");
    assert_string_equal(line(LOG_FORMAT_LOGFMT, "two words"), "a=-5 b=\"two words\"\n");
    assert_string_equal(line(LOG_FORMAT_LOGFMT, "x=\"1\""), "a=-5 b=\"x=\\\"1\\\"\"\n");
    assert_string_equal(line(LOG_FORMAT_LOGFMT, ""), "a=-5 b=\"\"\n");
}

static void
replaces_what_breaks_a_line(void **state)
{
    static const struct {
        const char *value, *shown;
    } rows[] = {
        {"a\nb\x1b\x7f", "a?b??"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xc3", "?"},
        {"\xc0\xaf", "??"},
        {"\xed\xa0\x80", "???"},
        {"\xf4\x90\x80\x80", "????"},
        {"\xe2\x82", "??"},
        {"\xff x", "? x"},
    };
    char expected[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(expected, sizeof expected, "{\"a\":-5,\"b\":\"%s\"}\n", rows[i].shown);
        assert_string_equal(line(LOG_FORMAT_JSON, rows[i].value), expected);
    }
}

/* One that does not fit is left out whole: what is there is still a record. */
static void
leaves_out_what_does_not_fit(void **state)
{
    static char large[LOG_RECORD_SIZE];

    (void)state;
    memset(large, '"', sizeof large - 1);
    assert_string_equal(line(LOG_FORMAT_JSON, large), "{\"a\":-5}\n");
    assert_string_equal(line(LOG_FORMAT_LOGFMT, large), "a=-5\n");
    for (size_t length = LOG_RECORD_SIZE - 24; length < LOG_RECORD_SIZE - 1; length++) {
        memset(large, 'x', length);
        large[length] = '\0';
        line(LOG_FORMAT_JSON, large);
        assert_true(record.length == strlen(record.text) && record.length < LOG_RECORD_SIZE);
        assert_true(record.text[record.length - 2] == '}');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_both_formats),
        cmocka_unit_test(quotes_what_needs_it),
        cmocka_unit_test(replaces_what_breaks_a_line),
        cmocka_unit_test(leaves_out_what_does_not_fit),
    };

    return RUN(tests);
}
