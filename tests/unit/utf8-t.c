/*
 * UTF-8: what is none is replaced, and nothing else is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "domain/utf8.h"

#define GONE "\xef\xbf\xbd"

static void
what_is_none_is_replaced(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *text;
    } examples[] = {
        {"", 0, ""},
        {"plain", 5, "plain"},
        {"a\0b", 3, "a" GONE "b"},
        {"\x7f\xc2\x80\xdf\xbf", 5, "\x7f\xc2\x80\xdf\xbf"},
        {"\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf", 9, "\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf"},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8, "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"\x80\xff", 2, GONE GONE},                   /* no first byte */
        {"\xc0\xaf", 2, GONE GONE},                   /* too long for what it says */
        {"\xe0\x9f\xbf", 3, GONE GONE GONE},          /* the same */
        {"\xf0\x8f\xbf\xbf", 4, GONE GONE GONE GONE}, /* the same */
        {"\xed\xa0\x80", 3, GONE GONE GONE},          /* a surrogate */
        {"\xf4\x90\x80\x80", 4, GONE GONE GONE GONE}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 4, GONE GONE GONE GONE}, /* the same */
        {"\xe2\x82", 2, GONE GONE},                   /* cut */
        {"\xe2\x82x\xc3", 4, GONE GONE "x" GONE},     /* interrupted */
        {"\xf0\x90\x80\xc3\xa9", 5, GONE GONE GONE "\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        char text[32];

        utf8_mend(examples[i].bytes, examples[i].length, text, sizeof text);
        assert_string_equal(text, examples[i].text);
    }
}

static void
it_is_cut_between_characters(void **state)
{
    char text[5];

    (void)state;
    utf8_mend("ab\xc3\xa9\xc3\xa9", 6, text, sizeof text);
    assert_string_equal(text, "ab\xc3\xa9");
    utf8_mend("abc\xc3\xa9", 5, text, sizeof text);
    assert_string_equal(text, "abc");
    utf8_mend("ab\xff", 3, text, sizeof text);
    assert_string_equal(text, "ab");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_none_is_replaced),
        cmocka_unit_test(it_is_cut_between_characters),
    };

    return RUN(tests);
}
