/*
 * payment-admin: merchants, keys, schema and checks, from the command line.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "processor/selection.h"
#include "store/merchant_store.h"

/* Options that only some commands take. */
enum {
    TAKES_DIRECTORY = 1 << 0,
    TAKES_RESUME = 1 << 1,
    TAKES_LABEL = 1 << 2,
    TAKES_LIVE = 1 << 3,
    TAKES_EXPIRES = 1 << 4,
    TAKES_PROCESSORS = 1 << 5,
    TAKES_ONCE = 1 << 6,
};

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
    {"merchant", "set", ONE_ARGUMENT, "MERCHANT_ID [--live-processor NAME] [--test-processor NAME]",
     TAKES_PROCESSORS, true, merchant_set, "say who moves the money of a merchant's new payments"},
    {"merchant", "list", NO_ARGUMENT, "", 0, true, merchant_list, "list all merchants"},
    {"merchant", "disable", ONE_ARGUMENT, "MERCHANT_ID", 0, true, merchant_disable,
     "refuse all keys of a merchant from now on"},
    {"merchant", "enable", ONE_ARGUMENT, "MERCHANT_ID", 0, true, merchant_enable,
     "take the keys of a merchant again that was disabled"},
    {"key", "create", ONE_ARGUMENT, "MERCHANT_ID [--label TEXT] [--expires YYYY-MM-DD] [--live]",
     TAKES_LABEL | TAKES_EXPIRES | TAKES_LIVE, true, key_create,
     "create an API key and show it, this one time"},
    {"key", "list", MAYBE_ARGUMENT, "[MERCHANT_ID]", 0, true, key_list,
     "list the keys of a merchant, or all"},
    {"key", "revoke", ONE_ARGUMENT, "KEY_ID", 0, true, key_revoke, "refuse a key from now on"},
    {"reconcile", NULL, NO_ARGUMENT, "--once", TAKES_ONCE, false, reconcile,
     "ask processors about what stays processing, as far as it is due, and end"},
    {"check", NULL, NO_ARGUMENT, "", 0, false, check,
     "verify configuration, database, schema, privileges and TLS"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void
print_help(void)
{
    printf("Usage: payment-admin [--config FILE] [--json] COMMAND [ARGUMENT] [OPTION]...\n"
           "\n"
           "Administers payment-api: its database schema, its merchants and their API keys.\n"
           "\n"
           "Commands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %s%s%s %s\n      %s\n", commands[i].noun, commands[i].verb != NULL ? " " : "",
               commands[i].verb != NULL ? commands[i].verb : "", commands[i].usage,
               commands[i].help);
    printf("\n"
           "Options:\n"
           "  --config FILE          configuration file (%s,\n"
           "                         or the environment variable PAYMENT_API_CONF)\n"
           "  --json                 print JSON, for programs\n"
           "  --directory DIR        where the migrations are (%s)\n"
           "  --resume               run a migration again that did not reach its end\n"
           "  --label TEXT           a name for the key, to tell it from others\n"
           "  --expires YYYY-MM-DD   refuse the key from the beginning of that day, UTC\n"
           "  --live                 a key for real money; needs a processor for that\n"
           "  --live-processor NAME  a section [processor NAME] for live keys; none: no more\n"
           "  --test-processor NAME  the same for test keys; none: the sandbox\n"
           "  --once                 look once; it is the only way so far\n"
           "  --help, --version\n"
           "\n"
           "It connects with the section [database-admin] of the configuration file, or with\n"
           "[database] where there is none.\n"
           "\n"
           "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 database out of reach.\n"
           "\n"
           "A first payment needs:\n"
           "  payment-admin schema upgrade\n"
           "  payment-admin merchant create 'My shop'\n"
           "  payment-admin key create mer_...\n",
           CONFIG_DEFAULT_PATH, PKGDATADIR "/sql");
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

static bool
parse_options(int argc, char **argv, struct admin *admin, struct parsed *parsed)
{
    static const struct option long_options[] = {
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {"directory", required_argument, NULL, 'd'},
        {"resume", no_argument, NULL, 'r'},
        {"label", required_argument, NULL, 'l'},
        {"live", no_argument, NULL, 'L'},
        {"live-processor", required_argument, NULL, 'P'},
        {"test-processor", required_argument, NULL, 'T'},
        {"once", no_argument, NULL, 'o'},
        {"expires", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int found;

    while ((found = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (found) {
        case 'c':
            parsed->config_path = optarg;
            break;
        case 'j':
            admin->json = true;
            break;
        case 'd':
            admin->directory = optarg;
            parsed->options |= TAKES_DIRECTORY;
            break;
        case 'r':
            admin->resume = true;
            parsed->options |= TAKES_RESUME;
            break;
        case 'l':
            admin->label = optarg;
            parsed->options |= TAKES_LABEL;
            break;
        case 'L':
            admin->live = true;
            parsed->options |= TAKES_LIVE;
            break;
        case 'e':
            admin->expires = optarg;
            parsed->options |= TAKES_EXPIRES;
            break;
        case 'o':
            admin->once = true;
            parsed->options |= TAKES_ONCE;
            break;
        case 'P':
            admin->live_processor = optarg;
            parsed->options |= TAKES_PROCESSORS;
            break;
        case 'T':
            admin->test_processor = optarg;
            parsed->options |= TAKES_PROCESSORS;
            break;
        case 'h':
            print_help();
            parsed->done = true;
            return true;
        case 'v':
            printf("payment-admin %s\n", PACKAGE_VERSION);
            parsed->done = true;
            return true;
        default:
            fprintf(stderr, "Try 'payment-admin --help'.\n");
            return false;
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
    admin->argument = argc > used ? argv[used] : NULL;
    return command;
}

static enum admin_exit
connect_and_run(struct admin *admin, const struct command *command)
{
    static const struct statement_set *const sets[] = {&merchant_statements};
    enum admin_exit status;
    enum database_result result;

    admin->database = admin_database(admin, admin_group(admin), sets, 1, true);
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
