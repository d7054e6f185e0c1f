/*
 * What is on record: payments and refunds as they are committed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_KEPT_H
#define PAYMENT_API_SIMULATION_KEPT_H

#include "domain/identifier.h"
#include "tables.h"

/* A payment or refund on record. */
struct record {
    bool is_refund;
    char id[IDENTIFIER_TEXT_SIZE];
    char payment[IDENTIFIER_TEXT_SIZE]; /* of a refund */
    const char *status;
    const char *key; /* "" */
    const char *reference;
    const char *mode, *processor, *source, *description;
    unsigned merchant;
    int64_t amount, refunded, due_at;
    bool is_returned; /* a refund that came back */
};

/* A row of one of the two tables. */
struct record kept_record(const struct table *table, const struct value *values);

/* All of "payments" or "refunds"; they stand until this is called for that table again. */
struct record *kept_read(const char *name, size_t *count);

const struct record *kept_find(const struct record *records, size_t count, const char *id);

/* True when nothing is "processing". */
bool kept_is_settled(void);

#endif
