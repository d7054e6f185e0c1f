/*
 * POST /processors/{name}/events: what a processor tells.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/notices.h"

#include <string.h>

#include "api/representation.h"
#include "store/notice_store.h"

#define FORGED_EACH_MS 60000

static void
keep(struct service *service, struct exchange *exchange)
{
    exchange->error = error_of_store(
        notice_store_keep(service->database, exchange->deadline, &exchange->telling.notice),
        API_INTERNAL_ERROR);
}

/* Anybody can send what is not signed: at most one line a minute is a warning. */
static enum log_level
level_of_forged(void)
{
    static int64_t told_at = INT64_MIN / 2;
    int64_t now = clock_monotonic_ms();

    if (now - told_at < FORGED_EACH_MS)
        return LOG_LEVEL_INFO;
    told_at = now;
    return LOG_LEVEL_WARNING;
}

/* An operator has to know why none arrives; the sender does not. */
static void
tell(const struct service *service, enum log_level level, const struct processor *processor,
     const char *what)
{
    log_write(&service->log, level, "an event for [processor %s] was refused: %s", processor->name,
              what);
}

static enum api_error
check_body(const struct exchange *exchange)
{
    switch (exchange->body_status) {
    case BODY_OK:
        return exchange->processor != NULL ? API_OK : API_INVALID_SIGNATURE;
    case BODY_TOO_LARGE:
        return API_BODY_TOO_LARGE;
    case BODY_BROKEN:
        return API_INVALID_SIGNATURE;
    case BODY_LATE:
        break;
    }
    return API_UNAVAILABLE;
}

enum api_error
notices_take(const struct service *service, struct exchange *exchange)
{
    const struct processor *processor = exchange->processor;
    struct notice *notice = &exchange->telling.notice;
    int64_t now = clock_wall_ms();
    enum api_error error = check_body(exchange);

    if (error != API_OK)
        return error;
    memset(notice, 0, sizeof *notice);
    exchange->represent = represent_received;
    switch (processor->type->event(processor, exchange->telling.signature, exchange->body,
                                   exchange->body_length, now, notice)) {
    case PROCESSOR_EVENT_TAKEN:
        break;
    case PROCESSOR_EVENT_OF_NOTHING:
        return API_OK;
    case PROCESSOR_EVENT_FORGED:
        tell(service, level_of_forged(), processor, "it is not signed with event_secret");
        return API_INVALID_SIGNATURE;
    case PROCESSOR_EVENT_STALE:
        tell(service, LOG_LEVEL_WARNING, processor,
             "it was signed too long ago by this machine's clock");
        return API_INVALID_SIGNATURE;
    case PROCESSOR_EVENT_MALFORMED:
        tell(service, LOG_LEVEL_WARNING, processor,
             "it is genuine, and no event that this program understands");
        return API_INVALID_JSON;
    }
    if (!identifier_new(now, &notice->id))
        return API_INTERNAL_ERROR;
    strcpy(notice->processor, processor->name);
    notice->mode = processor->mode;
    notice->received_at = now;
    /* A payment without an id of ours is somebody else's, who uses the same account. */
    notice->state =
        notice->subject == NOTICE_PAYMENT && !notice->has_record ? NOTICE_UNKNOWN : NOTICE_OPEN;
    exchange->work = WORK_ALONE;
    exchange->alone = keep;
    return API_OK;
}
