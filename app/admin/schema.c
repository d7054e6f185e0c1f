/*
 * payment-admin schema: status, upgrade.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/claim.h"
#include "admin/command.h"
#include "store/schema_store.h"

#define UPGRADE_TIMEOUT (7 * 24 * 3600)   /* seconds: a large table takes its time to be altered */
#define SCRIPT_SIZE_MAX ((size_t)1048576) /* bytes */

static enum admin_exit
read_version(const struct admin *admin, struct schema_version *version)
{
    enum database_result result = schema_store_read(admin->database, version);

    if (result == DATABASE_DONE)
        return ADMIN_DONE;
    admin_complain("%s", database_error(admin->database));
    return result == DATABASE_UNAVAILABLE ? ADMIN_UNAVAILABLE : ADMIN_REFUSED;
}

/* Connects without asking for a current schema, and reads which one is there. */
static enum admin_exit
open_and_read(struct admin *admin, struct schema_version *version)
{
    enum database_result result = DATABASE_FAILED;

    admin->database = admin_database(admin, admin_group(admin), false);
    if (admin->database == NULL) {
        admin_complain("no memory");
        return ADMIN_REFUSED;
    }
    result = database_connect(admin->database, admin_deadline(admin));
    if (result == DATABASE_DONE)
        return read_version(admin, version);
    admin_complain_connection(admin->database);
    return result == DATABASE_UNAVAILABLE ? ADMIN_UNAVAILABLE : ADMIN_REFUSED;
}

/* running: the upgrade that is at work, NULL for none. */
static void
show(const struct admin *admin, const struct schema_version *version, const struct claim *running)
{
    char text[DATABASE_ERROR_SIZE];

    schema_store_explain(version, text, sizeof text);
    if (running != NULL)
        claim_explain(running, text, sizeof text);
    if (admin->json)
        admin_print_json(json_pack(
            "{s:i, s:i, s:s, s:o}", "version", version->version, "expected", SCHEMA_VERSION,
            "state", schema_state_name(version->state), "running",
            running != NULL ? json_pack("{s:s, s:s, s:i, s:s}", "since", running->began_at, "host",
                                        running->host, "process", (int)running->process,
                                        "connection", running->connection)
                            : json_null()));
    else
        printf("%s: %s\n", schema_state_name(version->state), text);
}

static bool
lacks_migrations(const struct schema_version *version)
{
    return version->state == SCHEMA_EMPTY || version->state == SCHEMA_OUTDATED ||
           version->state == SCHEMA_HALF_UPGRADED;
}

enum admin_exit
schema_status(struct admin *admin)
{
    struct schema_version version;
    struct claim claim;
    bool running = false;
    enum admin_exit status = open_and_read(admin, &version);

    if (status == ADMIN_DONE && lacks_migrations(&version) &&
        claim_look(admin, &claim, &running) != DATABASE_DONE) {
        admin_complain("%s", database_error(admin->database));
        status = ADMIN_UNAVAILABLE;
    }
    if (status == ADMIN_DONE) {
        show(admin, &version, running ? &claim : NULL);
        status = schema_store_serves(&version) ? ADMIN_DONE : ADMIN_REFUSED;
    }
    database_free(admin->database);
    return status;
}

/* The text of a migration, for the caller to free; NULL after a complaint. */
static char *
read_script(const char *path)
{
    char *text = malloc(SCRIPT_SIZE_MAX + 1);
    FILE *file = fopen(path, "re");
    size_t length = 0;

    if (file != NULL && text != NULL)
        length = fread(text, 1, SCRIPT_SIZE_MAX + 1, file);
    if (file == NULL || text == NULL || ferror(file) || length > SCRIPT_SIZE_MAX) {
        admin_complain("%s: %s", path,
                       length > SCRIPT_SIZE_MAX ? "larger than any migration" : strerror(errno));
        free(text);
        text = NULL;
    } else {
        text[length] = '\0';
    }
    if (file != NULL)
        fclose(file);
    return text;
}

/* The path of migration NUMBER in the directory; false after a complaint. */
static bool
find_script(const char *directory, int number, char *path, size_t size)
{
    char pattern[PATH_MAX];
    bool found = false;
    glob_t files;

    if (snprintf(pattern, sizeof pattern, "%s/%04d_*.sql", directory, number) <
        (int)sizeof pattern) {
        if (glob(pattern, 0, NULL, &files) == 0) {
            found = files.gl_pathc == 1 && strlen(files.gl_pathv[0]) < size;
            if (found)
                strcpy(path, files.gl_pathv[0]);
            globfree(&files);
        }
    }
    if (!found)
        admin_complain("there is no one file %s: give --directory, the folder sql of payment-api",
                       pattern);
    return found;
}

static enum database_result
insert_entry(struct database *database, void *arg)
{
    return audit_store_insert(database, arg);
}

/* A migration is no transaction: its row comes behind it. */
static enum admin_exit
note_migration(struct admin *admin, int number)
{
    struct audit_entry entry;
    char detail[32];

    snprintf(detail, sizeof detail, "version %d", number);
    if (!admin_audit(admin, &entry, "schema", detail))
        return ADMIN_REFUSED;
    if (database_run(admin->database, admin_deadline(admin), insert_entry, &entry) == DATABASE_DONE)
        return ADMIN_DONE;
    admin_complain("the audit: %s", database_error(admin->database));
    return ADMIN_REFUSED;
}

static enum admin_exit
migrate(struct admin *admin, int number, struct schema_version *version)
{
    char path[PATH_MAX];
    char *script = NULL;
    enum database_result result;

    if (!find_script(admin->directory, number, path, sizeof path))
        return ADMIN_REFUSED;
    script = read_script(path);
    if (script == NULL)
        return ADMIN_REFUSED;
    result = database_script(admin->database, script);
    free(script);
    if (result == DATABASE_DONE)
        result = schema_store_read(admin->database, version);
    if (result != DATABASE_DONE) {
        admin_complain("%s: %s", path, database_error(admin->database));
        return result == DATABASE_UNAVAILABLE ? ADMIN_UNAVAILABLE : ADMIN_REFUSED;
    }
    if (version->version != number) {
        admin_complain("%s: ran to its end, but the schema does not have its version", path);
        return ADMIN_REFUSED;
    }
    if (!admin->json)
        printf("Ran %s.\n", path);
    return number >= AUDIT_SCHEMA_VERSION ? note_migration(admin, number) : ADMIN_DONE;
}

/* Of the one that has the claim. */
static enum admin_exit
upgrade(struct admin *admin, const struct claim_hold *hold, struct schema_version *version)
{
    enum admin_exit status = read_version(admin, version); /* the last owner may have changed it */

    if (status == ADMIN_DONE && version->state == SCHEMA_HALF_UPGRADED && !admin->resume) {
        admin_complain(
            "migration %d of the schema began, did not end, and does not run any more: see"
            " what stopped it, then run 'payment-admin schema upgrade --resume'",
            version->broken);
        return ADMIN_REFUSED;
    }
    while (status == ADMIN_DONE && version->version < SCHEMA_VERSION) {
        status = claim_keep(admin, hold);
        if (status == ADMIN_DONE)
            status = migrate(admin, version->version + 1, version);
    }
    return status;
}

/* What is left to do, by one program at a time. */
static enum admin_exit
claim_and_upgrade(struct admin *admin, struct schema_version *version)
{
    struct claim_hold hold;
    enum admin_exit status = claim_take(admin, &hold);

    if (status == ADMIN_DONE) {
        status = upgrade(admin, &hold, version);
        claim_release(admin, &hold);
    }
    return status;
}

enum admin_exit
schema_upgrade(struct admin *admin)
{
    struct schema_version version;
    char text[DATABASE_ERROR_SIZE];
    enum admin_exit status;

    admin->answer_timeout = UPGRADE_TIMEOUT;
    status = open_and_read(admin, &version);
    if (status == ADMIN_DONE && version.state == SCHEMA_NEWER) {
        schema_store_explain(&version, text, sizeof text);
        admin_complain("%s", text);
        status = ADMIN_REFUSED;
    }
    if (status == ADMIN_DONE && lacks_migrations(&version))
        status = claim_and_upgrade(admin, &version);
    if (status == ADMIN_DONE)
        show(admin, &version, NULL);
    database_free(admin->database);
    return status;
}
