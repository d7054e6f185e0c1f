/*
 * Timestamps: a moment as a client writes it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/timestamp.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define UNIX_DIGITS_MAX 12

/* Reads so many digits; -1 when they are not there. The text is moved on. */
static int
take_digits(const char **text, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)(*text)[i]))
            return -1;
        value = value * 10 + ((*text)[i] - '0');
    }
    *text += count;
    return value;
}

static bool
take_character(const char **text, char upper)
{
    if (toupper((unsigned char)**text) != upper)
        return false;
    (*text)++;
    return true;
}

/* Reads digits with something behind them: "10:". */
static bool
take_field(const char **text, int digits, char behind, int *value)
{
    *value = take_digits(text, digits);
    return *value >= 0 && (behind == '\0' || take_character(text, behind));
}

/* "Z", "+02:00": seconds east of UTC. */
static bool
take_offset(const char **text, int64_t *offset)
{
    int sign = **text == '-' ? -1 : 1;
    int hours, minutes;

    *offset = 0;
    if (take_character(text, 'Z'))
        return true;
    if (!take_character(text, '+') && !take_character(text, '-'))
        return false;
    if (!take_field(text, 2, ':', &hours) || !take_field(text, 2, '\0', &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *offset = (int64_t)sign * (hours * 60 + minutes) * 60;
    return true;
}

/* ".123": some digits, of which one at least counts when it is not 0. */
static bool
take_fraction(const char **text, bool *has_fraction)
{
    size_t digits;

    *has_fraction = false;
    if (**text != '.')
        return true;
    (*text)++;
    digits = strspn(*text, "0123456789");
    *has_fraction = strspn(*text, "0") < digits;
    *text += digits;
    return digits > 0;
}

static bool
parse_date(const char *text, struct timestamp *timestamp)
{
    struct tm utc = {.tm_isdst = 0};
    int year, month, day, hour, minute, second;
    int64_t offset;

    if (!take_field(&text, 4, '-', &year) || !take_field(&text, 2, '-', &month) ||
        !take_field(&text, 2, 'T', &day) || !take_field(&text, 2, ':', &hour) ||
        !take_field(&text, 2, ':', &minute) || !take_field(&text, 2, '\0', &second) ||
        !take_fraction(&text, &timestamp->has_fraction) || !take_offset(&text, &offset) ||
        *text != '\0')
        return false;
    if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60)
        return false;
    utc.tm_year = year - 1900;
    utc.tm_mon = month - 1;
    utc.tm_mday = day;
    timestamp->seconds =
        (int64_t)timegm(&utc) + hour * (int64_t)3600 + minute * (int64_t)60 + second - offset;
    return utc.tm_mday == day; /* timegm() makes the 31st of June the 1st of July */
}

bool
timestamp_parse(const char *text, struct timestamp *timestamp)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > UNIX_DIGITS_MAX || text[digits] != '\0')
        return parse_date(text, timestamp);
    timestamp->seconds = 0;
    timestamp->has_fraction = false;
    for (; *text != '\0'; text++)
        timestamp->seconds = timestamp->seconds * 10 + (*text - '0');
    return true;
}
