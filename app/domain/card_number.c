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

/* A run of digits, single spaces or hyphens between them. */
struct run {
    char digits[CARD_DIGITS_MAX + 1]; /* the first of them */
    size_t count;                     /* all of them */
};

/* Reads the run that the text begins with; the text behind it. */
static const char *
read_run(const char *text, struct run *run)
{
    run->count = 0;
    while (isdigit((unsigned char)*text)) {
        if (run->count < CARD_DIGITS_MAX)
            run->digits[run->count] = *text;
        run->count++;
        text++;
        if ((*text == ' ' || *text == '-') && isdigit((unsigned char)text[1]))
            text++;
    }
    return text;
}

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

bool
card_number_is(const char *text)
{
    struct run run;

    return *read_run(text, &run) == '\0' && is_card_run(&run);
}

bool
card_number_in(const char *text)
{
    while (*text != '\0') {
        struct run run;

        if (!isdigit((unsigned char)*text)) {
            text++;
            continue;
        }
        text = read_run(text, &run);
        if (is_card_run(&run) && is_of_a_brand(&run))
            return true;
    }
    return false;
}
