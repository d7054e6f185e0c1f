/*
 * payment-admin: what its commands share.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/command.h"
#include "domain/payment.h"
#include "store/merchant_store.h"
#include "store/schema_store.h"

#define GRACE_MINUTES_MAX (365L * 24 * 60)

void
admin_complain(const char *format, ...)
{
    va_list args;

    fputs("payment-admin: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

const char *
admin_group(const struct admin *admin)
{
    return admin->config.has_database_admin ? "database-admin" : "database";
}

struct database *
admin_database(struct admin *admin, const char *group, bool check_schema)
{
    struct database_settings settings = {
        .option_file = admin->config.path,
        .group = group,
        .timeout = admin->config.database_timeout,
        .answer_timeout = admin->answer_timeout,
        .check = check_schema ? schema_store_check : NULL,
        .prepare_on_use = true,
        .log = &admin->log,
    };

    return database_new(&settings);
}

void
admin_explain_connection(const struct database *database, char *text, size_t size)
{
    const char *error = database_error(database);
    const char *user = strstr(error, "for user '");
    bool by_system_user = strstr(error, "(error 1698)") != NULL;

    user = user != NULL ? user + strlen("for user '") : "";
    if (by_system_user && user[0] != '\0' && user[0] != '\'')
        snprintf(text, size,
                 "%s; MariaDB knows this account by the system user of the same name, so:"
                 " runuser -u %.*s -- payment-admin ...",
                 error, (int)strcspn(user, "'"), user);
    else
        snprintf(text, size, "%s", error);
}

void
admin_complain_connection(const struct database *database)
{
    char text[2 * DATABASE_ERROR_SIZE];

    admin_explain_connection(database, text, sizeof text);
    admin_complain("%s", text);
}

enum sheet_format
admin_format(const struct admin *admin)
{
    if (admin->json)
        return SHEET_JSON;
    return admin->csv ? SHEET_CSV : SHEET_TABLE;
}

struct deadline
admin_deadline(const struct admin *admin)
{
    return deadline_in_ms((int64_t)admin->config.request_timeout * 1000);
}

enum admin_exit
admin_store_failure(const struct admin *admin, enum store_result result, const char *what)
{
    if (result == STORE_NOT_FOUND) {
        admin_complain("there is no such %s", what);
        return ADMIN_REFUSED;
    }
    admin_complain("the database did not do it: %s", database_error(admin->database));
    return result == STORE_UNAVAILABLE ? ADMIN_UNAVAILABLE : ADMIN_REFUSED;
}

void
admin_print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(value);
}

bool
admin_check_name(const char *what, const char *text)
{
    json_t *valid = json_string(text); /* NULL for what is not UTF-8 */
    bool good = valid != NULL && text[0] != '\0' && utf8_length(text) <= MERCHANT_NAME_MAX;

    for (const char *c = text; *c != '\0'; c++)
        good = good && !iscntrl((unsigned char)*c);
    json_decref(valid);
    if (!good)
        admin_complain("%s must be 1 to %d characters of UTF-8, without control characters", what,
                       MERCHANT_NAME_MAX);
    return good;
}

bool
admin_audit(const struct admin *admin, struct audit_entry *entry, const char *object,
            const char *detail)
{
    const struct passwd *user = getpwuid(getuid());
    const char *sudo_user = getenv("SUDO_USER");
    int64_t now = clock_wall_ms();

    if (admin->reason != NULL && !admin_check_name("the reason", admin->reason))
        return false;
    *entry = (struct audit_entry){
        .done_at = now,
        .system_user = user != NULL ? user->pw_name : "a user without a name",
        .sudo_user = sudo_user != NULL && sudo_user[0] != '\0' ? sudo_user : NULL,
        .act = admin->act,
        .object = object,
        .detail = detail,
        .reason = admin->reason,
    };
    if (identifier_new(now, &entry->id))
        return true;
    admin_complain("libcrypto has no random bytes");
    return false;
}

bool
admin_parse_moment(const char *text, int64_t *unix_ms)
{
    char again[CLOCK_TEXT_SIZE];
    size_t length = strlen(text);
    struct tm moment;
    const char *end;

    memset(&moment, 0, sizeof moment);
    end =
        strptime(text, length == strlen("2024-06-10") ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &moment);
    if (end == NULL || *end != '\0')
        return false;
    *unix_ms = (int64_t)timegm(&moment) * 1000;
    if (*unix_ms < 0)
        return false;
    /* A day that no month has (02-30) would have become another one. */
    clock_format(*unix_ms, again);
    return length < sizeof again && memcmp(again, text, length) == 0;
}

bool
admin_take_moment(const char *option, const char *text, int64_t *unix_ms)
{
    if (text == NULL || admin_parse_moment(text, unix_ms))
        return true;
    admin_complain("%s: '%s' is neither a day (YYYY-MM-DD) nor a second (YYYY-MM-DDTHH:MM:SSZ)",
                   option, text);
    return false;
}

bool
admin_range(const struct admin *admin, int64_t *since, int64_t *until)
{
    *since = 0;
    *until = (INT64_C(1) << 48) - 1; /* of an identifier */
    return admin_take_moment("--since", admin->since, since) &&
           admin_take_moment("--until", admin->until, until);
}

bool
admin_limit(const struct admin *admin, int64_t *limit)
{
    char *end = NULL;

    *limit = ADMIN_LIMIT;
    if (admin->limit == NULL)
        return true;
    errno = 0;
    *limit = strtoll(admin->limit, &end, 10);
    if (errno == 0 && *end == '\0' && admin->limit[0] >= '0' && admin->limit[0] <= '9' &&
        *limit >= 1 && *limit <= ADMIN_LIMIT_MAX)
        return true;
    admin_complain("--limit must be a number from 1 to %d", ADMIN_LIMIT_MAX);
    return false;
}

bool
admin_grace(const struct admin *admin, int64_t *grace_ms)
{
    static const struct {
        const char *unit;
        int64_t minutes;
    } units[] = {{"m", 1}, {"h", 60}, {"d", 24 * INT64_C(60)}};
    const char *text = admin->grace != NULL ? admin->grace : "24h";
    char *end = NULL;
    long number;

    number = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : -1;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && number >= 0; i++) {
        if (strcmp(end, units[i].unit) == 0 && number <= GRACE_MINUTES_MAX / units[i].minutes) {
            *grace_ms = number * units[i].minutes * INT64_C(60000);
            return true;
        }
    }
    admin_complain("--grace must be a number of minutes, hours or days, up to 365d: 30m, 24h, 7d");
    return false;
}
