/*
 * Timestamps: a moment as a client writes it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_TIMESTAMP_H
#define PAYMENT_API_DOMAIN_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

struct timestamp {
    int64_t seconds;   /* Unix time, cut to the second */
    bool has_fraction; /* the moment is a part of a second later */
};

/* Reads an RFC 3339 date and time with its offset ("2024-06-10T12:00:00Z"), or Unix seconds of up
 * to 12 digits. False: it is neither, or no date of the calendar. */
bool timestamp_parse(const char *text, struct timestamp *timestamp)
    __attribute__((warn_unused_result));

#endif
