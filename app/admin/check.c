/*
 * payment-admin check: what stands between this configuration and a safe service.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "admin/check_processors.h"
#include "admin/command.h"
#include "store/schema_store.h"
#include "worker.h"

#define VALUE_SIZE 128

enum verdict {
    VERDICT_OK,
    VERDICT_WARNING, /* it works, but somebody may regret it */
    VERDICT_PROBLEM, /* it does not work, or money is at risk */
};

static const char *const verdict_names[] = {
    [VERDICT_OK] = "ok",
    [VERDICT_WARNING] = "warning",
    [VERDICT_PROBLEM] = "problem",
};

/* The findings so far. */
struct findings {
    bool json;
    json_t *list;
    int problems;
    bool unreachable;
};

static void __attribute__((format(printf, 4, 5)))
find(struct findings *findings, const char *subject, enum verdict verdict, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    findings->problems += verdict == VERDICT_PROBLEM;
    if (findings->json)
        json_array_append_new(findings->list,
                              json_pack("{s:s, s:s, s:s}", "check", subject, "result",
                                        verdict_names[verdict], "message", text));
    else
        printf("%-8s %-14s %s\n", verdict_names[verdict], subject, text);
}

static void
check_file(const struct admin *admin, struct findings *findings)
{
    struct stat status;

    if (stat(admin->config.path, &status) == 0 && (status.st_mode & S_IROTH) != 0)
        find(findings, "configuration", VERDICT_WARNING,
             "%s can be read by every user of this machine: chmod 640, owned by root and the group"
             " of the workers",
             admin->config.path);
    else
        find(findings, "configuration", VERDICT_OK, "%s", admin->config.path);
}

static void
take_first(void *arg, char **row, const unsigned long *lengths)
{
    char *value = arg;

    (void)lengths;
    snprintf(value, VALUE_SIZE, "%s", row[0] != NULL ? row[0] : "");
}

/* The one value of a query, "" when there is none. false, and a problem, when it was not answered.
 */
static bool
ask(struct database *database, const char *sql, char value[VALUE_SIZE], struct findings *findings,
    const char *subject)
{
    value[0] = '\0';
    if (database_query(database, sql, take_first, value) == DATABASE_DONE)
        return true;
    value[0] = '\0';
    find(findings, subject, VERDICT_PROBLEM, "the server did not answer: %s",
         database_error(database));
    return false;
}

static void
check_transport(struct database *database, struct findings *findings)
{
    char host[VALUE_SIZE], cipher[VALUE_SIZE];

    if (!ask(database, "SELECT SUBSTRING_INDEX(USER(), '@', -1)", host, findings, "TLS") ||
        !ask(database,
             "SELECT variable_value FROM information_schema.session_status"
             " WHERE variable_name = 'Ssl_cipher'",
             cipher, findings, "TLS"))
        return;
    if (cipher[0] != '\0')
        find(findings, "TLS", VERDICT_OK, "the connection is encrypted (%s)", cipher);
    else if (strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0)
        find(findings, "TLS", VERDICT_OK, "not needed: the database is on this machine");
    else
        find(findings, "TLS", VERDICT_PROBLEM,
             "payments cross the network unencrypted: set ssl-ca = FILE and ssl-verify-server-cert "
             "= 1"
             " in [database]");
}

/* One setting of the server that the promises of the program rest on. */
struct demand {
    const char *sql;
    const char *value; /* that it must have */
    bool galera_only;
    const char *advice;
};

static const struct demand demands[] = {
    {"SELECT IF(@@GLOBAL.innodb_flush_log_at_trx_commit IN (1, 3), 1,"
     " @@GLOBAL.innodb_flush_log_at_trx_commit)",
     "1", false,
     "innodb_flush_log_at_trx_commit must be 1, or a payment that was acknowledged can be lost in a"
     " crash"},
    /* With a binary log InnoDB leaves the end of a commit to it, but for 3. */
    {"SELECT IF(@@GLOBAL.log_bin = 0 OR @@GLOBAL.sync_binlog = 1"
     " OR @@GLOBAL.innodb_flush_log_at_trx_commit = 3, 1, @@GLOBAL.sync_binlog)",
     "1", false,
     "sync_binlog must be 1 where the binary log is on, or a payment that was acknowledged can be"
     " lost in a crash"},
    {"SELECT @@GLOBAL.innodb_doublewrite", "1", false,
     "innodb_doublewrite must be on, or a crash can leave torn pages"},
    {"SELECT @@SESSION.innodb_snapshot_isolation", "1", true,
     "innodb_snapshot_isolation is needed on Galera: MariaDB 10.6.18, 10.11.8 or later"},
    {"SELECT @@SESSION.wsrep_sync_wait & 1", "1", true,
     "wsrep_sync_wait must have bit 1, so that what was written on one node is read on another"},
    {"SELECT variable_value FROM information_schema.global_status"
     " WHERE variable_name = 'wsrep_cluster_status'",
     "Primary", true, "this node is not in the primary component of its cluster"},
};

static void
check_settings(struct database *database, struct findings *findings)
{
    char wsrep[VALUE_SIZE], value[VALUE_SIZE];
    bool galera;
    int wrong = 0;

    if (!ask(database,
             "SELECT variable_value FROM information_schema.global_variables"
             " WHERE variable_name = 'wsrep_on'",
             wsrep, findings, "settings"))
        return;
    galera = strcasecmp(wsrep, "ON") == 0 || strcmp(wsrep, "1") == 0;
    for (size_t i = 0; i < sizeof demands / sizeof demands[0]; i++) {
        if (demands[i].galera_only && !galera)
            continue;
        if (!ask(database, demands[i].sql, value, findings, "settings")) {
            find(findings, "settings", VERDICT_PROBLEM, "not known, but: %s", demands[i].advice);
            wrong++;
            continue;
        }
        if (strcmp(value, demands[i].value) != 0 && strcasecmp(value, "ON") != 0) {
            find(findings, "settings", VERDICT_PROBLEM, "%s (it is %s)", demands[i].advice,
                 value[0] != '\0' ? value : "not set");
            wrong++;
        }
    }
    if (wrong == 0)
        find(findings, "settings", VERDICT_OK, "%s",
             galera ? "a Galera node with the settings it needs" : "commits are durable");
}

/* True for a table whose rows end by their age; its name stands behind " ON ". */
static bool
is_pruned(const char *on)
{
    static const char *const tables[] = {"`.`events` ", "`.`webhook_deliveries` ",
                                         "`.`webhook_attempts` "};

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (strstr(on, tables[i]) != NULL)
            return true;
    }
    return false;
}

/*
 * True when the privileges of one line of SHOW GRANTS ("GRANT SELECT (`id`), INSERT ON ...") go
 * beyond reading, inserting, updating single columns, and deleting what is old, or hold for all
 * tables.
 */
static bool
is_excessive(const char *grant)
{
    const char *end = strstr(grant, " ON ");
    bool all_tables = end != NULL && strncmp(grant, "GRANT USAGE", 11) != 0 &&
                      end[4 + strcspn(end + 4, ".")] != '\0' &&
                      end[4 + strcspn(end + 4, ".") + 1] == '*';
    const char *at = grant + strlen("GRANT ");

    while (end != NULL && at < end) {
        size_t length = strcspn(at, " (,");
        const char *next = at + length + strspn(at + length, " ");
        bool columns = *next == '(';

        if (columns)
            next = strchr(next, ')') + 1;
        if (strncmp(at, "UPDATE", length) == 0) {
            if (!columns)
                return true;
        } else if (strncmp(at, "DELETE", length) == 0) {
            if (!is_pruned(end))
                return true;
        } else if (strncmp(at, "SELECT", length) != 0 && strncmp(at, "INSERT", length) != 0 &&
                   strncmp(at, "USAGE", length) != 0) {
            return true;
        }
        at = next + strspn(next, ", ");
    }
    return all_tables || strstr(grant, " WITH GRANT OPTION") != NULL;
}

static void
take_grant(void *arg, char **row, const unsigned long *lengths)
{
    bool *excessive = arg;

    (void)lengths;
    if (row[0] != NULL && strncmp(row[0], "GRANT ", strlen("GRANT ")) == 0)
        *excessive = *excessive || is_excessive(row[0]);
}

/* Statements within a compound one are not checked when it is prepared: ask for them one by one. */
static bool
may_write(struct database *database)
{
    static const char *const statements[] = {
        "EXPLAIN INSERT INTO payments (id) VALUES ('')",
        "EXPLAIN UPDATE payments SET refunded = refunded WHERE id = ''",
        "EXPLAIN INSERT INTO refunds (id) VALUES ('')",
    };
    char ignored[VALUE_SIZE];

    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (database_query(database, statements[i], take_first, ignored) != DATABASE_DONE)
            return false;
    }
    return true;
}

static void
find_helpless(struct findings *findings, const char *why)
{
    find(findings, "privileges", VERDICT_PROBLEM,
         "the workers cannot do their work: %s; run sql/grants.sql, or on shared hosting give the"
         " account all rights to its database",
         why);
}

static void
check_privileges(const struct admin *admin, struct database *database, struct findings *findings)
{
    char error[CONFIG_ERROR_SIZE];
    bool excessive = false;

    if (!worker_check_database(&admin->config, error)) {
        find_helpless(findings, error[0] != '\0' ? error : "the database went away");
        return;
    }
    if (!may_write(database)) {
        find_helpless(findings, database_error(database));
        return;
    }
    if (database_query(database, "SHOW GRANTS", take_grant, &excessive) == DATABASE_DONE &&
        excessive)
        find(findings, "privileges", VERDICT_WARNING,
             "the account in [database] may do more than the workers need: on shared hosting, where"
             " it is the only one, leave it so; elsewhere give them their own, with"
             " sql/grants.sql");
    else
        find(findings, "privileges", VERDICT_OK,
             "the workers' account can do its work, and no more");
}

static void
check_schema(struct database *database, struct findings *findings, bool *serves)
{
    struct schema_version version;
    char text[DATABASE_ERROR_SIZE];

    if (schema_store_read(database, &version) != DATABASE_DONE) {
        find(findings, "schema", VERDICT_PROBLEM, "%s", database_error(database));
        return;
    }
    schema_store_explain(&version, text, sizeof text);
    *serves = schema_store_serves(&version);
    find(findings, "schema", *serves ? VERDICT_OK : VERDICT_PROBLEM, "%s", text);
}

/* The server that was to be connected, with this result: true when it could be. */
static bool
check_server(struct database *database, enum database_result result, const char *host,
             struct findings *findings)
{
    char version[VALUE_SIZE], error[2 * DATABASE_ERROR_SIZE];

    if (result != DATABASE_DONE) {
        findings->unreachable = findings->unreachable || result == DATABASE_UNAVAILABLE;
        admin_explain_connection(database, error, sizeof error);
        find(findings, "database", VERDICT_PROBLEM, "%s%s", host, error);
        return false;
    }
    if (!ask(database, "SELECT VERSION()", version, findings, "database"))
        return false;
    find(findings, "database", VERDICT_OK, "%sconnected to MariaDB %s", host, version);
    check_transport(database, findings);
    check_settings(database, findings);
    return true;
}

/* Each server of a list, since the workers may come to use any of them. */
static bool
check_servers(struct admin *admin, struct database *database, struct findings *findings)
{
    enum database_result result = database_connect(database, admin_deadline(admin));
    size_t count = database_host_count(database);
    bool good = true;

    if (count == 0)
        return check_server(database, result, "", findings);
    for (size_t i = 0; i < count; i++) {
        const char *name = database_use_host(database, i);
        char host[VALUE_SIZE];

        snprintf(host, sizeof host, "%.*s: ", (int)strcspn(name, ","), name);
        result = database_connect(database, admin_deadline(admin));
        good = check_server(database, result, host, findings) && good;
    }
    return good;
}

static void
check_database(struct admin *admin, struct findings *findings)
{
    struct database *database = admin_database(admin, "database", false);
    bool serves = false;

    if (database == NULL) {
        find(findings, "database", VERDICT_PROBLEM, "no memory");
        return;
    }
    if (check_servers(admin, database, findings)) {
        check_schema(database, findings, &serves);
        if (serves)
            check_privileges(admin, database, findings);
    }
    database_free(database);
}

static void
take_processor(void *arg, const char *subject, bool is_good, const char *text)
{
    find(arg, subject, is_good ? VERDICT_OK : VERDICT_PROBLEM, "%s", text);
}

enum admin_exit
check(struct admin *admin)
{
    struct findings findings = {.json = admin->json, .list = json_array()};

    check_file(admin, &findings);
    check_database(admin, &findings);
    check_processors(admin, take_processor, &findings);
    if (admin->json)
        admin_print_json(
            json_pack("{s:b, s:O}", "good", findings.problems == 0, "checks", findings.list));
    json_decref(findings.list);
    if (findings.unreachable)
        return ADMIN_UNAVAILABLE;
    return findings.problems == 0 ? ADMIN_DONE : ADMIN_REFUSED;
}
