/*
 * One schema upgrade at a time: takes the claim, keeps it while the migrations run, and tells an
 * upgrade that runs from one that died.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/claim.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BEAT_MS 1000
#define WATCH_MS 10000 /* an owner that did not beat for so long is dead */
#define LOOK_MS 250
#define TRIES_MAX 5

/* A new token, and where this program runs; false without random bytes. */
static bool
name_owner(struct claim *claim)
{
    unsigned char bytes[(CLAIM_TOKEN_SIZE - 1) / 2];

    memset(claim, 0, sizeof *claim);
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(claim->token + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    if (gethostname(claim->host, sizeof claim->host - 1) != 0)
        strcpy(claim->host, "unknown");
    /* It becomes part of a statement. */
    for (char *c = claim->host; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-')
            *c = '_';
    }
    claim->process = (long)getpid();
    return true;
}

enum database_result
claim_look(struct admin *admin, struct claim *claim, bool *alive)
{
    struct deadline end = deadline_in_ms(WATCH_MS);
    enum database_result result = claim_store_read(admin->database, claim);
    struct claim now = *claim;

    *alive = false;
    while (result == DATABASE_DONE && now.token[0] != '\0') {
        /* Another owner has come, or the beat: both are signs of life. */
        *alive = now.locked || strcmp(now.token, claim->token) != 0 ||
                 strcmp(now.beat, claim->beat) != 0;
        if (*alive || deadline_left_ms(end) == 0)
            break;
        clock_sleep_ms(LOOK_MS);
        result = claim_store_read(admin->database, &now);
    }
    *claim = now;
    return result;
}

void
claim_explain(const struct claim *claim, char *text, size_t size)
{
    snprintf(text, size,
             "another upgrade is running since %s (host %s, process %ld, database connection %s):"
             " wait for its end",
             claim->began_at, claim->host, claim->process, claim->connection);
}

struct beating {
    const char *token;
    bool held;
};

static enum database_result
beat(struct database *database, void *arg)
{
    struct beating *beating = arg;

    return claim_store_beat(database, beating->token, &beating->held);
}

/*
 * Of a process of its own, since the one that upgrades waits for its statement, maybe for hours. It
 * ends when the other end of the pipe is closed, in whatever way that process ends.
 */
static void __attribute__((noreturn))
beat_until_closed(struct admin *admin, const char *token, int fd)
{
    struct beating beating = {.token = token, .held = true};
    struct pollfd end = {.fd = fd, .events = POLLIN};
    struct database *database = NULL;

    admin->answer_timeout = 0; /* an answer to a beat is as quick as any other */
    database = admin_database(admin, admin_group(admin), false);
    while (database != NULL && beating.held && poll(&end, 1, BEAT_MS) == 0) {
        /* One that fails is followed by the next. */
        if (database_run(database, admin_deadline(admin), beat, &beating) != DATABASE_DONE)
            continue;
    }
    _exit(0);
}

static bool
start_beating(struct admin *admin, struct claim_hold *hold)
{
    int ends[2];

    if (pipe(ends) != 0)
        return false;
    fflush(NULL); /* what is in a buffer would be written twice otherwise */
    hold->child = fork();
    if (hold->child == 0) {
        close(ends[1]);
        beat_until_closed(admin, hold->claim.token, ends[0]);
    }
    close(ends[0]);
    hold->pipe = ends[1];
    if (hold->child > 0)
        return true;
    close(ends[1]);
    return false;
}

static enum admin_exit
fail(const struct admin *admin, enum database_result result)
{
    admin_complain("the claim to upgrade the schema: %s", database_error(admin->database));
    return result == DATABASE_UNAVAILABLE ? ADMIN_UNAVAILABLE : ADMIN_REFUSED;
}

enum admin_exit
claim_take(struct admin *admin, struct claim_hold *hold)
{
    enum database_result result = claim_store_prepare(admin->database);
    struct claim other = {.token = ""};
    char text[DATABASE_ERROR_SIZE];
    bool taken = false;
    bool alive = false;

    if (!name_owner(&hold->claim)) {
        admin_complain("libcrypto has no random bytes");
        return ADMIN_REFUSED;
    }
    for (int tries = 0; result == DATABASE_DONE && !taken && !alive && tries < TRIES_MAX; tries++) {
        result = claim_store_take(admin->database, &hold->claim, &other, &taken);
        if (result == DATABASE_DONE && !taken)
            result = claim_look(admin, &other, &alive);
    }
    if (result != DATABASE_DONE)
        return fail(admin, result);
    if (!taken) {
        claim_explain(&other, text, sizeof text);
        admin_complain("%s", text);
        return ADMIN_REFUSED;
    }
    if (!start_beating(admin, hold)) {
        admin_complain("no second process could be started");
        /* Where this fails, too, the claim ends with the connection. */
        (void)!claim_store_release(admin->database, hold->claim.token);
        return ADMIN_REFUSED;
    }
    return ADMIN_DONE;
}

enum admin_exit
claim_keep(struct admin *admin, const struct claim_hold *hold)
{
    bool held = false;
    enum database_result result = claim_store_beat(admin->database, hold->claim.token, &held);

    if (result != DATABASE_DONE)
        return fail(admin, result);
    if (held)
        return ADMIN_DONE;
    admin_complain("another upgrade took this one for dead and went on in its place");
    return ADMIN_REFUSED;
}

void
claim_release(struct admin *admin, struct claim_hold *hold)
{
    close(hold->pipe);
    while (waitpid(hold->child, NULL, 0) < 0 && errno == EINTR)
        ;
    /* A row that is left behind is found dead by the next one. */
    if (claim_store_release(admin->database, hold->claim.token) != DATABASE_DONE)
        admin_complain("the claim to upgrade the schema: %s", database_error(admin->database));
}
