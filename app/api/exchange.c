/*
 * An exchange: one request that a worker has in hand, and what becomes of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/exchange.h"

#include <stdlib.h>

#include "api/representation.h"

void
exchange_set_text(struct exchange *exchange, char *text)
{
    free(exchange->text);
    exchange->text = text;
    exchange->represent = represent_text;
}

void
exchange_end(struct exchange *exchange)
{
    free(exchange->text);
    exchange->text = NULL;
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
