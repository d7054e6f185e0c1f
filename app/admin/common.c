/*
 * payment-admin: what its commands share.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "domain/payment.h"
#include "store/merchant_store.h"
#include "store/schema_store.h"

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
admin_database(struct admin *admin, const char *group, const struct statement_set *const *sets,
               size_t set_count, bool check_schema)
{
    struct database_settings settings = {
        .option_file = admin->config.path,
        .group = group,
        .timeout = admin->config.database_timeout,
        .answer_timeout = admin->answer_timeout,
        .check = check_schema ? schema_store_check : NULL,
        .sets = sets,
        .set_count = set_count,
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
