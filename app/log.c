/*
 * The log: one line a record, to standard error or syslog, with the request id on each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "clock.h"

#define RECORD_SIZE 1024 /* longer records are cut */

static const struct {
    const char *name;
    int priority; /* of syslog(3) */
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", LOG_ERR},      [LOG_LEVEL_WARNING] = {"warning", LOG_WARNING},
    [LOG_LEVEL_NOTICE] = {"notice", LOG_NOTICE}, [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
};

static const char *const targets[] = {
    [LOG_TARGET_STDERR] = "stderr",
    [LOG_TARGET_SYSLOG] = "syslog",
};

static const char *const formats[] = {
    [LOG_FORMAT_TEXT] = "text",
    [LOG_FORMAT_LOGFMT] = "logfmt",
    [LOG_FORMAT_JSON] = "json",
};

bool
log_level_parse(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(levels[i].name, name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool
log_target_parse(const char *name, enum log_target *target)
{
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        if (strcmp(targets[i], name) == 0) {
            *target = (enum log_target)i;
            return true;
        }
    }
    return false;
}

bool
log_format_parse(const char *name, enum log_format *format)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i], name) == 0) {
            *format = (enum log_format)i;
            return true;
        }
    }
    return false;
}

void
log_open(const struct log *log)
{
    if (log->target == LOG_TARGET_SYSLOG)
        openlog("payment-api", LOG_PID, LOG_DAEMON);
}

/* A record is one line: whatever would break it or move a terminal's cursor becomes a "?". */
static void
replace_controls(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

bool
log_is_wanted(const struct log *log, enum log_level level)
{
    return !log->silent && level <= log->level;
}

/* "2024-06-10T12:00:00.123Z" */
static void
format_time(char text[CLOCK_TEXT_SIZE + 4])
{
    int64_t now = clock_wall_ms();

    clock_format(now, text);
    snprintf(text + CLOCK_TEXT_SIZE - 2, 6, ".%03uZ", (unsigned)(now % 1000) % 1000);
}

void
log_event(const struct log *log, enum log_level level, const char *event,
          const struct log_field *fields, size_t count)
{
    struct log_record record;
    char time[CLOCK_TEXT_SIZE + 4];

    if (!log_is_wanted(log, level))
        return;
    format_time(time);
    log_record_begin(&record, log->format);
    log_record_add(&record, &(struct log_field){.name = "time", .text = time});
    log_record_add(&record, &(struct log_field){.name = "level", .text = levels[level].name});
    log_record_add(&record, &(struct log_field){.name = "pid", .number = (int64_t)getpid()});
    if (log->request_id != NULL)
        log_record_add(&record, &(struct log_field){.name = "request_id", .text = log->request_id});
    log_record_add(&record, &(struct log_field){.name = "message", .text = event});
    for (size_t i = 0; i < count; i++)
        log_record_add(&record, &fields[i]);
    log_record_end(&record);
    if (log->target == LOG_TARGET_SYSLOG)
        syslog(levels[level].priority, "%.*s", (int)record.length - 1, record.text);
    else if (write(STDERR_FILENO, record.text, record.length) < 0)
        return; /* see log_write() */
}

void
log_write(const struct log *log, enum log_level level, const char *format, ...)
{
    char message[RECORD_SIZE];
    char record[RECORD_SIZE + 128];
    va_list args;
    int length;

    if (!log_is_wanted(log, level))
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (log->format != LOG_FORMAT_TEXT) {
        log_event(log, level, message, NULL, 0);
        return;
    }
    replace_controls(message);

    if (log->target == LOG_TARGET_SYSLOG) {
        syslog(levels[level].priority, "%s%s%s", log->request_id != NULL ? log->request_id : "",
               log->request_id != NULL ? ": " : "", message);
        return;
    }
    length = snprintf(record, sizeof record, "payment-api[%ld] %s: %.64s%s%s\n", (long)getpid(),
                      levels[level].name, log->request_id != NULL ? log->request_id : "",
                      log->request_id != NULL ? ": " : "", message);
    /* One write, so that the lines of several workers do not mix; a full disk is no reason to stop.
     */
    if (length > 0 && write(STDERR_FILENO, record, strlen(record)) < 0)
        return;
}
