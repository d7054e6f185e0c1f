/*
 * The log: one line a record, to standard error or syslog, with the request id on each.
 *
 * Nothing that a client sends is logged but the request id, the method and the route's pattern:
 * no header, no body, no path.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_LOG_H
#define PAYMENT_API_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "log_record.h"

enum log_level {
    LOG_LEVEL_ERROR,   /* somebody must act */
    LOG_LEVEL_WARNING, /* it went on, but look at it */
    LOG_LEVEL_NOTICE,  /* start, stop, new configuration */
    LOG_LEVEL_INFO,    /* one line a request */
    LOG_LEVEL_DEBUG,
};

enum log_target {
    LOG_TARGET_STDERR,
    LOG_TARGET_SYSLOG,
};

struct log {
    enum log_target target;
    enum log_level level; /* records above this level are dropped */
    enum log_format format;
    bool silent;            /* drop all records: whoever reads the results reports them */
    const char *request_id; /* of the request in hand, NULL between requests; not owned */
};

/* Connects to syslog where that is the target; the ident is the program's name. */
void log_open(const struct log *log);

void log_write(const struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* True when a record of this level is not dropped. */
bool log_is_wanted(const struct log *log, enum log_level level);

/* A record of named values, for a format that has them; event says what happened. */
void log_event(const struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);

/* "error", "warning", ...; the parse functions are false for any other word. */
bool log_level_parse(const char *name, enum log_level *level);
bool log_target_parse(const char *name, enum log_target *target);
bool log_format_parse(const char *name, enum log_format *format);

#endif
