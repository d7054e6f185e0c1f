/*
 * What is on record in the end.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>

#include "calls.h"
#include "records.h"
#include "store/binding.h"
#include "store/payment_store.h"

/* What no call shows: the columns of which the program reads no more than it needs. */
static const struct statement rests[] = {
    {.name = "payments",
     .sql = "SELECT id, NULL, NULL, refunded, look_at FROM payments ORDER BY id",
     .columns = 5},
    {.name = "refunds",
     .sql = "SELECT id, payment_id, metadata, amount, look_at FROM refunds ORDER BY id",
     .columns = 5},
    {.name = "attempts",
     .sql = "SELECT id, record_id, detail, 1, made_at FROM attempts ORDER BY id",
     .columns = 5},
    {.name = "events",
     .sql = "SELECT id, object_id, body, 1, created_at FROM events ORDER BY id",
     .columns = 5},
    {.name = "audit",
     .sql = "SELECT id, NULL, system_user, 1, done_at FROM audit ORDER BY id",
     .columns = 5},
    {.name = "merchants",
     .sql = "SELECT id, NULL, live_processor, live_events, disabled_at FROM merchants ORDER BY id",
     .columns = 5},
    {.name = "keys",
     .sql = "SELECT id, merchant_id, label, 1, revoked_at FROM api_keys ORDER BY id",
     .columns = 5},
};

struct rest {
    const struct statement *statement;
    struct column columns[5];
    struct identifier id, other;
    char text[1024];
    int64_t number;
    MYSQL_TIME time;
};

static enum database_result
say_rest(void *arg)
{
    struct rest *rest = arg;

    column_end(&rest->columns[2], rest->text);
    say("   %s", rest->statement->name);
    say_id(&rest->id);
    if (!rest->columns[1].is_null)
        say_id(&rest->other);
    say(" [%s] %" PRId64 " %" PRId64 "\n", rest->text, rest->number,
        rest->columns[4].is_null ? 0 : time_from_column(&rest->time));
    return DATABASE_DONE;
}

static enum database_result
read_rests(struct database *database, void *arg)
{
    enum database_result result = DATABASE_DONE;

    (void)arg;
    for (size_t i = 0; i < sizeof rests / sizeof rests[0] && result == DATABASE_DONE; i++) {
        struct rest rest = {.statement = &rests[i]};
        MYSQL_BIND columns[] = {
            column_bytes(&rest.columns[0], rest.id.bytes, IDENTIFIER_SIZE),
            column_bytes(&rest.columns[1], rest.other.bytes, IDENTIFIER_SIZE),
            column_text(&rest.columns[2], rest.text, sizeof rest.text),
            column_number(&rest.columns[3], &rest.number),
            column_time(&rest.columns[4], &rest.time),
        };

        result = database_execute_rows(database, rest.statement, NULL, columns, say_rest, &rest);
    }
    return result;
}

void
calls_show_all(struct client *client)
{
    size_t count;
    const struct payment *payments = noted_payments(&count);

    for (size_t i = 0; i < count; i++) {
        struct payment found;
        struct payment_search search = {.merchant_id = &payments[i].merchant_id,
                                        .id = &payments[i].id,
                                        .mode = payments[i].mode,
                                        .payment = &found};

        payment_store_find(client->database, no_deadline(), &search, 1);
        if (search.result == STORE_OK)
            say_payment(&found);
    }
    say("   %d\n", (int)database_run(client->database, no_deadline(), read_rests, NULL));
}
