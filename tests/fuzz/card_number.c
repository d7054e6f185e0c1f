/*
 * Card numbers: found just where a plain search of every stretch of the text finds them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "domain/card_number.h"

/* Every stretch costs: the text is cut there. */
#define TEXT_MAX 80

/* No token is exempt below this length. */
#define TOKEN_MIN 24

/*
 * One byte a character: digits, ' ' for what is as good as a space, '.' for other marks, 'x' for
 * the rest. What lies beyond ASCII is known for a few characters; false for a text with others.
 */
static bool
simplify(const char *text, char simple[TEXT_MAX + 1])
{
    static const struct {
        const char *bytes;
        char simple;
    } known[] = {
        {"\xe2\x80\x93", ' '}, /* en dash */
        {"\xe2\x80\xa2", '.'}, /* bullet */
        {"\xef\xbc\x90", '0'}, /* full-width zero */
        {"\xef\xbc\x94", '4'}, /* full-width four */
        {"\xd9\xa2", '2'},     /* Arabic-Indic two */
        {"\xc3\xa9", 'x'},     /* a letter */
    };
    size_t count = 0;

    while (*text != '\0') {
        unsigned char c = (unsigned char)*text;
        size_t length = 1;

        if (isdigit(c))
            simple[count] = *text;
        else if (c == ' ' || c == '-' || c == '\t')
            simple[count] = ' ';
        else if (c == ',' || c == ';')
            simple[count] = ',';
        else if ((ispunct(c) && c != '#' && c != '$') || (c >= '\n' && c <= '\r'))
            simple[count] = '.';
        else
            simple[count] = 'x';
        if (c >= 0x80) {
            length = 0;
            for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
                if (strncmp(text, known[i].bytes, strlen(known[i].bytes)) == 0) {
                    simple[count] = known[i].simple;
                    length = strlen(known[i].bytes);
                }
            }
            if (length == 0)
                return false;
        }
        text += length;
        count++;
    }
    simple[count] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (simple[i] == ',') /* no list: a digit behind it */
            simple[i] = isdigit((unsigned char)simple[i + 1]) ? '.' : 'x';
    }
    return true;
}

/* True when the whole stretch is groups of digits as a card number may have them. */
static bool
is_grouped(const char *text, size_t length)
{
    bool marked = memchr(text, '.', length) != NULL;
    size_t group = 0;

    if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[length - 1]) ||
        memchr(text, 'x', length) != NULL)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (isdigit((unsigned char)text[i])) {
            group++;
            continue;
        }
        if (marked && group > 0 && (group < 4 || group > 8))
            return false;
        group = 0;
    }
    return !marked || group <= 8;
}

static bool
passes_luhn(const char *text, size_t length)
{
    int sum = 0, count = 0;

    while (length > 0) {
        char c = text[--length];

        if (!isdigit((unsigned char)c))
            continue;
        sum += (c - '0') * (1 + count % 2);
        if (count % 2 == 1 && c > '4')
            sum -= 9;
        count++;
    }
    return count >= 13 && count <= 19 && sum % 10 == 0;
}

/* Whether a brand has such a number is asked of the program: it says so of the digits alone. */
static bool
has_brand(const char *text, size_t length)
{
    char digits[TEXT_MAX + 1];
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        if (isdigit((unsigned char)text[i]))
            digits[count++] = text[i];
    }
    digits[count] = '\0';
    return card_number_in(digits);
}

/* A stretch that touches no other digit and is a card number of some brand. */
static bool
is_found(const char *simple, size_t from, size_t to)
{
    const char *stretch = simple + from;
    size_t length = to - from;

    return is_grouped(stretch, length) && passes_luhn(stretch, length) &&
           (from == 0 || !isdigit((unsigned char)simple[from - 1])) &&
           !isdigit((unsigned char)simple[to]) && has_brand(stretch, length);
}

/* Digits in a token do not count; the unit test has examples. */
static bool
may_have_token(const char *text)
{
    return strlen(text) >= TOKEN_MIN &&
           (strchr(text, '-') != NULL || strpbrk(text, "abcdefABCDEF") != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size < TEXT_MAX ? size : TEXT_MAX);
    char simple[TEXT_MAX + 1] = "";
    bool whole = card_number_is(text), in = card_number_in(text), found = false;

    if (simplify(text, simple)) {
        size_t length = strlen(simple);

        for (size_t from = 0; from < length; from++) {
            for (size_t to = from + 13; to <= length; to++)
                found = is_found(simple, from, to) || found;
        }
        CHECK(found || !in);
        if (!may_have_token(text)) {
            CHECK(found == in);
            CHECK(whole ==
                  (length > 0 && is_grouped(simple, length) && passes_luhn(simple, length)));
        }
    }
    free(text);
    return 0;
}
