/*
 * payment-api.fcgi: options, configuration, listening socket, then one worker or a pool.
 *
 * SPDX-License-Identifier: MIT
 */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "http/cgi.h"
#include "listener.h"
#include "log.h"
#include "processor/selection.h"
#include "reload.h"
#include "supervisor.h"
#include "worker.h"

#define OPTIONS_MAX 32
#define OWN_MAX 6            /* of getopt_long() beside those: five, and the end */
#define DESCRIPTORS_SPARE 64 /* that a process needs beside its requests */

/* Values of getopt_long() beyond those of the option table, which are its indexes. */
enum {
    ARGUMENT_CONFIG = 1000,
    ARGUMENT_CHECK,
    ARGUMENT_HELP,
    ARGUMENT_REPLACE,
    ARGUMENT_VERSION,
};

/* What the command line says; it goes before what the file says. */
struct arguments {
    const char *config_path;         /* NULL: not given */
    bool replace;                    /* take the socket's path from whoever has it */
    const char *values[OPTIONS_MAX]; /* by the option's index; NULL: not given */
    bool check;                      /* only tell whether the configuration is good */
};

enum parsed {
    PARSED,
    PARSED_AND_DONE, /* --help, --version */
    PARSED_WRONG,
};

static void
print_help(void)
{
    printf(
        "Usage: payment-api.fcgi [--config FILE] [--check] [--OPTION VALUE]...\n"
        "\n"
        "The FastCGI program of payment-api: a pool of workers that create, read and refund\n"
        "payments for a web server. It stays in the foreground.\n"
        "\n"
        "The socket is standard input where that is a listening socket (spawn-fcgi, systemd, a\n"
        "web server's process manager), else the one that --listen names. Started by a web\n"
        "server as a CGI program, it answers that one request.\n"
        "\n"
        "  --config FILE            configuration file (%s,\n"
        "                           or the environment variable PAYMENT_API_CONF)\n"
        "  --check                  tell on standard error what is wrong with the configuration,\n"
        "                           and end: a start with it would fail (status 78) or not (0)\n"
        "  --replace                take the unix socket over from a running program, which then\n"
        "                           ends\n"
        "  --help                   show this text\n"
        "  --version                show the version\n"
        "\n"
        "Options of the file's section [payment-api]; here they go before the file:\n",
        CONFIG_DEFAULT_PATH);
    config_print_help(stdout);
    printf(
        "\n"
        "Signals: TERM, INT and USR1 answer what is in hand and stop; HUP reads the configuration\n"
        "again and replaces the workers one by one.\n"
        "\n"
        "Example: payment-api.fcgi --config payment-api.conf --listen /run/payment-api.sock\n");
}

/* getopt's table from ours; names hold the text. */
static void
make_long_options(struct option long_options[OPTIONS_MAX + OWN_MAX], char names[OPTIONS_MAX][64])
{
    static const struct option own[] = {
        {"config", required_argument, NULL, ARGUMENT_CONFIG},
        {"check", no_argument, NULL, ARGUMENT_CHECK},
        {"help", no_argument, NULL, ARGUMENT_HELP},
        {"replace", no_argument, NULL, ARGUMENT_REPLACE},
        {"version", no_argument, NULL, ARGUMENT_VERSION},
        {NULL, 0, NULL, 0},
    };
    const struct option_row *rows;
    size_t count;

    rows = config_options(&count);
    for (size_t i = 0; i < count; i++) {
        config_argument_name(&rows[i], names[i], sizeof names[i]);
        long_options[i] = (struct option){names[i], required_argument, NULL, (int)i};
    }
    memcpy(&long_options[count], own, sizeof own);
}

static enum parsed
parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    struct option long_options[OPTIONS_MAX + OWN_MAX];
    char names[OPTIONS_MAX][64];
    int found;

    make_long_options(long_options, names);
    while ((found = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (found) {
        case ARGUMENT_CONFIG:
            arguments->config_path = optarg;
            break;
        case ARGUMENT_CHECK:
            arguments->check = true;
            break;
        case ARGUMENT_REPLACE:
            arguments->replace = true;
            break;
        case ARGUMENT_HELP:
            print_help();
            return PARSED_AND_DONE;
        case ARGUMENT_VERSION:
            printf("payment-api %s\n", PACKAGE_VERSION);
            return PARSED_AND_DONE;
        case '?':
            fprintf(stderr, "Try 'payment-api.fcgi --help'.\n");
            return PARSED_WRONG;
        default:
            arguments->values[found] = optarg;
            break;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "payment-api.fcgi: '%s' is no option. Try 'payment-api.fcgi --help'.\n",
                argv[optind]);
        return PARSED_WRONG;
    }
    return PARSED;
}

/* The configuration: defaults, then the file, then the command line. */
static bool
load(struct config *config, const void *arg, char error[CONFIG_ERROR_SIZE])
{
    const struct arguments *arguments = arg;
    const struct option_row *rows;
    size_t count;

    config_init(config);
    if (!config_read(config, arguments->config_path, error))
        return false;
    rows = config_options(&count);
    for (size_t i = 0; i < count; i++) {
        if (arguments->values[i] != NULL &&
            !config_set(config, &rows[i], arguments->values[i], error))
            return false;
    }
    return config_check(config, error) && processors_check(config, error);
}

/*
 * Says why it does not start: on standard error, where whoever starts it by hand looks, and in the
 * log, where whoever finds it gone does. Which log that is may stand in the file that cannot be
 * read: then it is the one of the command line, else both.
 */
static void
refuse_configuration(const struct arguments *arguments, const char *error)
{
    struct log log = {.target = LOG_TARGET_SYSLOG};
    const char *target;
    size_t count;

    fprintf(stderr, "payment-api.fcgi: %s\n", error);
    if (arguments->check)
        return;
    target = arguments->values[config_option("log_target") - config_options(&count)];
    if (target != NULL)
        log_target_parse(target, &log.target); /* a bad one leaves both */
    if (log.target == LOG_TARGET_SYSLOG) {
        log_open(&log);
        log_write(&log, LOG_LEVEL_ERROR, "%s", error);
    }
}

/* The same once it is known which log that is. */
static void
refuse_start(const struct log *log, const char *error, const char *advice)
{
    if (log->target == LOG_TARGET_SYSLOG)
        fprintf(stderr, "payment-api.fcgi: %s%s\n", error, advice);
    log_write(log, LOG_LEVEL_ERROR, "%s%s", error, advice);
}

/*
 * This process is the worker. SIGHUP makes it begin anew, and with a configuration that asks for
 * more than one process it becomes their parent.
 */
static bool
run(struct config *config, const struct listener *listener, const struct reload_source *source)
{
    struct log log = config_log(config);

    while (!supervisor_is_needed(config)) {
        enum worker_end end =
            worker_run(config, WORKER_ACCOUNT, listener, NULL, (struct metrics_place){.all = NULL});

        if (end != WORKER_RELOAD)
            return end == WORKER_STOPPED;
        reload(config, &log, source);
    }
    return supervisor_run(config, listener, source);
}

/*
 * A signal that comes while the program is still starting waits until the workers are ready for it;
 * it would end the program on the spot otherwise, and leave the socket behind.
 */
static void
hold_signals(void)
{
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGUSR1);
    sigaddset(&held, SIGHUP);
    sigprocmask(SIG_BLOCK, &held, NULL);
}

/*
 * Each request in hand needs a descriptor, and a shell or a service allows few unless it is asked
 * for more.
 */
static void
raise_descriptor_limit(const struct config *config, const struct log *log)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur < (rlim_t)config->max_in_hand + DESCRIPTORS_SPARE)
        log_write(log, LOG_LEVEL_WARNING,
                  "%llu open files are allowed: too few for max_in_hand (%d) in each worker",
                  (unsigned long long)limit.rlim_cur, config->max_in_hand);
}

/*
 * The socket comes last: the path of another process is taken over only by one that can work.
 */
static int
serve(struct config *config, const struct arguments *arguments, const struct log *log)
{
    const struct reload_source source = {.load = load, .arg = arguments};
    char error[CONFIG_ERROR_SIZE];
    struct listener listener;
    bool good;

    hold_signals();
    if (!worker_check_database(config, error) && error[0] != '\0') {
        refuse_start(log, error, "; 'payment-admin check' tells more");
        /* Who gave the socket would answer 500, or start it again and again: 503 until it is right.
         */
        if (!listener_is_inherited())
            return EX_CONFIG;
    }
    if (!listener_open(&listener, config, arguments->replace, error)) {
        refuse_start(log, error, "");
        return EX_CONFIG;
    }
    raise_descriptor_limit(config, log);
    good = run(config, &listener, &source);
    listener_close(&listener);
    return good ? EXIT_SUCCESS : EX_SOFTWARE;
}

/*
 * Opens what is missing of standard input, output and error: a socket that came to have such a
 * number would get what is meant for the log.
 */
static void
fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/*
 * True when the arguments of this CGI program may be words of its query string, which anybody can
 * choose: a web server passes them where no "=" stands in it (RFC 3875 section 4.4).
 */
static bool
has_foreign_arguments(void)
{
    const char *query = getenv("QUERY_STRING");

    return cgi_is_request() && !listener_is_inherited() && query != NULL && query[0] != '\0' &&
           strchr(query, '=') == NULL;
}

/*
 * No core dump of this process or its workers: API keys and the database's password are in their
 * memory. On Linux this also keeps other processes of the same user from reading that memory. The
 * limit alone would not do where a program collects the dumps (core_pattern).
 */
static void
forbid_core_dumps(void)
{
    static const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

    setrlimit(RLIMIT_CORE, &none);
#ifdef HAVE_SYS_PRCTL_H
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

int
main(int argc, char **argv)
{
    struct arguments arguments = {.config_path = NULL};
    char error[CONFIG_ERROR_SIZE];
    struct config config;
    struct log log;

    fill_standard_descriptors();
    forbid_core_dumps();
    if (has_foreign_arguments())
        argc = 1;
    switch (parse_arguments(argc, argv, &arguments)) {
    case PARSED:
        break;
    case PARSED_AND_DONE:
        return EXIT_SUCCESS;
    case PARSED_WRONG:
        return EX_USAGE;
    }
    if (!load(&config, &arguments, error)) {
        refuse_configuration(&arguments, error);
        return EX_CONFIG;
    }
    if (arguments.check)
        return EXIT_SUCCESS;
    log = config_log(&config);
    log_open(&log);
    if (!listener_is_inherited() && cgi_is_request())
        return worker_run_once(&config) == WORKER_STOPPED ? EXIT_SUCCESS : EX_SOFTWARE;
    return serve(&config, &arguments, &log);
}
