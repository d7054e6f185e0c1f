/*
 * Makes https calls as it is told: the room outbound/ with a loop and nothing else.
 *
 * A line of standard input is "PEER METHOD URL DEADLINE_MS [BODY_LENGTH]": PEER is a number below
 * PEERS_MAX. A line "wait" waits until no call is under way; a line "sleep MS" stalls the loop.
 * What stands before a "wait" is started at once. Each call prints a line when it ends: its number,
 * the result, the status, the answer's length, milliseconds, Retry-After and the error.
 *
 * Usage: outbound_probe CA_FILE [PROXY]
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "loop.h"
#include "outbound/outbound.h"

#define PEERS_MAX 4
#define CALLS_MAX 4096
#define LINE_SIZE 4096

/* One line. */
struct probe {
    struct outbound_call call; /* first */
    unsigned number;
    int64_t started;
    char url[2048];
};

static struct outbound_peer peers[PEERS_MAX];
static struct probe *probes[CALLS_MAX];
static unsigned probe_count;
static bool in_start; /* ended() must not be called meanwhile */
static char *body;    /* of the largest POST */

static const char *const result_names[] = {
    [OUTBOUND_ANSWERED] = "answered",
    [OUTBOUND_NOT_SENT] = "not_sent",
    [OUTBOUND_LOST] = "lost",
};

static void
ended(struct outbound_call *call)
{
    const struct probe *probe = (const struct probe *)call;

    if (in_start || call->transfer != NULL || strlen(call->answer) > call->answer_length)
        abort();
    printf("%u\t%s\t%d\t%zu\t%" PRId64 "\t%s\t%s\n", probe->number, result_names[call->result],
           call->status, call->answer_length, clock_monotonic_ms() - probe->started,
           call->answer_headers.retry_after, call->error);
    fflush(stdout);
    outbound_call_clear(call);
}

static bool
turn(struct loop *loop, struct outbound *outbound)
{
    int64_t wait_ms = outbound_tick(outbound);

    return outbound_count(outbound) == 0 || loop_wait(loop, wait_ms);
}

static bool
start(struct outbound *outbound, char *line)
{
    struct probe *probe = probe_count < CALLS_MAX ? calloc(1, sizeof *probe) : NULL;
    const char *words[5] = {"", "", "", "", "0"};
    char *rest = line;
    unsigned long peer;

    if (probe == NULL)
        return false;
    probes[probe_count] = probe;
    probe->number = probe_count++;
    for (size_t i = 0; i < 5; i++) {
        const char *word = strtok_r(rest, " \n", &rest);

        words[i] = word != NULL ? word : words[i];
    }
    peer = strtoul(words[0], NULL, 10);
    if (peer >= PEERS_MAX)
        return false;
    snprintf(probe->url, sizeof probe->url, "%s", words[2]);
    probe->call.peer = &peers[peer];
    probe->call.url = probe->url;
    probe->call.ended = ended;
    probe->call.deadline = deadline_in_ms(strtol(words[3], NULL, 10));
    probe->call.headers[0] = "Authorization: Bearer sk_test_probe";
    probe->call.headers[1] = "Idempotency-Key: probe";
    if (strcmp(words[1], "POST") == 0) {
        probe->call.body = body;
        probe->call.body_length = strtoul(words[4], NULL, 10);
    }
    probe->started = clock_monotonic_ms();
    in_start = true;
    outbound_start(outbound, &probe->call);
    in_start = false;
    return true;
}

static bool
obey(struct loop *loop, struct outbound *outbound, char *line)
{
    if (strncmp(line, "sleep ", 6) == 0) {
        clock_sleep_ms(strtol(line + 6, NULL, 10));
        return true;
    }
    if (strncmp(line, "turns ", 6) == 0) {
        struct deadline end = deadline_in_ms(strtol(line + 6, NULL, 10));

        while (deadline_left_ms(end) > 0 && outbound_count(outbound) > 0) {
            if (outbound_tick(outbound) < 0 || !loop_wait(loop, 10))
                return false;
        }
        return true;
    }
    if (strncmp(line, "wait", 4) != 0)
        return start(outbound, line);
    while (outbound_count(outbound) > 0) {
        if (!turn(loop, outbound))
            return false;
    }
    puts("done");
    fflush(stdout);
    return true;
}

int
main(int argc, char **argv)
{
    const struct log log = {.target = LOG_TARGET_STDERR, .level = LOG_LEVEL_DEBUG};
    struct outbound *outbound;
    struct loop loop;
    char line[LINE_SIZE];
    bool ok = true;

    if (argc < 2 || !loop_open(&loop) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 2;
    outbound = outbound_new(&loop, &log);
    body = malloc((size_t)1024 * 1024);
    if (outbound == NULL || body == NULL)
        return 2;
    memset(body, 'x', (size_t)1024 * 1024);
    for (size_t i = 0; i < PEERS_MAX; i++) {
        peers[i] = (struct outbound_peer){.name = "probe",
                                          .ca_file = argv[1][0] != '\0' ? argv[1] : NULL,
                                          .proxy = argc > 2 ? argv[2] : NULL};
    }
    while (ok && fgets(line, sizeof line, stdin) != NULL)
        ok = obey(&loop, outbound, line);
    outbound_free(outbound);
    loop_close(&loop);
    for (unsigned i = 0; i < probe_count; i++)
        free(probes[i]);
    free(body);
    return ok ? 0 : 1;
}
