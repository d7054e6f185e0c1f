/*
 * Notices in the database.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/notice_store.h"

#include <string.h>

#include "store/attempt_store.h"
#include "store/binding.h"

enum {
    INSERT,
    DUE,
    POSTPONE,
    END,
    OWNER_OF_PAYMENT,
    OWNER_OF_REFUND,
    HINT_PAYMENT,
    HINT_REFUND,
};

#define COLUMN_COUNT 10
#define HINT " SET look_at = LEAST(IFNULL(look_at, ?), ?) WHERE id = ? AND status = 'processing'"

static const struct statement statements[] = {
    [INSERT] = {.name = "notice insert",
                .sql = "INSERT INTO notices (id, processor, mode, event_id, kind, subject, says,"
                       " record_id, reference, state, received_at, look_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                .parameters = 12,
                .late = true},
    [DUE] = {.name = "notices due",
             .sql =
                 "SELECT id, processor, mode, event_id, kind, subject, says, record_id, reference,"
                 " received_at FROM notices FORCE INDEX (notices_look_at) WHERE look_at <= ?"
                 " ORDER BY look_at LIMIT 16 FOR UPDATE SKIP LOCKED",
             .parameters = 1,
             .columns = COLUMN_COUNT,
             .late = true},
    [POSTPONE] = {.name = "notice claim",
                  .sql = "UPDATE notices FORCE INDEX (PRIMARY) SET look_at = ?"
                         " WHERE id = ? AND state = 'open'",
                  .parameters = 2,
                  .late = true},
    [END] = {.name = "notice end",
             .sql = "UPDATE notices FORCE INDEX (PRIMARY) SET state = ?, look_at = NULL"
                    " WHERE id = ? AND state = 'open'",
             .parameters = 2,
             .late = true},
    [OWNER_OF_PAYMENT] = {.name = "merchant of a payment",
                          .sql = "SELECT merchant_id, mode FROM payments WHERE id = ?",
                          .parameters = 1,
                          .columns = 2,
                          .late = true},
    [OWNER_OF_REFUND] = {.name = "merchant of a refund",
                         .sql = "SELECT merchant_id, mode FROM refunds WHERE id = ?",
                         .parameters = 1,
                         .columns = 2,
                         .late = true},
    [HINT_PAYMENT] = {.name = "payment hint",
                      .sql = "UPDATE payments" HINT,
                      .parameters = 3,
                      .late = true},
    [HINT_REFUND] = {.name = "refund hint",
                     .sql = "UPDATE refunds" HINT,
                     .parameters = 3,
                     .late = true},
};

const struct statement_set notice_statements = {statements,
                                                sizeof statements / sizeof statements[0]};

static enum database_result
insert(struct database *database, void *arg)
{
    const struct notice *notice = *(const struct notice *const *)arg;
    MYSQL_TIME received_at = time_to_column(notice->received_at);
    MYSQL_BIND parameters[] = {
        bind_identifier(&notice->id),
        bind_text(notice->processor),
        bind_text(mode_name(notice->mode)),
        bind_text(notice->event_id),
        bind_text(notice->kind),
        bind_text(notice_subject_name(notice->subject)),
        bind_text(notice_word_name(notice->says)),
        notice->has_record ? bind_identifier(&notice->record_id) : bind_text(NULL),
        bind_text(notice->reference),
        bind_text(notice_state_name(notice->state)),
        bind_time(&received_at),
        bind_time(notice->state == NOTICE_OPEN ? &received_at : NULL),
    };
    size_t rows;
    enum database_result result =
        database_execute(database, &statements[INSERT], parameters, NULL, &rows);

    /* It is there: by an earlier try, or because it was sent before. */
    return result == DATABASE_DUPLICATE ? DATABASE_DONE : result;
}

enum store_result
notice_store_keep(struct database *database, struct deadline deadline, const struct notice *notice)
{
    return store_result_of(database_run(database, deadline, insert, &notice), STORE_OK);
}

/* One row of what is due, as the columns leave it. */
struct due_row {
    struct column columns[COLUMN_COUNT];
    struct notice notice;
    char mode[8], subject[16], says[16];
    MYSQL_TIME received_at;
};

struct claim {
    int64_t now; /* Unix time in milliseconds */
    struct notice *notices;
    size_t count;
    struct due_row row;
    struct text_rows ids;
    struct time_rows look_at;
};

static enum database_result
take_due(void *arg)
{
    struct claim *claim = arg;
    struct due_row *row = &claim->row;
    struct notice *notice = &row->notice;

    column_end(&row->columns[1], notice->processor);
    column_end(&row->columns[2], row->mode);
    column_end(&row->columns[3], notice->event_id);
    column_end(&row->columns[4], notice->kind);
    column_end(&row->columns[5], row->subject);
    column_end(&row->columns[6], row->says);
    column_end(&row->columns[8], notice->reference);
    notice->has_record = !row->columns[7].is_null;
    notice->state = NOTICE_OPEN;
    notice->received_at = time_from_column(&row->received_at);
    if (!mode_parse(row->mode, &notice->mode) ||
        !notice_subject_parse(row->subject, &notice->subject) ||
        !notice_word_parse(row->says, &notice->says) || claim->count == NOTICE_CLAIM_MAX)
        return DATABASE_FAILED;
    claim->notices[claim->count] = *notice;
    set_identifier(&claim->ids, claim->count, &claim->notices[claim->count].id);
    set_time(&claim->look_at, claim->count, attempt_next_look_at(notice->received_at, claim->now));
    claim->count++;
    return DATABASE_DONE;
}

static enum database_result
claim_due(struct database *database, void *arg)
{
    struct claim *claim = arg;
    struct due_row *row = &claim->row;
    struct notice *notice = &row->notice;
    MYSQL_TIME until = time_to_column(claim->now);
    MYSQL_BIND parameters[] = {bind_time(&until)};
    MYSQL_BIND columns[COLUMN_COUNT] = {
        column_bytes(&row->columns[0], notice->id.bytes, IDENTIFIER_SIZE),
        column_text(&row->columns[1], notice->processor, sizeof notice->processor),
        column_text(&row->columns[2], row->mode, sizeof row->mode),
        column_text(&row->columns[3], notice->event_id, sizeof notice->event_id),
        column_text(&row->columns[4], notice->kind, sizeof notice->kind),
        column_text(&row->columns[5], row->subject, sizeof row->subject),
        column_text(&row->columns[6], row->says, sizeof row->says),
        column_bytes(&row->columns[7], notice->record_id.bytes, IDENTIFIER_SIZE),
        column_text(&row->columns[8], notice->reference, sizeof notice->reference),
        column_time(&row->columns[9], &row->received_at),
    };
    MYSQL_BIND postponed[] = {bind_time_rows(&claim->look_at), bind_text_rows(&claim->ids)};
    enum database_result result;
    size_t rows;

    claim->count = 0;
    result =
        database_execute_rows(database, &statements[DUE], parameters, columns, take_due, claim);
    if (result == DATABASE_DONE && claim->count > 0)
        result =
            database_execute_group(database, &statements[POSTPONE], postponed, claim->count, &rows);
    return result;
}

/* Without locks between the rows, on which new notices would have to wait. */
static enum database_result
claim_at_once(struct database *database, void *arg)
{
    enum database_result result = database_lock_rows_only(database);

    return result == DATABASE_DONE ? database_transaction(database, claim_due, arg) : result;
}

enum store_result
notice_store_claim(struct database *database, struct deadline deadline,
                   struct notice notices[NOTICE_CLAIM_MAX], size_t *count)
{
    struct claim claim = {.now = clock_wall_ms(), .notices = notices};
    enum database_result result = database_run(database, deadline, claim_at_once, &claim);

    *count = result == DATABASE_DONE ? claim.count : 0;
    return store_result_of(result, STORE_OK);
}

struct owner {
    const struct identifier *id;
    bool is_refund;
    struct identifier *merchant_id;
    enum mode *mode;
    bool found;
};

static enum database_result
find_owner(struct database *database, void *arg)
{
    struct owner *owner = arg;
    struct column columns[2];
    char mode[8];
    MYSQL_BIND parameters[] = {bind_identifier(owner->id)};
    MYSQL_BIND results[] = {
        column_bytes(&columns[0], owner->merchant_id->bytes, IDENTIFIER_SIZE),
        column_text(&columns[1], mode, sizeof mode),
    };
    size_t rows;
    enum database_result result = database_execute(
        database, &statements[owner->is_refund ? OWNER_OF_REFUND : OWNER_OF_PAYMENT], parameters,
        results, &rows);

    owner->found = result == DATABASE_DONE && rows > 0;
    if (!owner->found)
        return result;
    column_end(&columns[1], mode);
    return mode_parse(mode, owner->mode) ? DATABASE_DONE : DATABASE_FAILED;
}

enum store_result
notice_store_find_owner(struct database *database, struct deadline deadline, bool is_refund,
                        const struct identifier *id, struct identifier *merchant_id,
                        enum mode *mode) /* NOLINT(readability-non-const-parameter): is written */
{
    struct owner owner = {
        .id = id, .is_refund = is_refund, .merchant_id = merchant_id, .mode = mode};
    enum database_result result = database_run(database, deadline, find_owner, &owner);

    return store_result_of(result, owner.found ? STORE_OK : STORE_NOT_FOUND);
}

struct hint {
    const struct identifier *id;
    bool is_refund;
};

static enum database_result
write_hint(struct database *database, void *arg)
{
    const struct hint *hint = arg;
    MYSQL_TIME now = time_to_column(clock_wall_ms());
    MYSQL_BIND parameters[] = {bind_time(&now), bind_time(&now), bind_identifier(hint->id)};
    size_t rows;

    return database_execute(database, &statements[hint->is_refund ? HINT_REFUND : HINT_PAYMENT],
                            parameters, NULL, &rows);
}

enum store_result
notice_store_hint(struct database *database, struct deadline deadline, bool is_refund,
                  const struct identifier *id)
{
    struct hint hint = {.id = id, .is_refund = is_refund};

    return store_result_of(database_run(database, deadline, write_hint, &hint), STORE_OK);
}

static enum database_result
write_end(struct database *database, void *arg)
{
    const struct notice_ending *ending = arg;
    struct attempt_record records[STORE_GROUP_MAX];
    MYSQL_BIND parameters[] = {bind_text(notice_state_name(ending->state)),
                               bind_identifier(&ending->notice->id)};
    enum database_result result = DATABASE_DONE;
    size_t count = 0;
    size_t rows;

    for (; count < ending->attempt_count && count < STORE_GROUP_MAX; count++)
        records[count] = (struct attempt_record){.attempt = &ending->attempts[count],
                                                 .record_id = ending->record_id};
    if (count > 0)
        result = attempt_store_insert(database, records, count);
    if (result == DATABASE_DONE && ending->state != NOTICE_OPEN)
        result = database_execute(database, &statements[END], parameters, NULL, &rows);
    return result;
}

static enum database_result
end_at_once(struct database *database, void *arg)
{
    return database_transaction(database, write_end, arg);
}

enum store_result
notice_store_end(struct database *database, struct deadline deadline,
                 const struct notice_ending *ending)
{
    struct notice_ending copy = *ending;

    if (copy.state == NOTICE_OPEN && copy.attempt_count == 0)
        return STORE_OK;
    return store_result_of(database_run(database, deadline, end_at_once, &copy), STORE_OK);
}

struct listing {
    notice_seen *seen;
    void *arg;
};

static void
show(void *arg, char **row, const unsigned long *lengths)
{
    const struct listing *listing = arg;
    struct notice_row notice = {
        .received_at = row[0],
        .state = row[1],
        .processor = row[2],
        .kind = row[3],
        .subject = row[4],
        .reference = row[5],
        .event_id = row[6],
    };
    struct identifier id;

    if (row[7] != NULL && lengths[7] == IDENTIFIER_SIZE) {
        memcpy(id.bytes, row[7], IDENTIFIER_SIZE);
        identifier_format(strcmp(notice.subject, notice_subject_name(NOTICE_REFUND)) == 0
                              ? IDENTIFIER_REFUND
                              : IDENTIFIER_PAYMENT,
                          &id, notice.record);
    }
    listing->seen(listing->arg, &notice);
}

#define LIST                                                                                  \
    "SELECT DATE_FORMAT(received_at, '%Y-%m-%dT%H:%i:%sZ'), state, processor, kind, subject," \
    " reference, event_id, record_id FROM notices"
#define NEWEST " ORDER BY id DESC LIMIT 500"

enum store_result
notice_store_list(struct database *database, enum notice_choice choice, notice_seen *seen,
                  void *arg)
{
    static const char *const queries[] = {
        [NOTICES_OPEN] = LIST " WHERE state = 'open'" NEWEST,
        [NOTICES_UNKNOWN] = LIST " WHERE state = 'unknown'" NEWEST,
        [NOTICES_ALL] = LIST NEWEST,
    };
    struct listing listing = {.seen = seen, .arg = arg};

    return store_result_of(database_query(database, queries[choice], show, &listing), STORE_OK);
}
