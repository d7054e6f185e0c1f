/*
 * Events as they are read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/event_list.h"

#include <string.h>

#include "store/binding.h"

enum {
    BY_ID,
    PAGE,
    PAGE_BACKWARD,
    PAGE_OF_TYPE,
    PAGE_OF_TYPE_BACKWARD,
    PAGE_OF_OBJECT,
    PAGE_OF_OBJECT_BACKWARD,
};

#define OWNED "merchant_id = ? AND mode = ?"
#define EVENT_PAGE(index, condition, order)                                                     \
    "SELECT body FROM events FORCE INDEX (" index ") WHERE " condition " AND id > ? AND id < ?" \
    " ORDER BY id " order " LIMIT ?"

/* An object has few events: those of a type are sought among them. */
#define OF_TYPE OWNED " AND type = ?"
#define OF_OBJECT "object_id = ? AND " OWNED " AND type = IFNULL(?, type)"

static const struct statement statements[] = {
    [BY_ID] = {.name = "event by id",
               .sql = "SELECT body FROM events WHERE id = ? AND " OWNED,
               .parameters = 3,
               .columns = 1,
               .late = true},
    [PAGE] = {.name = "events, a page",
              .sql = EVENT_PAGE("events_list", OWNED, "DESC"),
              .parameters = 5,
              .columns = 1,
              .late = true},
    [PAGE_BACKWARD] = {.name = "events, a page backward",
                       .sql = EVENT_PAGE("events_list", OWNED, "ASC"),
                       .parameters = 5,
                       .columns = 1,
                       .late = true},
    [PAGE_OF_TYPE] = {.name = "events of a type, a page",
                      .sql = EVENT_PAGE("events_type_list", OF_TYPE, "DESC"),
                      .parameters = 6,
                      .columns = 1,
                      .late = true},
    [PAGE_OF_TYPE_BACKWARD] = {.name = "events of a type, a page backward",
                               .sql = EVENT_PAGE("events_type_list", OF_TYPE, "ASC"),
                               .parameters = 6,
                               .columns = 1,
                               .late = true},
    [PAGE_OF_OBJECT] = {.name = "events of an object, a page",
                        .sql = EVENT_PAGE("events_object_list", OF_OBJECT, "DESC"),
                        .parameters = 7,
                        .columns = 1,
                        .late = true},
    [PAGE_OF_OBJECT_BACKWARD] = {.name = "events of an object, a page backward",
                                 .sql = EVENT_PAGE("events_object_list", OF_OBJECT, "ASC"),
                                 .parameters = 7,
                                 .columns = 1,
                                 .late = true},
};

const struct statement_set event_list_statements = {statements,
                                                    sizeof statements / sizeof statements[0]};

#define PARAMETERS_MAX 7

struct finding {
    const struct identifier *merchant_id;
    enum mode mode;
    const struct event_listing *listing; /* or NULL: the one of this id */
    const struct identifier *id;
    struct event_text *texts;
    size_t limit;
    size_t *count;
    struct column column;
    char body[EVENT_BODY_SIZE];
};

static enum database_result
take(void *arg)
{
    struct finding *finding = arg;

    if (*finding->count >= finding->limit)
        return DATABASE_DONE;
    column_end(&finding->column, finding->body);
    memcpy(finding->texts[(*finding->count)++].body, finding->body, sizeof finding->body);
    return DATABASE_DONE;
}

static enum database_result
execute(struct database *database, struct finding *finding, const struct statement *statement,
        MYSQL_BIND *parameters)
{
    MYSQL_BIND columns[] = {column_text(&finding->column, finding->body, sizeof finding->body)};

    *finding->count = 0;
    return database_execute_rows(database, statement, parameters, columns, take, finding);
}

static enum database_result
find_one(struct database *database, void *arg)
{
    struct finding *finding = arg;
    MYSQL_BIND parameters[] = {
        bind_identifier(finding->id),
        bind_identifier(finding->merchant_id),
        bind_text(mode_name(finding->mode)),
    };

    return execute(database, finding, &statements[BY_ID], parameters);
}

static enum database_result
find(struct database *database, void *arg)
{
    struct finding *finding = arg;
    const struct event_listing *listing = finding->listing;
    const struct page *page = &listing->page;
    const char *type = listing->type >= 0 ? event_type_name((enum event_type)listing->type) : NULL;
    int64_t rows = page->limit + 1;
    MYSQL_BIND parameters[PARAMETERS_MAX];
    MYSQL_BIND *next = parameters;
    size_t statement = PAGE;

    if (listing->has_object) {
        statement = PAGE_OF_OBJECT;
        *next++ = bind_identifier(&listing->object_id);
    } else if (type != NULL) {
        statement = PAGE_OF_TYPE;
    }
    *next++ = bind_identifier(finding->merchant_id);
    *next++ = bind_text(mode_name(finding->mode));
    if (statement != PAGE)
        *next++ = bind_text(type);
    *next++ = bind_identifier(&page->after);
    *next++ = bind_identifier(&page->before);
    *next++ = bind_number(&rows);
    return execute(database, finding, &statements[statement + (page->backward ? 1 : 0)],
                   parameters);
}

enum store_result
event_list_find_one(struct database *database, struct deadline deadline,
                    const struct identifier *merchant_id, enum mode mode,
                    const struct identifier *id, struct event_text *text)
{
    size_t count = 0;
    struct finding finding = {.merchant_id = merchant_id,
                              .mode = mode,
                              .id = id,
                              .texts = text,
                              .limit = 1,
                              .count = &count};
    enum database_result result = database_run(database, deadline, find_one, &finding);

    return store_result_of(result, count == 1 ? STORE_OK : STORE_NOT_FOUND);
}

enum store_result
event_list_find(struct database *database, struct deadline deadline,
                const struct identifier *merchant_id, enum mode mode,
                const struct event_listing *listing, struct event_text *texts, size_t *count)
{
    struct finding finding = {.merchant_id = merchant_id,
                              .mode = mode,
                              .listing = listing,
                              .texts = texts,
                              .limit = (size_t)listing->page.limit + 1,
                              .count = count};

    *count = 0;
    return store_result_of(database_run(database, deadline, find, &finding), STORE_OK);
}
