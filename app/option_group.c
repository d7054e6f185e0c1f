/*
 * The option groups of the configuration file that MariaDB Connector/C reads by itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include "option_group.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64 /* longer than any name, with its final NUL */

static const struct {
    const char *name;
    bool shared; /* with other programs of MariaDB */
} groups[] = {
    {"database", false},     {"database-admin", false}, {"client", true},
    {"client-server", true}, {"client-mariadb", true},
};

enum rule {
    RULE_TAKEN,
    RULE_SWITCH, /* 1 or 0 */
    RULE_LIMIT,  /* refused: the program sets it */
    RULE_OTHERS, /* refused: it holds options that would go unchecked */
};

/*
 * The names that Connector/C 3.3 knows (mariadb_defaults in its mariadb_lib.c), but for
 * unix_socket, which it never finds, since it takes "_" for "-".
 */
static const struct {
    const char *name;
    enum rule rule;
} names[] = {
    {"bind-address", RULE_TAKEN},
    {"character-sets-dir", RULE_TAKEN},
    {"compress", RULE_TAKEN},
    {"connect-timeout", RULE_LIMIT},
    {"connection", RULE_OTHERS},
    {"database", RULE_TAKEN},
    {"db", RULE_TAKEN},
    {"debug", RULE_TAKEN},
    {"default-auth", RULE_TAKEN},
    {"default-character-set", RULE_TAKEN},
    {"disable-local-infile", RULE_TAKEN},
    {"host", RULE_TAKEN},
    {"init-command", RULE_TAKEN},
    {"interactive-timeout", RULE_TAKEN},
    {"local-infile", RULE_TAKEN},
    {"max-allowed-packet", RULE_TAKEN},
    {"multi-queries", RULE_TAKEN},
    {"multi-results", RULE_TAKEN},
    {"multi-statements", RULE_TAKEN},
    {"net-buffer-length", RULE_TAKEN},
    {"passwd", RULE_TAKEN},
    {"password", RULE_TAKEN},
    {"pipe", RULE_TAKEN},
    {"plugin-dir", RULE_TAKEN},
    {"port", RULE_TAKEN},
    {"protocol", RULE_TAKEN},
    {"reconnect", RULE_TAKEN},
    {"report-data-truncation", RULE_LIMIT},
    {"restricted-auth", RULE_TAKEN},
    {"return-found-rows", RULE_TAKEN},
    {"secure-auth", RULE_TAKEN},
    {"server-public-key", RULE_TAKEN},
    {"servername", RULE_TAKEN},
    {"shared-memory-base-name", RULE_TAKEN},
    {"socket", RULE_TAKEN},
    {"ssl-ca", RULE_TAKEN},
    {"ssl-capath", RULE_TAKEN},
    {"ssl-cert", RULE_TAKEN},
    {"ssl-cipher", RULE_TAKEN},
    {"ssl-crl", RULE_TAKEN},
    {"ssl-crlpath", RULE_TAKEN},
    {"ssl-enforce", RULE_SWITCH},
    {"ssl-fp", RULE_TAKEN},
    {"ssl-fp-list", RULE_TAKEN},
    {"ssl-fplist", RULE_TAKEN},
    {"ssl-key", RULE_TAKEN},
    {"ssl-passphrase", RULE_TAKEN},
    {"ssl-verify-server-cert", RULE_SWITCH},
    {"timeout", RULE_LIMIT},
    {"tls-ca", RULE_TAKEN},
    {"tls-capath", RULE_TAKEN},
    {"tls-cert", RULE_TAKEN},
    {"tls-cipher", RULE_TAKEN},
    {"tls-crl", RULE_TAKEN},
    {"tls-crlpath", RULE_TAKEN},
    {"tls-enforce", RULE_SWITCH},
    {"tls-fp", RULE_TAKEN},
    {"tls-fplist", RULE_TAKEN},
    {"tls-key", RULE_TAKEN},
    {"tls-passphrase", RULE_TAKEN},
    {"tls-verify-peer", RULE_SWITCH},
    {"tls-version", RULE_TAKEN},
    {"user", RULE_TAKEN},
    {"zstd-compression-level", RULE_TAKEN},
};

bool
option_group_is(const char *section)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(groups[i].name, section) == 0)
            return true;
    }
    return false;
}

static bool
is_shared(const char *section)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(groups[i].name, section) == 0)
            return groups[i].shared;
    }
    return false;
}

/* The name that a line sets, as Connector/C compares it; one that is too long is cut. */
static void
read_name(const char *line, char name[NAME_SIZE])
{
    size_t length = strcspn(line, "=");

    while (length > 0 && isspace((unsigned char)line[length - 1]))
        length--;
    if (length >= NAME_SIZE)
        length = NAME_SIZE - 1;
    for (size_t i = 0; i < length; i++)
        name[i] = line[i] == '_' ? '-' : line[i];
    name[length] = '\0';
}

/*
 * Connector/C takes "= 1" as on, and everything else, a name without a value among it, as off: what
 * was meant to verify the server would leave the connection unencrypted without a word.
 */
static bool
is_one_or_zero(const char *line)
{
    const char *value = strchr(line, '=');

    if (value == NULL)
        return false;
    value += 1 + strspn(value + 1, " \t");
    return (value[0] == '0' || value[0] == '1') &&
           strspn(value + 1, " \t\r\n") == strlen(value + 1);
}

static bool
check_rule(enum rule rule, const char *name, const char *line, char *error, size_t size)
{
    switch (rule) {
    case RULE_TAKEN:
        return true;
    case RULE_SWITCH:
        if (is_one_or_zero(line))
            return true;
        snprintf(error, size, "%s must be 1 or 0: MariaDB Connector/C takes all else as 0", name);
        return false;
    case RULE_LIMIT:
        snprintf(error, size,
                 "%s cannot be set: the program sets what it relies on, see database_timeout",
                 name);
        return false;
    case RULE_OTHERS:
        snprintf(error, size, "%s cannot be set: write each of its options on a line of its own",
                 name);
        return false;
    }
    return false;
}

bool
option_group_check(const char *section, const char *line, char *error, size_t size)
{
    char name[NAME_SIZE];

    line += strspn(line, " \t\r\n\v\f");
    if (*line == '\0' || *line == '#' || *line == ';' || *line == '[')
        return true;
    if (*line == '!') {
        snprintf(error, size, "no other file can be included: write its options here");
        return false;
    }
    read_name(line, name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].name, name) == 0)
            return check_rule(names[i].rule, name, line, error, size);
    }
    if (is_shared(section))
        return true;
    /* A line without "=" may be half of a password: what stands there is not repeated. */
    if (strchr(line, '=') == NULL || name[0] == '\0')
        snprintf(error, size, "no option of [%s] is written like this: name = value", section);
    else
        snprintf(error, size, "unknown option %s in [%s]: MariaDB Connector/C would ignore it",
                 name, section);
    return false;
}
