/*
 * Card numbers sent by mistake: they must be refused before they are stored or logged.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/card_number.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_DIGITS_MIN 13
#define CARD_DIGITS_MAX 19
#define MARKED_GROUP_MIN 4
#define MARKED_GROUP_MAX 8
#define UUID_LENGTH 36
#define TOKEN_LENGTH_MIN 24 /* 96 bits */
#define TOKEN_LETTERS_MIN 3

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

/* What a character is to a card number. */
enum symbol_kind {
    SYMBOL_DIGIT,
    SYMBOL_BLANK, /* a space, a dash, or nothing that can be seen */
    SYMBOL_MARK,  /* other punctuation, the end of a line */
    SYMBOL_OTHER, /* a letter, a sign that begins another number; the end of the text */
};

struct symbol {
    enum symbol_kind kind;
    uint32_t code_point; /* the ASCII one for a full-width form */
    char digit;          /* '0' to '9' for a digit */
    size_t length;       /* bytes, 0 at the end of the text */
};

/* What may stand between digits; neither '#', for order numbers, nor '$', for amounts. */
static const struct {
    uint32_t first;
    uint32_t last;
    enum symbol_kind kind;
} between[] = {
    {0x09, 0x09, SYMBOL_BLANK},
    {0x0a, 0x0d, SYMBOL_MARK},
    {' ', ' ', SYMBOL_BLANK},
    {'!', '"', SYMBOL_MARK},
    {'%', ',', SYMBOL_MARK},
    {'-', '-', SYMBOL_BLANK},
    {'.', '/', SYMBOL_MARK},
    {':', '@', SYMBOL_MARK},
    {'[', '`', SYMBOL_MARK},
    {'{', '~', SYMBOL_MARK},
    {0x0085, 0x0085, SYMBOL_MARK},  /* next line */
    {0x00a0, 0x00a0, SYMBOL_BLANK}, /* no-break space */
    {0x00a6, 0x00a6, SYMBOL_MARK},  /* broken bar */
    {0x00ad, 0x00ad, SYMBOL_BLANK}, /* soft hyphen */
    {0x00b7, 0x00b7, SYMBOL_MARK},  /* middle dot */
    {0x2000, 0x2015, SYMBOL_BLANK}, /* spaces, invisible characters, dashes */
    {0x2016, 0x2027, SYMBOL_MARK},  /* quotation marks, bullets, dots */
    {0x2028, 0x202f, SYMBOL_BLANK},
    {0x2030, 0x205e, SYMBOL_MARK},
    {0x205f, 0x206f, SYMBOL_BLANK},
    {0x2212, 0x2212, SYMBOL_BLANK}, /* minus sign */
    {0x2215, 0x2223, SYMBOL_MARK},  /* slash, dot and bar of mathematics */
    {0x22c5, 0x22c5, SYMBOL_MARK},
    {0x2500, 0x2501, SYMBOL_BLANK}, /* lines of boxes */
    {0x2502, 0x2503, SYMBOL_MARK},
    {0x2e3a, 0x2e3b, SYMBOL_BLANK}, /* long dashes */
    {0x3000, 0x3000, SYMBOL_BLANK}, /* ideographic space, comma, full stop */
    {0x3001, 0x3002, SYMBOL_MARK},
    {0x301c, 0x301c, SYMBOL_BLANK}, /* what Japanese keyboards have for a dash, and for a dot */
    {0x30fb, 0x30fb, SYMBOL_MARK},
    {0x30fc, 0x30fc, SYMBOL_BLANK},
    {0xfe0e, 0xfe0f, SYMBOL_BLANK}, /* variation selectors */
    {0xfe58, 0xfe58, SYMBOL_BLANK}, /* small dashes */
    {0xfe63, 0xfe63, SYMBOL_BLANK},
    {0xfeff, 0xfeff, SYMBOL_BLANK}, /* byte order mark */
    {0xff65, 0xff65, SYMBOL_MARK},  /* half-width forms of 0x30fb and 0x30fc */
    {0xff70, 0xff70, SYMBOL_BLANK},
};

/* The zeros of other scripts' decimal digits: category Nd of Unicode's basic plane. */
static const uint32_t zeros[] = {
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
};

/* Digits that may be a card number. */
struct number {
    char digits[CARD_DIGITS_MAX];
    size_t count;
    size_t group;       /* digits of the last group */
    bool marked;        /* more than spaces and dashes stood between the groups */
    bool uneven_groups; /* a group before the last is not as long as those on a card */
};

/* The character that the text begins with. Bytes that are no UTF-8 are characters of one byte. */
static uint32_t
decode(const char *text, size_t *length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint32_t code_point = bytes[0];
    size_t more = bytes[0] >= 0xf0 ? 3 : bytes[0] >= 0xe0 ? 2 : 1;

    *length = bytes[0] != '\0' ? 1 : 0;
    if (bytes[0] < 0xc0)
        return code_point < 0x80 ? code_point : UINT32_MAX;
    code_point &= 0x3fU >> more;
    for (size_t i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return UINT32_MAX;
        code_point = code_point << 6 | (bytes[i] & 0x3f);
    }
    *length = 1 + more;
    return code_point;
}

static int
digit_of(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point >= '0' && code_point <= '9' ? (int)(code_point - '0') : -1;
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        if (code_point >= zeros[i] && code_point <= zeros[i] + 9)
            return (int)(code_point - zeros[i]);
    }
    return -1;
}

static enum symbol_kind
kind_between_digits(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        if (code_point >= between[i].first && code_point <= between[i].last)
            return between[i].kind;
    }
    return SYMBOL_OTHER;
}

static struct symbol
read_symbol(const char *text)
{
    struct symbol symbol = {.kind = SYMBOL_DIGIT};
    int digit;

    symbol.code_point = decode(text, &symbol.length);
    if (symbol.code_point >= 0xff01 && symbol.code_point <= 0xff5e) /* full-width '!' to '~' */
        symbol.code_point -= 0xff01 - '!';
    digit = digit_of(symbol.code_point);
    if (digit >= 0)
        symbol.digit = (char)('0' + digit);
    else
        symbol.kind = kind_between_digits(symbol.code_point);
    return symbol;
}

/* ISO/IEC 7812-1 annex B. */
static bool
luhn_holds(const struct number *number)
{
    int sum = 0;

    for (size_t i = 0; i < number->count; i++) {
        int digit = number->digits[number->count - 1 - i] - '0';

        if (i % 2 == 1)
            digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
        sum += digit;
    }
    return sum % 10 == 0;
}

/* As many digits as card numbers have, grouped as this header says, with a right check digit. */
static bool
is_card(const struct number *number)
{
    return number->count >= CARD_DIGITS_MIN && number->count <= CARD_DIGITS_MAX &&
           (!number->marked || (!number->uneven_groups && number->group <= MARKED_GROUP_MAX)) &&
           luhn_holds(number);
}

static bool
is_of_a_brand(const struct number *number)
{
    int first = 0;

    for (int i = 0; i < 4; i++)
        first = first * 10 + (number->digits[i] - '0');
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (first >= ranges[i].first && first <= ranges[i].last &&
            number->count >= (size_t)ranges[i].shortest &&
            number->count <= (size_t)ranges[i].longest)
            return true;
    }
    return false;
}

/* Adds the digits that the text begins with; the text behind them, NULL when they do not fit. */
static const char *
add_group(struct number *number, const char *text)
{
    if (number->count > 0 && (number->group < MARKED_GROUP_MIN || number->group > MARKED_GROUP_MAX))
        number->uneven_groups = true;
    number->group = 0;
    for (;;) {
        struct symbol symbol = read_symbol(text);

        if (symbol.kind != SYMBOL_DIGIT)
            return text;
        if (number->count == CARD_DIGITS_MAX)
            return NULL;
        number->digits[number->count++] = symbol.digit;
        number->group++;
        text += symbol.length;
    }
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
 * The length of the random token that the text begins with, 0 for none: a UUID, or a long word of
 * hexadecimal digits with letters here and there. One in 1500 of either has, by chance, digits in
 * it that look like a card number.
 */
static size_t
token_length(const char *text)
{
    size_t length = 0, letters = 0;

    if (begins_uuid(text))
        return UUID_LENGTH;
    for (; isxdigit((unsigned char)text[length]); length++) {
        if (isalpha((unsigned char)text[length]) &&
            (length == 0 || !isalpha((unsigned char)text[length - 1])))
            letters++;
    }
    return length >= TOKEN_LENGTH_MIN && letters >= TOKEN_LETTERS_MIN &&
                   !isalnum((unsigned char)text[length])
               ? length
               : 0;
}

/* True for a comma or semicolon in a list: no digit follows it at once. */
static bool
separates_items(const struct symbol *mark, const char *behind)
{
    return (mark->code_point == ',' || mark->code_point == ';') &&
           read_symbol(behind).kind != SYMBOL_DIGIT;
}

/* The next group of digits of a number whose last one ends here; NULL when there is none. */
static const char *
next_group(struct number *number, const char *text)
{
    for (;;) {
        struct symbol symbol = read_symbol(text);

        switch (symbol.kind) {
        case SYMBOL_DIGIT:
            return token_length(text) == 0 ? text : NULL;
        case SYMBOL_BLANK:
            break;
        case SYMBOL_MARK:
            if (separates_items(&symbol, text + symbol.length))
                return NULL;
            number->marked = true;
            break;
        case SYMBOL_OTHER:
            return NULL;
        }
        text += symbol.length;
    }
}

bool
card_number_is(const char *text)
{
    struct number number = {.count = 0};
    const char *group;

    if (read_symbol(text).kind != SYMBOL_DIGIT)
        return false;
    do {
        text = add_group(&number, text);
        if (text == NULL)
            return false;
        group = next_group(&number, text);
        text = group != NULL ? group : text;
    } while (group != NULL);
    return *text == '\0' && is_card(&number);
}

/*
 * True when a card number begins with the group of digits here. It may end with any group, since
 * what follows it may be more digits: "4242 4242 4242 4242 12/27". No more than 19 groups are
 * looked at, so the work is in proportion to the length of the text.
 */
static bool
begins_card_number(const char *group)
{
    struct number number = {.count = 0};

    while (group != NULL) {
        const char *end = add_group(&number, group);

        if (end == NULL)
            return false;
        if (is_card(&number) && is_of_a_brand(&number))
            return true;
        group = next_group(&number, end);
    }
    return false;
}

bool
card_number_in(const char *text)
{
    enum symbol_kind before = SYMBOL_OTHER;
    bool in_word = false;

    while (*text != '\0') {
        struct symbol symbol = read_symbol(text);
        size_t token = in_word ? 0 : token_length(text);

        if (token > 0) {
            symbol = (struct symbol){.kind = SYMBOL_OTHER, .length = token};
        } else if (symbol.kind == SYMBOL_DIGIT && before != SYMBOL_DIGIT &&
                   begins_card_number(text)) {
            return true;
        }
        text += symbol.length;
        before = symbol.kind;
        in_word = isalnum((unsigned char)text[-1]) != 0;
    }
    return false;
}
