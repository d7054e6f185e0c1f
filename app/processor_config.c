/*
 * The sections [processor NAME] of the configuration file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor_config.h"

#include <stdio.h>
#include <string.h>

#define PREFIX "processor "

static const struct member {
    const char *name;
    size_t offset;
    size_t size;
} members[] = {
#define MEMBER(field)                                                       \
    {                                                                       \
        .name = #field, .offset = offsetof(struct processor_config, field), \
        .size = sizeof((struct processor_config *)0)->field                 \
    }
    MEMBER(type),    MEMBER(secret_key), MEMBER(event_secret), MEMBER(event_secret_previous),
    MEMBER(address), MEMBER(ca_file),    MEMBER(proxy),
};

bool
processor_config_is(const char *section)
{
    return strncmp(section, PREFIX, strlen(PREFIX)) == 0;
}

static bool
is_good_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return length > 0 && name[length] == '\0' &&
           length < sizeof((struct processor_config *)0)->name;
}

bool
processor_config_begin(struct processor_configs *configs, const char *section, char *error,
                       size_t size)
{
    const char *name = section + strlen(PREFIX);

    if (!is_good_name(name)) {
        snprintf(error, size,
                 "the name of a processor is made of a-z, 0-9, _ and -, 32 at most: [%.64s]",
                 section);
        return false;
    }
    if (strcmp(name, "sandbox") == 0) {
        snprintf(error, size, "the sandbox is there without a section: choose another name");
        return false;
    }
    for (size_t i = 0; i < configs->count; i++) {
        if (strcmp(configs->list[i].name, name) == 0) {
            snprintf(error, size, "[%s] is there a second time", section);
            return false;
        }
    }
    if (configs->count == PROCESSOR_CONFIGS_MAX) {
        snprintf(error, size, "there are more than %d processors", PROCESSOR_CONFIGS_MAX);
        return false;
    }
    memset(&configs->list[configs->count], 0, sizeof configs->list[0]);
    strcpy(configs->list[configs->count].name, name);
    configs->count++;
    return true;
}

/* Secrets go into a header of each call, addresses in front of a path. */
static bool
check(const char *name, const char *value, char *error, size_t size)
{
    if (value[strcspn(value, " \t\r\n\"\\")] != '\0') {
        snprintf(error, size, "%s holds a character that cannot stand there", name);
        return false;
    }
    if (strcmp(name, "address") == 0 &&
        (strncmp(value, "https://", 8) != 0 || value[strcspn(value, "?#@")] != '\0' ||
         value[strlen(value) - 1] == '/')) {
        snprintf(error, size, "address must be https://HOST or https://HOST:PORT: %.100s", value);
        return false;
    }
    return true;
}

bool
processor_config_set(struct processor_configs *configs, const char *name, const char *value,
                     char *error, size_t size)
{
    struct processor_config *config = &configs->list[configs->count - 1];

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char *member = (char *)config + members[i].offset;

        if (strcmp(members[i].name, name) != 0)
            continue;
        if (member[0] != '\0') {
            snprintf(error, size, "%s is set a second time", name);
            return false;
        }
        if (value[0] == '\0' || strlen(value) >= members[i].size) {
            snprintf(error, size, "%s is %s", name, value[0] == '\0' ? "empty" : "too long");
            return false;
        }
        if (!check(name, value, error, size))
            return false;
        strcpy(member, value);
        return true;
    }
    snprintf(error, size,
             "unknown option %.64s: a processor has type, secret_key, event_secret,"
             " event_secret_previous, address, ca_file and proxy",
             name);
    return false;
}
