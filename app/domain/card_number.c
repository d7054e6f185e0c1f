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
    bool well_grouped;                /* as people write card numbers, or not at all */
};

/* Groups are of 4 to 6 digits, the last one of 6 at the most: 4-4-4-4, 4-6-5, 4-4-4-1. */
#define GROUP_MIN 4
#define GROUP_MAX 6

/* Reads the run that the text begins with; the text behind it. */
static const char *
read_run(const char *text, struct run *run)
{
    size_t group = 0, longest = 0, shortest = GROUP_MIN;
    bool separated = false;

    run->count = 0;
    while (isdigit((unsigned char)*text)) {
        if (run->count < CARD_DIGITS_MAX)
            run->digits[run->count] = *text;
        run->count++;
        group++;
        longest = group > longest ? group : longest;
        text++;
        if ((*text == ' ' || *text == '-') && isdigit((unsigned char)text[1])) {
            separated = true;
            shortest = group < shortest ? group : shortest;
            group = 0;
            text++;
        }
    }
    run->well_grouped = !separated || (shortest >= GROUP_MIN && longest <= GROUP_MAX);
    return text;
}

/*
 * True when the run begins or ends within a word of hexadecimal digits with letters among them: a
 * hash or a UUID, of which one in some hundred has the digits of a card number by chance.
 */
static bool
is_part_of_hash(const char *text, const char *begin, const char *end)
{
    size_t letters = 0, others = 0;

    while (begin > text && isalnum((unsigned char)begin[-1]))
        begin--;
    while (isalnum((unsigned char)*end))
        end++;
    for (; begin < end; begin++) {
        if (!isalpha((unsigned char)*begin))
            continue;
        if (isxdigit((unsigned char)*begin))
            letters++;
        else
            others++;
    }
    return letters > 0 && others == 0;
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
    return run->well_grouped && run->count >= CARD_DIGITS_MIN && run->count <= CARD_DIGITS_MAX &&
           luhn_holds(run);
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
    const char *at = text;

    while (*at != '\0') {
        const char *begin = at;
        struct run run;

        if (!isdigit((unsigned char)*at)) {
            at++;
            continue;
        }
        at = read_run(at, &run);
        if (is_card_run(&run) && is_of_a_brand(&run) && !is_part_of_hash(text, begin, at))
            return true;
    }
    return false;
}
