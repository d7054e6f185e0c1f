/*
 * A refund: money of one payment given back, in whole or in part.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/refund.h"

#include <stddef.h>
#include <string.h>

static const char *const statuses[] = {
    [REFUND_PROCESSING] = "processing",
    [REFUND_SUCCEEDED] = "succeeded",
    [REFUND_FAILED] = "failed",
};

const char *
refund_status_name(enum refund_status status)
{
    return statuses[status];
}

bool
refund_status_parse(const char *name, enum refund_status *status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (strcmp(statuses[i], name) == 0) {
            *status = (enum refund_status)i;
            return true;
        }
    }
    return false;
}

static const char *const origins[] = {
    [REFUND_BY_API] = "api",
    [REFUND_BY_PROCESSOR] = "processor",
};

const char *
refund_origin_name(enum refund_origin origin)
{
    return origins[origin];
}

bool
refund_origin_parse(const char *name, enum refund_origin *origin)
{
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        if (strcmp(origins[i], name) == 0) {
            *origin = (enum refund_origin)i;
            return true;
        }
    }
    return false;
}

bool
refund_same_request(const struct refund *a, const struct refund *b)
{
    return !a->forgotten && !b->forgotten && a->amount == b->amount &&
           identifier_equal(&a->payment_id, &b->payment_id) &&
           metadata_equal(&a->metadata, &b->metadata);
}

bool
refund_same_key(const struct refund *a, const struct refund *b)
{
    return a->idempotency_key[0] != '\0' && a->mode == b->mode &&
           strcmp(a->idempotency_key, b->idempotency_key) == 0 &&
           identifier_equal(&a->merchant_id, &b->merchant_id);
}
