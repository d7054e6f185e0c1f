/*
 * Pages of lists as statements.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/page_slots.h"

#include <string.h>

#include "store/binding.h"

void
page_bind(struct page_binding *binding, const struct page *page, const MYSQL_BIND *condition,
          size_t condition_count, const char *(*status_name)(int status), int status)
{
    MYSQL_BIND *next = binding->parameters;

    binding->page = *page;
    binding->rows = page->limit + 1;
    for (int i = 0; i < PAGE_STATUSES; i++) {
        /* Nothing is above an identifier and below it, too: a status that is not wanted. */
        bool wanted = status < 0 || status == i;

        memcpy(next, condition, condition_count * sizeof *condition);
        next += condition_count;
        *next++ = bind_text(status_name(i));
        *next++ = bind_identifier(&binding->page.after);
        *next++ = bind_identifier(wanted ? &binding->page.before : &binding->page.after);
        *next++ = bind_number(&binding->rows);
    }
    *next++ = bind_number(&binding->rows);
    binding->count = (size_t)(next - binding->parameters);
}
