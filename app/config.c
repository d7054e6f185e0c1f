/*
 * Configuration: one table of options, read from an INI file and from the command line.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "domain/network.h"
#include "option_group.h"

#define OPTION(member, kind, least, most, text, line)                               \
    {                                                                               \
        .name = #member, .type = (kind), .offset = offsetof(struct config, member), \
        .minimum = (least), .maximum = (most), .initial = (text), .help = (line)    \
    }

static const struct option_row options[] = {
    OPTION(listen, OPTION_ADDRESS, 0, sizeof((struct config *)0)->listen, "",
           "unix socket path, or HOST:PORT, to open when none is given on standard input"),
    OPTION(listen_mode, OPTION_OCTAL, 0, 0777, "0660", "file mode of the unix socket"),
    OPTION(allow_remote, OPTION_BOOLEAN, 0, 0, "no",
           "open an address that other machines can reach (FastCGI has no authentication)"),
    OPTION(workers, OPTION_NUMBER, 1, 1024, "4",
           "worker processes; with 1 the program itself is the worker"),
    OPTION(max_body, OPTION_NUMBER, 1024, 16777216, "65536", "largest request body in bytes"),
    OPTION(max_in_hand, OPTION_NUMBER, 1, 65536, "256",
           "requests that a worker has in hand at most; more wait for another worker"),
    OPTION(request_timeout, OPTION_NUMBER, 1, 300, "10", "seconds for one request in all"),
    OPTION(processor_timeout, OPTION_NUMBER, 1, 300, "15",
           "seconds more for a request whose processor is called"),
    OPTION(action_timeout, OPTION_NUMBER, 1, 86400, "3600",
           "seconds that a customer may take for 3-D Secure, before the payment is cancelled"),
    OPTION(body_timeout, OPTION_NUMBER, 1, 300, "5",
           "seconds that the web server may take to send or receive the next bytes"),
    OPTION(max_queue_seconds, OPTION_NUMBER, 0, 300, "5",
           "refuse a request that waited longer for a worker; 0: never"),
    OPTION(database_timeout, OPTION_NUMBER, 1, 300, "3",
           "seconds to connect to the database, and for each of its answers"),
    OPTION(key_cache_seconds, OPTION_NUMBER, 0, 300, "2",
           "seconds that a worker remembers an API key, so also until a revocation holds; 0: none"),
    OPTION(webhooks, OPTION_BOOLEAN, 0, 0, "no",
           "send events to the webhook endpoints of merchants: one process more, the courier"),
    OPTION(webhook_days, OPTION_NUMBER, 0, 3650, "30",
           "days that attempts, and deliveries that are over, are kept; 0: for ever"),
    OPTION(event_days, OPTION_NUMBER, 0, 3650, "0", "days that events are kept; 0: for ever"),
    OPTION(allow_webhook_addresses, OPTION_NETWORKS, 0,
           sizeof((struct config *)0)->allow_webhook_addresses, "",
           "networks that webhook endpoints may be in besides the public internet"),
    OPTION(webhook_ca_file, OPTION_PATH, 0, sizeof((struct config *)0)->webhook_ca_file, "",
           "certificates (PEM) that webhook endpoints are verified with"),
    OPTION(fastcgi_keepalive, OPTION_BOOLEAN, 0, 0, "no",
           "keep the web server's connections open between requests"),
    OPTION(log_target, OPTION_LOG_TARGET, 0, 0, "stderr", "stderr or syslog"),
    OPTION(log_level, OPTION_LOG_LEVEL, 0, 0, "notice",
           "error, warning, notice, info (one line a request) or debug"),
    OPTION(log_format, OPTION_LOG_FORMAT, 0, 0, "text", "text, logfmt (key=value) or json"),
};

#define OPTION_COUNT (sizeof options / sizeof options[0])

const struct option_row *
config_options(size_t *count)
{
    *count = OPTION_COUNT;
    return options;
}

const struct option_row *
config_option(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    }
    return NULL;
}

static bool
parse_boolean(const char *value, bool *result)
{
    static const char *const words[2][4] = {{"no", "off", "false", "0"},
                                            {"yes", "on", "true", "1"}};

    for (size_t answer = 0; answer < 2; answer++) {
        for (size_t i = 0; i < 4; i++) {
            if (strcmp(words[answer][i], value) == 0) {
                *result = answer == 1;
                return true;
            }
        }
    }
    return false;
}

static bool
parse_number(const char *value, int base, int minimum, int maximum, int *result)
{
    char *end = NULL;
    long number;

    if (!isdigit((unsigned char)value[0]))
        return false;
    errno = 0;
    number = strtol(value, &end, base);
    if (errno != 0 || *end != '\0' || number < minimum || number > maximum)
        return false;
    *result = (int)number;
    return true;
}

/* A path has a "/"; what stands for a port is a number. None at all is good, too. */
static bool
is_address(const char *value)
{
    const char *colon = strrchr(value, ':');
    int port;

    return value[0] == '\0' || strchr(value, '/') != NULL ||
           (colon != NULL && colon != value && parse_number(colon + 1, 10, 1, 65535, &port));
}

_Static_assert(NETWORKS_MAX == 16, "the complaint says it");

/* is_good: what the option's own rules say of the value; rule, for people. */
static bool
set_text(const struct option_row *option, const char *value, bool is_good, const char *rule,
         char *member, char error[CONFIG_ERROR_SIZE])
{
    size_t size = strlen(value) + 1;
    bool fits = size <= (size_t)option->maximum;

    if (fits && is_good)
        memcpy(member, value, size);
    else if (fits)
        snprintf(error, CONFIG_ERROR_SIZE, "%s is '%.64s', but %s", option->name, value, rule);
    else
        snprintf(error, CONFIG_ERROR_SIZE, "%s is longer than %d characters", option->name,
                 option->maximum - 1);
    return fits && is_good;
}

bool
config_set(struct config *config, const struct option_row *option, const char *value,
           char error[CONFIG_ERROR_SIZE])
{
    void *member = (char *)config + option->offset;
    struct networks networks;
    bool good = false;

    switch (option->type) {
    case OPTION_ADDRESS:
        good = set_text(option, value, is_address(value),
                        "must be the path of a unix socket or HOST:PORT", member, error);
        break;
    case OPTION_NETWORKS:
        good = set_text(option, value, networks_parse(value, &networks),
                        "must be up to 16 networks such as 192.168.0.0/16 or fd00::/8, with no bit"
                        " set behind the prefix",
                        member, error);
        break;
    case OPTION_PATH:
        good = set_text(option, value, value[0] == '\0' || value[0] == '/',
                        "must be an absolute path", member, error);
        break;
    case OPTION_NUMBER:
        good = parse_number(value, 10, option->minimum, option->maximum, member);
        if (!good)
            snprintf(error, CONFIG_ERROR_SIZE, "%s is '%.64s', but must be a number from %d to %d",
                     option->name, value, option->minimum, option->maximum);
        break;
    case OPTION_OCTAL:
        good = parse_number(value, 8, option->minimum, option->maximum, member);
        if (!good)
            snprintf(error, CONFIG_ERROR_SIZE,
                     "%s is '%.64s', but must be an octal file mode such as 0660", option->name,
                     value);
        break;
    case OPTION_BOOLEAN:
        good = parse_boolean(value, member);
        if (!good)
            snprintf(error, CONFIG_ERROR_SIZE, "%s is '%.64s', but must be yes or no", option->name,
                     value);
        break;
    case OPTION_LOG_TARGET:
        good = log_target_parse(value, member);
        if (!good)
            snprintf(error, CONFIG_ERROR_SIZE, "%s is '%.64s', but must be stderr or syslog",
                     option->name, value);
        break;
    case OPTION_LOG_LEVEL:
        good = log_level_parse(value, member);
        if (!good)
            snprintf(error, CONFIG_ERROR_SIZE,
                     "%s is '%.64s', but must be error, warning, notice, info or debug",
                     option->name, value);
        break;
    case OPTION_LOG_FORMAT:
        good = log_format_parse(value, member);
        if (!good)
            snprintf(error, CONFIG_ERROR_SIZE, "%s is '%.64s', but must be text, logfmt or json",
                     option->name, value);
        break;
    }
    return good;
}

void
config_init(struct config *config)
{
    char error[CONFIG_ERROR_SIZE];

    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!config_set(config, &options[i], options[i].initial, error))
            abort(); /* a wrong default in the table; the unit test reads every one */
    }
}

/* What reading one file needs to know between two lines. */
struct reading {
    struct config *config;
    FILE *file;
    const char *path;
    int line;
    bool failed;
    bool connector; /* inside a section that Connector/C reads */
    char section[64];
    bool seen[OPTION_COUNT];
    char *error;
};

/* Ends the reading with the first error; what is wrong stands behind file and line. */
static void __attribute__((format(printf, 2, 3)))
fail(struct reading *reading, const char *format, ...)
{
    va_list args;
    int length;

    if (reading->failed)
        return;
    reading->failed = true;
    length = snprintf(reading->error, CONFIG_ERROR_SIZE, "%.200s line %d: ", reading->path,
                      reading->line);
    va_start(args, format);
    vsnprintf(reading->error + length, CONFIG_ERROR_SIZE - (size_t)length, format, args);
    va_end(args);
}

/* Notes which section begins on this line, if one does. */
static void
follow_section(struct reading *reading, const char *text)
{
    char message[CONFIG_ERROR_SIZE];
    size_t length;

    text += strspn(text, " \t");
    if (*text != '[')
        return;
    length = strcspn(text + 1, "]");
    if (text[1 + length] != ']' || length >= sizeof reading->section) {
        fail(reading, "a section name must stand between [ and ]");
        return;
    }
    memcpy(reading->section, text + 1, length);
    reading->section[length] = '\0';
    reading->connector = option_group_is(reading->section);
    if (strcmp(reading->section, "database-admin") == 0)
        reading->config->has_database_admin = true;
    if (processor_config_is(reading->section)) {
        if (!processor_config_begin(&reading->config->processors, reading->section, message,
                                    sizeof message))
            fail(reading, "%s", message);
    } else if (!reading->connector && strcmp(reading->section, CONFIG_SECTION) != 0) {
        fail(reading,
             "unknown section [%s]: the sections are [" CONFIG_SECTION
             "], [processor NAME], [database] and [database-admin]",
             reading->section);
    }
}

/*
 * Hands libinih one line at a time (its reader interface, as fgets). Lines of Connector/C's
 * sections become empty: their syntax is MariaDB's, which allows names without a value.
 */
static char *
next_line(char *line, int size, void *stream)
{
    struct reading *reading = stream;
    char message[CONFIG_ERROR_SIZE];
    size_t length;

    if (reading->failed || fgets(line, size, reading->file) == NULL)
        return NULL;
    reading->line++;
    length = strlen(line);
    if (length + 1 == (size_t)size && line[length - 1] != '\n') {
        fail(reading, "this line is too long");
        return NULL;
    }
    follow_section(reading, line);
    if (reading->connector) {
        if (!option_group_check(reading->section, line, message, sizeof message))
            fail(reading, "%s", message);
        strcpy(line, "\n");
    }
    return reading->failed ? NULL : line;
}

/* One "name = value" of our section, as libinih hands it over: 1 goes on, 0 stops. */
static int
take_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    const struct option_row *option = config_option(name);
    char message[CONFIG_ERROR_SIZE];

    if (section[0] == '\0') {
        fail(reading, "options must stand below the line [" CONFIG_SECTION "]");
        return 0;
    }
    if (processor_config_is(section)) {
        if (!processor_config_set(&reading->config->processors, name, value, message,
                                  sizeof message))
            fail(reading, "%s", message);
        return !reading->failed;
    }
    if (option == NULL) {
        fail(reading, "unknown option %.64s", name);
        return 0;
    }
    if (reading->seen[option - options]) {
        fail(reading, "%s is set a second time", name);
        return 0;
    }
    reading->seen[option - options] = true;
    if (!config_set(reading->config, option, value, message)) {
        fail(reading, "%s", message);
        return 0;
    }
    return 1;
}

bool
config_read(struct config *config, const char *path, char error[CONFIG_ERROR_SIZE])
{
    struct reading reading = {.config = config, .error = error};
    int result;

    if (path == NULL)
        path = getenv("PAYMENT_API_CONF");
    if (path == NULL)
        path = CONFIG_DEFAULT_PATH;
    if (strlen(path) >= sizeof config->path) {
        snprintf(error, CONFIG_ERROR_SIZE, "the path of the configuration file is too long");
        return false;
    }
    reading.path = path;
    reading.file = fopen(path, "re");
    if (reading.file == NULL) {
        snprintf(error, CONFIG_ERROR_SIZE, "%s: %s", path, strerror(errno));
        return false;
    }
    strcpy(config->path, path);
    result = ini_parse_stream(next_line, &reading, take_value, &reading);
    if (ferror(reading.file))
        fail(&reading, "the file cannot be read");
    if (result != 0)
        fail(&reading, "this is neither [section] nor name = value");
    fclose(reading.file);
    return !reading.failed;
}

bool
config_check(const struct config *config, char error[CONFIG_ERROR_SIZE])
{
    if (config->request_timeout <= 2 * config->database_timeout) {
        snprintf(error, CONFIG_ERROR_SIZE,
                 "%.200s: request_timeout (%d) must be above twice database_timeout (%d): when an "
                 "answer of"
                 " the database is lost, a request must have the time to ask again",
                 config->path, config->request_timeout, config->database_timeout);
        return false;
    }
    return true;
}

void
config_argument_name(const struct option_row *option, char *name, size_t size)
{
    snprintf(name, size, "%s", option->name);
    for (char *c = name; *c != '\0'; c++)
        *c = (*c == '_') ? '-' : *c;
}

void
config_print_help(FILE *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char name[64];

        config_argument_name(&options[i], name, sizeof name);
        fprintf(out, "  --%-22s %s", name, options[i].help);
        if (options[i].initial[0] != '\0')
            fprintf(out, " (%s)", options[i].initial);
        fputc('\n', out);
    }
}
