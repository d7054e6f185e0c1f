/*
 * A walk through the ledger, page by page. On a terminal a bar shows how far it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "domain/identifier.h"

#define BAR_WIDTH 40

struct progress {
    bool shown;
    int64_t begin; /* Unix time in milliseconds of what is read first; 0: not known yet */
    int64_t end;   /* of what is read last */
    int64_t count; /* of records so far */
};

static struct progress
begin(const struct walk *walk)
{
    struct progress progress = {.shown = isatty(STDERR_FILENO) != 0 &&
                                         !(walk->rows_come && isatty(STDOUT_FILENO) != 0)};
    struct identifier last;

    /* Where that fails, so will what comes next, and tell why. */
    if (progress.shown && ledger_pages_end(walk->admin->database, admin_deadline(walk->admin),
                                           walk->filter, &last) == STORE_OK)
        progress.end = identifier_made_at(&last);
    return progress;
}

/* A page has been taken. How far it is, is known by time. */
static void
show(struct progress *progress, const struct ledger_page *page)
{
    static const char filled[] = "########################################";
    int64_t at = identifier_made_at(&page->last);
    int64_t percent = 100;
    int width;

    _Static_assert(sizeof filled == BAR_WIDTH + 1, "the whole bar");
    progress->count += page->count;
    if (!progress->shown)
        return;
    if (progress->begin == 0)
        progress->begin = at;
    if (at < progress->end)
        percent = 100 * (at - progress->begin) / (progress->end - progress->begin);
    if (percent < 0)
        percent = 0;
    width = (int)(percent * BAR_WIDTH / 100);
    fprintf(stderr, "\r[%-*.*s] %3" PRId64 " %%  %" PRId64 " records", BAR_WIDTH, width, filled,
            percent, progress->count);
}

enum store_result
walk_ledger(const struct walk *walk)
{
    struct database *database = walk->admin->database;
    struct ledger_page page = ledger_pages_begin(walk->filter);
    struct progress progress = begin(walk);
    enum store_result result;
    bool ends = false;

    do {
        result = ledger_pages_next(database, admin_deadline(walk->admin), walk->filter,
                                   walk->page_size, &page);
        if (result != STORE_OK || page.count == 0)
            break;
        result = walk->page(walk, &page, &ends);
        show(&progress, &page);
    } while (result == STORE_OK && !ends);
    if (progress.shown)
        fputs("\r\033[K", stderr); /* takes the bar away */
    return result;
}
