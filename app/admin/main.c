/*
 * payment-admin: merchants, keys, schema and checks, from the command line.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "processor/selection.h"

/* Options that only some commands take. */
enum {
    TAKES_DIRECTORY = 1 << 0,
    TAKES_RESUME = 1 << 1,
    TAKES_LABEL = 1 << 2,
    TAKES_LIVE = 1 << 3,
    TAKES_EXPIRES = 1 << 4,
    TAKES_SETTINGS = 1 << 5,
    TAKES_ONCE = 1 << 6,
    TAKES_REASON = 1 << 7,
    TAKES_STATUS = 1 << 8,
    TAKES_REFERENCE = 1 << 9,
    TAKES_UNRESOLVED = 1 << 10,
    TAKES_MERCHANT = 1 << 11,
    TAKES_RANGE = 1 << 12,
    TAKES_LIMIT = 1 << 13,
    TAKES_NOTICES = 1 << 14,
    TAKES_CSV = 1 << 15,
    TAKES_READ_ONLY = 1 << 16,
    TAKES_GRACE = 1 << 17,
    TAKES_BEFORE = 1 << 18,
    TAKES_MODE = 1 << 19,
    TAKES_ENDPOINT = 1 << 20,
    TAKES_SWITCH = 1 << 21,
};

#define TAKES_WHOSE (TAKES_MERCHANT | TAKES_MODE)
#define TAKES_FILTER (TAKES_WHOSE | TAKES_RANGE | TAKES_LIMIT)

/* One row is one option: where it goes, and what --help says. */
static const struct admin_option {
    const char *name;
    const char *value; /* the word for it; NULL: it has none, and its member is a bool */
    int takes;         /* TAKES_...; 0: every command */
    size_t member;     /* of struct admin */
    const char *help;
} admin_options[] = {
    {"json", NULL, 0, offsetof(struct admin, json), "print JSON, for programs"},
    {"csv", NULL, TAKES_CSV, offsetof(struct admin, csv), "print CSV, for spreadsheets"},
    {"directory", "DIR", TAKES_DIRECTORY, offsetof(struct admin, directory),
     "where the migrations are (" PKGDATADIR "/sql)"},
    {"resume", NULL, TAKES_RESUME, offsetof(struct admin, resume),
     "run a migration again that did not reach its end"},
    {"label", "TEXT", TAKES_LABEL, offsetof(struct admin, label),
     "a name for the key, to tell it from others"},
    {"expires", "YYYY-MM-DD", TAKES_EXPIRES, offsetof(struct admin, expires),
     "refuse the key from the beginning of that day, UTC"},
    {"live", NULL, TAKES_LIVE, offsetof(struct admin, live),
     "a key for real money, which needs a processor for that; events of live payments"},
    {"read-only", NULL, TAKES_READ_ONLY, offsetof(struct admin, read_only),
     "a key that may read, but make nothing"},
    {"grace", "TIME", TAKES_GRACE, offsetof(struct admin, grace),
     "how long the old key or secret lives on: 30m, 24h, 7d (24h)"},
    {"live-processor", "NAME", TAKES_SETTINGS, offsetof(struct admin, live_processor),
     "a section [processor NAME] for live keys; none: no more"},
    {"test-processor", "NAME", TAKES_SETTINGS, offsetof(struct admin, test_processor),
     "the same for test keys; none: the sandbox"},
    {"live-events", "SWITCH", TAKES_SETTINGS, offsetof(struct admin, live_events),
     "on or off: events tell of changes of live payments"},
    {"test-events", "SWITCH", TAKES_SETTINGS, offsetof(struct admin, test_events),
     "on or off: the same of test payments"},
    {"unresolved", NULL, TAKES_UNRESOLVED, offsetof(struct admin, unresolved),
     "what stays processing: payments and refunds, the oldest first"},
    {"merchant", "ID", TAKES_MERCHANT, offsetof(struct admin, merchant),
     "only of this merchant; of a new endpoint, whose it is"},
    {"mode", "MODE", TAKES_MODE, offsetof(struct admin, mode), "only of live or of test payments"},
    {"status", "STATUS", TAKES_STATUS, offsetof(struct admin, status),
     "processing, succeeded or failed"},
    {"since", "DATE", TAKES_RANGE, offsetof(struct admin, since),
     "from then on: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ"},
    {"until", "DATE", TAKES_RANGE, offsetof(struct admin, until), "before then"},
    {"before", "DATE", TAKES_BEFORE, offsetof(struct admin, before),
     "what was made before then, at least 30 days ago"},
    {"limit", "NUMBER", TAKES_LIMIT, offsetof(struct admin, limit), "at most so many (100)"},
    {"reference", "ID", TAKES_REFERENCE, offsetof(struct admin, reference),
     "what the processor calls it"},
    {"reason", "TEXT", TAKES_REASON, offsetof(struct admin, reason),
     "why, for the audit: 1 to 255 characters"},
    {"unknown", NULL, TAKES_NOTICES, offsetof(struct admin, unknown),
     "what was told about nothing of ours"},
    {"all", NULL, TAKES_NOTICES, offsetof(struct admin, all), "all that was told"},
    {"url", "URL", TAKES_ENDPOINT, offsetof(struct admin, url),
     "where events are sent: https://..."},
    {"events", "TYPES", TAKES_ENDPOINT, offsetof(struct admin, events),
     "which types of events, separated by commas; * is all (*)"},
    {"description", "TEXT", TAKES_ENDPOINT, offsetof(struct admin, description),
     "a note for people; an empty one takes it away"},
    {"enable", NULL, TAKES_SWITCH, offsetof(struct admin, enable), "send to it again"},
    {"disable", NULL, TAKES_SWITCH, offsetof(struct admin, disable), "send nothing to it"},
    {"once", NULL, TAKES_ONCE, offsetof(struct admin, once),
     "look once; it is the only way so far"},
};

#define OPTION_COUNT (sizeof admin_options / sizeof admin_options[0])

enum argument_rule {
    NO_ARGUMENT,
    ONE_ARGUMENT,
    MAYBE_ARGUMENT,
};

/* One row is one command. */
static const struct command {
    const char *noun;
    const char *verb; /* NULL: the noun is the command */
    enum argument_rule rule;
    const char *usage; /* what stands behind noun and verb */
    int options;       /* TAKES_... */
    bool connects;     /* needs a connection to a current schema */
    admin_command *run;
    const char *help;
} commands[] = {
    {"schema", "upgrade", NO_ARGUMENT, "[--directory DIR] [--resume]",
     TAKES_DIRECTORY | TAKES_RESUME, false, schema_upgrade,
     "run the migrations that the database does not have yet"},
    {"schema", "status", NO_ARGUMENT, "", 0, false, schema_status,
     "show the schema's version and what to do about it"},
    {"merchant", "create", ONE_ARGUMENT, "NAME", 0, true, merchant_create,
     "create a merchant and show its id"},
    {"merchant", "set", ONE_ARGUMENT,
     "MERCHANT_ID [--live-processor NAME] [--test-processor NAME] [--live-events SWITCH]"
     " [--test-events SWITCH]",
     TAKES_SETTINGS, true, merchant_set,
     "say who moves a merchant's money, and whether events tell of it"},
    {"merchant", "list", NO_ARGUMENT, "", 0, true, merchant_list, "list all merchants"},
    {"merchant", "disable", ONE_ARGUMENT, "MERCHANT_ID [--reason TEXT]", TAKES_REASON, true,
     merchant_disable, "refuse all keys of a merchant from now on"},
    {"merchant", "enable", ONE_ARGUMENT, "MERCHANT_ID [--reason TEXT]", TAKES_REASON, true,
     merchant_enable, "take the keys of a merchant again that was disabled"},
    {"key", "create", ONE_ARGUMENT,
     "MERCHANT_ID [--label TEXT] [--expires YYYY-MM-DD] [--live] [--read-only]",
     TAKES_LABEL | TAKES_EXPIRES | TAKES_LIVE | TAKES_READ_ONLY, true, key_create,
     "create an API key and show it, this one time"},
    {"key", "rotate", ONE_ARGUMENT,
     "KEY_ID [--grace TIME] [--label TEXT] [--expires YYYY-MM-DD] [--reason TEXT]",
     TAKES_GRACE | TAKES_LABEL | TAKES_EXPIRES | TAKES_REASON, true, key_rotate,
     "create a key in the place of another one, which lives on for a while"},
    {"key", "list", MAYBE_ARGUMENT, "[MERCHANT_ID]", 0, true, key_list,
     "list the keys of a merchant, or all"},
    {"key", "revoke", ONE_ARGUMENT, "KEY_ID [--reason TEXT]", TAKES_REASON, true, key_revoke,
     "refuse a key from now on"},
    {"payment", "list", NO_ARGUMENT,
     "[--unresolved] [--merchant ID] [--mode MODE] [--status STATUS] [--since DATE] [--until DATE]"
     " [--limit NUMBER]",
     TAKES_UNRESOLVED | TAKES_STATUS | TAKES_FILTER, true, payment_list,
     "list payments, the newest first"},
    {"payment", "show", ONE_ARGUMENT, "ID", 0, true, payment_show,
     "show a payment or refund, what its processor was asked and what came"},
    {"payment", "resolve", ONE_ARGUMENT, "ID --status STATUS --reason TEXT [--reference ID]",
     TAKES_STATUS | TAKES_REASON | TAKES_REFERENCE, true, payment_resolve,
     "say what became of a payment or refund that stays processing"},
    {"refund", "list", NO_ARGUMENT,
     "[--merchant ID] [--mode MODE] [--status STATUS] [--since DATE] [--until DATE]"
     " [--limit NUMBER]",
     TAKES_STATUS | TAKES_FILTER, true, refund_list, "list refunds, the newest first"},
    {"notice", "list", NO_ARGUMENT, "[--unknown | --all]", TAKES_NOTICES, true, notice_list,
     "list what processors told by events, and what is not settled of it"},
    {"notice", "end", ONE_ARGUMENT, "ID --reason TEXT", TAKES_REASON, true, notice_end,
     "end an open notice that has been seen to; it is not looked at any more"},
    {"webhook", "list", NO_ARGUMENT, "[--merchant ID]", TAKES_MERCHANT, true, webhook_list,
     "list webhook endpoints, what they want and how they do"},
    {"webhook", "create", NO_ARGUMENT,
     "--merchant ID --url URL [--events TYPES] [--description TEXT] [--live] [--reason TEXT]",
     TAKES_MERCHANT | TAKES_ENDPOINT | TAKES_LIVE | TAKES_REASON, true, webhook_create,
     "let a merchant's events be sent to an address, and show the secret, this one time"},
    {"webhook", "set", ONE_ARGUMENT,
     "ENDPOINT_ID [--url URL] [--events TYPES] [--description TEXT] [--enable | --disable]"
     " [--reason TEXT]",
     TAKES_ENDPOINT | TAKES_SWITCH | TAKES_REASON, true, webhook_set,
     "change a webhook endpoint; what is not given stays"},
    {"webhook", "rotate", ONE_ARGUMENT, "ENDPOINT_ID [--grace TIME] [--reason TEXT]",
     TAKES_GRACE | TAKES_REASON, true, webhook_rotate,
     "show a new secret of an endpoint; the old one signs, too, for a while"},
    {"webhook", "delete", ONE_ARGUMENT, "ENDPOINT_ID [--reason TEXT]", TAKES_REASON, true,
     webhook_delete, "take a webhook endpoint away, and its secrets"},
    {"webhook", "redeliver", ONE_ARGUMENT, "ID [--since DATE] [--until DATE] [--reason TEXT]",
     TAKES_RANGE | TAKES_REASON, true, webhook_redeliver,
     "send an event once more to all that want it, or to an endpoint the events of a time"},
    {"webhook", "attempts", ONE_ARGUMENT, "ID [--limit NUMBER]", TAKES_LIMIT, true,
     webhook_attempts, "list the attempts to send an event, or to an endpoint, the newest first"},
    {"webhook", "deliver", NO_ARGUMENT, "--once", TAKES_ONCE, false, webhook_deliver,
     "send events to webhook endpoints, as far as they are due, and end"},
    {"report", NULL, NO_ARGUMENT,
     "[--csv] [--merchant ID] [--mode MODE] [--status STATUS] [--since DATE] [--until DATE]",
     TAKES_CSV | TAKES_STATUS | TAKES_WHOSE | TAKES_RANGE, true, report,
     "count and sum payments and refunds by day, mode, currency and status"},
    {"export", NULL, NO_ARGUMENT,
     "[--merchant ID] [--mode MODE] [--status STATUS] [--since DATE] [--until DATE]",
     TAKES_STATUS | TAKES_WHOSE | TAKES_RANGE, true, export_records,
     "write payments and refunds as CSV, the oldest first"},
    {"forget", NULL, NO_ARGUMENT, "--before DATE [--reason TEXT]", TAKES_BEFORE | TAKES_REASON,
     true, forget, "take what is personal out of old payments and refunds, and keep the amounts"},
    {"audit", "list", MAYBE_ARGUMENT, "[ID] [--since DATE] [--until DATE] [--limit NUMBER]",
     TAKES_RANGE | TAKES_LIMIT, true, audit_list,
     "list what administrators did, the newest first, to one object or to all"},
    {"reconcile", NULL, NO_ARGUMENT, "--once | --since DATE [--until DATE]",
     TAKES_ONCE | TAKES_RANGE, true, reconcile,
     "ask processors about what stays processing, as far as it is due, or hold all that they"
     " know of a time against the records"},
    {"check", NULL, NO_ARGUMENT, "", 0, false, check,
     "verify configuration, database, schema, privileges, TLS and processors"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void
print_help(void)
{
    printf(
        "Usage: payment-admin [--config FILE] [--json] COMMAND [ARGUMENT] [OPTION]...\n"
        "\n"
        "Administers payment-api: its database schema, its merchants and their API keys, and what\n"
        "became of their payments.\n"
        "\n"
        "Commands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %s%s%s %s\n      %s\n", commands[i].noun, commands[i].verb != NULL ? " " : "",
               commands[i].verb != NULL ? commands[i].verb : "", commands[i].usage,
               commands[i].help);
    printf("\n"
           "Options:\n"
           "  --config FILE          configuration file (%s,\n"
           "                         or the environment variable PAYMENT_API_CONF)\n",
           CONFIG_DEFAULT_PATH);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct admin_option *option = &admin_options[i];
        const char *value = option->value != NULL ? option->value : "";

        printf("  --%s %-*s  %s\n", option->name, (int)(18 - strlen(option->name)), value,
               option->help);
    }
    printf("  --help, --version\n"
           "\n"
           "It connects with the section [database-admin] of the configuration file, or with\n"
           "[database] where there is none.\n"
           "\n"
           "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 database out of reach, 4 "
           "different.\n"
           "\n"
           "A first payment needs:\n"
           "  payment-admin schema upgrade\n"
           "  payment-admin merchant create 'My shop'\n"
           "  payment-admin key create mer_...\n");
}

static enum admin_exit
complain_usage(const char *message, const char *word)
{
    admin_complain("%s%s. Try 'payment-admin --help'.", message, word);
    return ADMIN_USAGE;
}

/* Names the nouns (noun is NULL) or the verbs of a noun, "create, list, ..."; "" when it has none.
 */
static void
name_words(const char *noun, char *text, size_t size)
{
    const char *last = "";
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < COMMAND_COUNT && length < size; i++) {
        const char *word = noun == NULL ? commands[i].noun : commands[i].verb;

        if (word == NULL || strcmp(word, last) == 0 ||
            (noun != NULL && strcmp(commands[i].noun, noun) != 0))
            continue;
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", word);
        last = word;
    }
}

/* Says what a command line lacks in which no command was found. */
static void
complain_command(const char *noun, const char *verb)
{
    char words[256];

    name_words(noun, words, sizeof words);
    if (words[0] == '\0') {
        name_words(NULL, words, sizeof words);
        admin_complain("no such command: %s; there are: %s. Try 'payment-admin --help'.", noun,
                       words);
    } else if (verb == NULL) {
        admin_complain("%s needs one of: %s. Try 'payment-admin --help'.", noun, words);
    } else {
        admin_complain("%s has no '%s', but: %s. Try 'payment-admin --help'.", noun, verb, words);
    }
}

static const struct command *
find_command(const char *noun, const char *verb)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &commands[i];

        if (strcmp(command->noun, noun) == 0 &&
            (command->verb == NULL || (verb != NULL && strcmp(command->verb, verb) == 0)))
            return command;
    }
    return NULL;
}

/* What the command line holds beside noun and verb. */
struct parsed {
    const char *config_path;
    int options; /* TAKES_... of those given */
    bool done;   /* --help, --version */
};

static void
take_option(const struct admin_option *option, struct admin *admin, struct parsed *parsed)
{
    char *member = (char *)admin + option->member;

    if (option->value != NULL)
        memcpy(member, &optarg, sizeof optarg);
    else
        *(bool *)member = true;
    parsed->options |= option->takes;
}

static bool
parse_options(int argc, char **argv, struct admin *admin, struct parsed *parsed)
{
    struct option long_options[OPTION_COUNT + 4] = {
        {"config", required_argument, NULL, OPTION_COUNT},
        {"help", no_argument, NULL, OPTION_COUNT + 1},
        {"version", no_argument, NULL, OPTION_COUNT + 2},
    };
    int found;

    for (size_t i = 0; i < OPTION_COUNT; i++)
        long_options[i + 3] = (struct option){
            .name = admin_options[i].name,
            .has_arg = admin_options[i].value != NULL ? required_argument : no_argument,
            .val = (int)i};
    while ((found = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (found == '?') {
            fprintf(stderr, "Try 'payment-admin --help'.\n");
            return false;
        }
        if (found < (int)OPTION_COUNT) {
            take_option(&admin_options[found], admin, parsed);
        } else if (found == (int)OPTION_COUNT) {
            parsed->config_path = optarg;
        } else {
            if (found == (int)OPTION_COUNT + 1)
                print_help();
            else
                printf("payment-admin %s\n", PACKAGE_VERSION);
            parsed->done = true;
            return true;
        }
    }
    return true;
}

/* Finds the command and its argument; NULL after a complaint. */
static const struct command *
parse_command(int argc, char **argv, struct admin *admin, const struct parsed *parsed)
{
    const char *noun = argc > 0 ? argv[0] : NULL;
    const char *verb = argc > 1 ? argv[1] : NULL;
    const struct command *command = NULL;
    int used;

    if (noun == NULL) {
        complain_usage("no command given", "");
        return NULL;
    }
    command = find_command(noun, verb);
    if (command == NULL) {
        complain_command(noun, verb);
        return NULL;
    }
    used = command->verb != NULL ? 2 : 1;
    if (argc > used + 1 || (argc > used && command->rule == NO_ARGUMENT)) {
        complain_usage("too much: ", argv[argc - 1]);
        return NULL;
    }
    if (argc == used && command->rule == ONE_ARGUMENT) {
        complain_usage("missing: ", command->usage);
        return NULL;
    }
    if ((parsed->options & ~command->options) != 0) {
        complain_usage("an option that this command does not take; it takes: ",
                       command->usage[0] != '\0' ? command->usage : "none");
        return NULL;
    }
    snprintf(admin->act, sizeof admin->act, "%s%s%s", noun, used == 2 ? " " : "",
             used == 2 ? verb : "");
    admin->argument = argc > used ? argv[used] : NULL;
    return command;
}

static enum admin_exit
connect_and_run(struct admin *admin, const struct command *command)
{
    enum admin_exit status;
    enum database_result result;

    admin->database = admin_database(admin, admin_group(admin), true);
    if (admin->database == NULL) {
        admin_complain("no memory");
        return ADMIN_REFUSED;
    }
    result = database_connect(admin->database, admin_deadline(admin));
    if (result == DATABASE_DONE) {
        status = command->run(admin);
    } else {
        admin_complain_connection(admin->database);
        status = result == DATABASE_UNAVAILABLE ? ADMIN_UNAVAILABLE : ADMIN_REFUSED;
    }
    database_free(admin->database);
    return status;
}

int
main(int argc, char **argv)
{
    /* Errors reach the user through admin_complain(); the log would only say them twice. */
    struct admin admin = {.directory = PKGDATADIR "/sql", .log = {.silent = true}};
    struct parsed parsed = {.config_path = NULL};
    const struct command *command = NULL;
    char error[CONFIG_ERROR_SIZE];
    enum admin_exit status;

    if (!parse_options(argc, argv, &admin, &parsed))
        return ADMIN_USAGE;
    if (parsed.done)
        return ADMIN_DONE;
    command = parse_command(argc - optind, argv + optind, &admin, &parsed);
    if (command == NULL)
        return ADMIN_USAGE;
    config_init(&admin.config);
    if (!config_read(&admin.config, parsed.config_path, error) ||
        !config_check(&admin.config, error) || !processors_check(&admin.config, error)) {
        admin_complain("%s", error);
        return ADMIN_REFUSED;
    }
    status = command->connects ? connect_and_run(&admin, command) : command->run(&admin);
    /* A key is shown this one time: that nobody saw it must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        admin_complain("the output could not be written: %s", strerror(errno));
        return ADMIN_REFUSED;
    }
    return (int)status;
}
