/*
 * How far a reading of the ledger is: a bar on a terminal, nothing elsewhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "domain/identifier.h"

#define BAR_WIDTH 40

void
progress_begin(struct progress *progress, const struct admin *admin,
               const struct ledger_filter *filter, bool rows_come)
{
    struct identifier last;

    *progress = (struct progress){.shown = isatty(STDERR_FILENO) != 0 &&
                                           !(rows_come && isatty(STDOUT_FILENO) != 0)};
    /* Where that fails, so will what comes next, and tell why. */
    if (progress->shown &&
        ledger_pages_end(admin->database, admin_deadline(admin), filter, &last) == STORE_OK)
        progress->end = identifier_made_at(&last);
}

void
progress_show(struct progress *progress, const struct ledger_page *page)
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

void
progress_end(const struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}
