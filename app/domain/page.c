/*
 * A page of a list: which records of it are wanted, by their time-ordered identifiers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/page.h"

#include <string.h>

#define TIME_BYTES 6 /* of an identifier, in front: milliseconds */
#define TIME_MAX ((INT64_C(1) << 48) - 1)

void
page_init(struct page *page)
{
    page->limit = PAGE_LIMIT_DEFAULT;
    page->backward = false;
    memset(&page->after, 0, sizeof page->after);
    memset(&page->before, 0xff, sizeof page->before);
}

static int
compare(const struct identifier *a, const struct identifier *b)
{
    return memcmp(a->bytes, b->bytes, IDENTIFIER_SIZE);
}

void
page_only_after(struct page *page, const struct identifier *id)
{
    if (compare(id, &page->after) > 0)
        page->after = *id;
}

void
page_only_before(struct page *page, const struct identifier *id)
{
    if (compare(id, &page->before) < 0)
        page->before = *id;
}

/* The lowest value of a millisecond (0), or its highest (0xff). */
static struct identifier
bound_of(int64_t unix_ms, unsigned char fill)
{
    struct identifier bound;

    if (unix_ms < 0 || unix_ms > TIME_MAX) {
        memset(&bound, unix_ms < 0 ? 0 : 0xff, sizeof bound);
        return bound;
    }
    memset(&bound, fill, sizeof bound);
    for (int i = 0; i < TIME_BYTES; i++)
        bound.bytes[i] = (unsigned char)(unix_ms >> (8 * (TIME_BYTES - 1 - i)));
    return bound;
}

void
page_only_made_before(struct page *page, int64_t unix_ms)
{
    struct identifier bound = bound_of(unix_ms, 0);

    page_only_before(page, &bound);
}

/* From this moment on: above the last identifier that was possible before it. */
static void
only_made_from(struct page *page, int64_t unix_ms)
{
    struct identifier bound = bound_of(unix_ms - 1, 0xff);

    page_only_after(page, &bound);
}

void
page_only_created(struct page *page, enum page_relation relation, const struct timestamp *moment)
{
    int64_t second_ms = moment->seconds * 1000;
    int64_t next_ms = second_ms + 1000;

    /* Whole seconds are compared: a moment within one is above it, and below the next. */
    switch (relation) {
    case PAGE_GTE:
        only_made_from(page, moment->has_fraction ? next_ms : second_ms);
        break;
    case PAGE_GT:
        only_made_from(page, next_ms);
        break;
    case PAGE_LTE:
        page_only_made_before(page, next_ms);
        break;
    case PAGE_LT:
        page_only_made_before(page, moment->has_fraction ? next_ms : second_ms);
        break;
    }
}

bool
page_take_limit(struct page *page, const char *text)
{
    int64_t limit = 0;

    if (text[0] < '1' || text[0] > '9' || strlen(text) > 3)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        limit = limit * 10 + (*text - '0');
    }
    if (limit > PAGE_LIMIT_MAX)
        return false;
    page->limit = limit;
    return true;
}
