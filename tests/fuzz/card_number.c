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

/* True when the whole stretch is digits, single spaces or hyphens between them, and no more. */
static bool
is_grouped(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool separator = text[i] == ' ' || text[i] == '-';

        if (!separator && !isdigit((unsigned char)text[i]))
            return false;
        if (separator && (i == 0 || i + 1 == length || !isdigit((unsigned char)text[i - 1])))
            return false;
    }
    return length > 0;
}

static bool
passes_luhn(const char *text, size_t length)
{
    static const int doubled[] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    int sum = 0, count = 0;

    while (length > 0) {
        char c = text[--length];

        if (isdigit((unsigned char)c))
            sum += count++ % 2 == 0 ? c - '0' : doubled[c - '0'];
    }
    return count >= 13 && count <= 19 && sum % 10 == 0;
}

/* Whether a brand has such a number is asked of the program: it says so of the digits alone. */
static bool
has_brand(const char *text)
{
    char digits[TEXT_MAX + 1];
    size_t count = 0;

    for (; *text != '\0'; text++) {
        if (isdigit((unsigned char)*text))
            digits[count++] = *text;
    }
    digits[count] = '\0';
    return card_number_in(digits);
}

/* A stretch that touches no other digit and is a card number of some brand. */
static bool
is_found(const char *text, size_t from, size_t to)
{
    char *alone = fuzz_text(text + from, to - from);
    bool good = is_grouped(alone, to - from) && passes_luhn(alone, to - from);

    CHECK(card_number_is(alone) == good);
    good = good && (from == 0 || !isdigit((unsigned char)text[from - 1])) &&
           !isdigit((unsigned char)text[to]) && has_brand(alone);
    free(alone);
    return good;
}

static bool
has_hexadecimal_letter(const char *text)
{
    return strpbrk(text, "abcdefABCDEF") != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size < TEXT_MAX ? size : TEXT_MAX);
    size_t length = strlen(text);
    bool found = false;

    for (size_t from = 0; from < length; from++) {
        for (size_t to = from + 13; to <= length; to++)
            found = is_found(text, from, to) || found;
    }
    CHECK(found || !card_number_in(text));
    /* Digits in a token with hexadecimal letters do not count; the unit test has examples. */
    if (!has_hexadecimal_letter(text) && strchr(text, '-') == NULL)
        CHECK(found == card_number_in(text));
    free(text);
    return 0;
}
