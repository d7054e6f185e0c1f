/*
 * A notice: what a processor told us unasked.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/notice.h"

#include <stddef.h>
#include <string.h>

static const char *const subjects[] = {
    [NOTICE_PAYMENT] = "payment",
    [NOTICE_REFUND] = "refund",
    [NOTICE_DISPUTE] = "dispute",
};

static const char *const words[] = {
    [NOTICE_SAYS_OTHER] = "other",
    [NOTICE_SAYS_SUCCEEDED] = "succeeded",
    [NOTICE_SAYS_FAILED] = "failed",
};

static const char *const states[] = {
    [NOTICE_OPEN] = "open",
    [NOTICE_DONE] = "done",
    [NOTICE_UNKNOWN] = "unknown",
};

/* The place of a name in a list; count when it is not there. */
static size_t
place_of(const char *const *names, size_t count, const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

const char *
notice_subject_name(enum notice_subject subject)
{
    return subjects[subject];
}

bool
notice_subject_parse(const char *name, enum notice_subject *subject)
{
    size_t count = sizeof subjects / sizeof subjects[0];
    size_t place = place_of(subjects, count, name);

    if (place < count)
        *subject = (enum notice_subject)place;
    return place < count;
}

const char *
notice_word_name(enum notice_word word)
{
    return words[word];
}

bool
notice_word_parse(const char *name, enum notice_word *word)
{
    size_t count = sizeof words / sizeof words[0];
    size_t place = place_of(words, count, name);

    if (place < count)
        *word = (enum notice_word)place;
    return place < count;
}

const char *
notice_state_name(enum notice_state state)
{
    return states[state];
}
