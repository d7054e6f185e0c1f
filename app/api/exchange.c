/*
 * An exchange: one request that a worker has in hand, and what becomes of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/exchange.h"

#include <stdlib.h>
#include <string.h>

bool
exchange_take_view(struct exchange *exchange, const char *view)
{
    exchange->full = strcmp(view, "full") == 0;
    return exchange->full;
}

void
exchange_end(struct exchange *exchange)
{
    free(exchange->text);
    free(exchange->metadata);
    exchange->text = exchange->metadata = NULL;
}

bool
exchange_is_settled(const struct exchange *exchange)
{
    return exchange->error != API_OK || exchange->work == WORK_NONE;
}

bool
exchange_has_called(const struct exchange *exchange)
{
    return exchange->work == WORK_SETTLE_CHARGE || exchange->work == WORK_SETTLE_REFUND ||
           exchange->work == WORK_CONCLUDE;
}
