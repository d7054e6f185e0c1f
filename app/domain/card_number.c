/*
 * Card numbers sent by mistake: they must be refused before they are stored or logged.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/card_number.h"

#include <ctype.h>
#include <stddef.h>

#define CARD_DIGITS_MIN 13
#define CARD_DIGITS_MAX 19
#define UUID_LENGTH 36

/* The numbers that the brands issue: the first four digits, and how many there are. */
static const struct {
    int first;
    int last;
    int shortest;
    int longest;
} ranges[] = {
    {2221, 2720, 16, 16}, /* Mastercard */
    {3000, 3059, 14, 19}, /* Diners Club */
    {3400, 3499, 15, 15}, /* American Express */
    {3528, 3589, 16, 19}, /* JCB */
    {3600, 3699, 14, 19}, /* Diners Club */
    {3700, 3799, 15, 15}, /* American Express */
    {3800, 3999, 14, 19}, /* Diners Club */
    {4000, 4999, 13, 19}, /* Visa */
    {5000, 5099, 13, 19}, /* Maestro */
    {5100, 5599, 16, 16}, /* Mastercard */
    {5600, 5899, 13, 19}, /* Maestro */
    {6000, 6999, 13, 19}, /* Discover, UnionPay, Maestro, RuPay */
};

/* Digits that may be a card number. */
struct run {
    char digits[CARD_DIGITS_MAX];
    size_t count;
};

/* ISO/IEC 7812-1 annex B. */
static bool
luhn_holds(const struct run *run)
{
    int sum = 0;

    for (size_t i = 0; i < run->count; i++) {
        int digit = run->digits[run->count - 1 - i] - '0';

        if (i % 2 == 1)
            digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
        sum += digit;
    }
    return sum % 10 == 0;
}

static bool
is_card_run(const struct run *run)
{
    return run->count >= CARD_DIGITS_MIN && run->count <= CARD_DIGITS_MAX && luhn_holds(run);
}

static bool
is_of_a_brand(const struct run *run)
{
    int first = 0;

    for (int i = 0; i < 4; i++)
        first = first * 10 + (run->digits[i] - '0');
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (first >= ranges[i].first && first <= ranges[i].last &&
            run->count >= (size_t)ranges[i].shortest && run->count <= (size_t)ranges[i].longest)
            return true;
    }
    return false;
}

/* Adds the digits that the text begins with; the text behind them, NULL when they do not fit. */
static const char *
add_group(struct run *run, const char *text)
{
    for (; isdigit((unsigned char)*text); text++) {
        if (run->count == CARD_DIGITS_MAX)
            return NULL;
        run->digits[run->count++] = *text;
    }
    return text;
}

/* The group of digits behind a single space or hyphen; NULL when there is none. */
static const char *
next_group(const char *text)
{
    return (*text == ' ' || *text == '-') && isdigit((unsigned char)text[1]) ? text + 1 : NULL;
}

bool
card_number_is(const char *text)
{
    struct run run = {.count = 0};
    const char *group = isdigit((unsigned char)text[0]) ? text : NULL;

    while (group != NULL) {
        text = add_group(&run, group);
        if (text == NULL)
            return false;
        group = next_group(text);
    }
    return *text == '\0' && is_card_run(&run);
}

/*
 * True when a card number begins with the group of digits here. It may end with any group, since
 * what follows it may be more digits: "4242 4242 4242 4242 12/27".
 */
static bool
begins_card_number(const char *group)
{
    struct run run = {.count = 0};

    while (group != NULL) {
        const char *end = add_group(&run, group);

        if (end == NULL)
            return false;
        if (is_card_run(&run) && is_of_a_brand(&run))
            return true;
        group = next_group(end);
    }
    return false;
}

/* True for the form of a UUID: 8, 4, 4, 4 and 12 hexadecimal digits, hyphens between them. */
static bool
begins_uuid(const char *text)
{
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (hyphen ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return !isalnum((unsigned char)text[UUID_LENGTH]);
}

/*
 * The length of the random token that the text begins with, 0 for none: a UUID, or a word of
 * hexadecimal digits with a letter among them. One in 1500 of either has, by chance, digits in it
 * that look like a card number.
 */
static size_t
token_length(const char *text)
{
    size_t length = 0;
    bool letter = false;

    if (begins_uuid(text))
        return UUID_LENGTH;
    for (; isxdigit((unsigned char)text[length]); length++)
        letter = letter || !isdigit((unsigned char)text[length]);
    return letter && !isalnum((unsigned char)text[length]) ? length : 0;
}

bool
card_number_in(const char *text)
{
    char before = '\0';

    while (*text != '\0') {
        size_t skipped = !isalnum((unsigned char)before) ? token_length(text) : 0;

        if (skipped == 0) {
            if (isdigit((unsigned char)*text) && !isdigit((unsigned char)before) &&
                begins_card_number(text))
                return true;
            skipped = 1;
        }
        text += skipped;
        before = text[-1];
    }
    return false;
}
