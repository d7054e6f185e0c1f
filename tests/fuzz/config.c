/*
 * Configuration: any file is read or refused with a message that names the place, and no value
 * leaves its limits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"

/* The member of a number's row. */
static int
number(const struct config *config, const struct option_row *row)
{
    int value;

    memcpy(&value, (const char *)config + row->offset, sizeof value);
    return value;
}

static void
check_limits(const struct config *config)
{
    size_t count;
    const struct option_row *rows = config_options(&count);
    char error[CONFIG_ERROR_SIZE] = "";

    for (size_t i = 0; i < count; i++) {
        const char *member = (const char *)config + rows[i].offset;

        if (rows[i].type == OPTION_NUMBER || rows[i].type == OPTION_OCTAL)
            CHECK(number(config, &rows[i]) >= rows[i].minimum &&
                  number(config, &rows[i]) <= rows[i].maximum);
        if (rows[i].type == OPTION_ADDRESS)
            CHECK(memchr(member, '\0', (size_t)rows[i].maximum) != NULL);
    }
    CHECK(config->log_level <= LOG_LEVEL_DEBUG);
    CHECK(config->log_target <= LOG_TARGET_SYSLOG);
    CHECK(config->log_format <= LOG_FORMAT_JSON);
    CHECK(config_check(config, error) == (error[0] == '\0'));
}

/* The bytes as the file's content. */
static void
check_file(int fd, const uint8_t *data, size_t size)
{
    struct config *config = malloc(sizeof *config);
    char *error = fuzz_text("", CONFIG_ERROR_SIZE - 1);
    char path[64], place[80];

    CHECK(config != NULL);
    CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    snprintf(place, sizeof place, "%s line ", path);
    config_init(config);
    error[0] = '\0';
    if (config_read(config, path, error)) {
        CHECK(error[0] == '\0');
        CHECK(strcmp(config->path, path) == 0);
    } else {
        CHECK(memchr(error, '\0', CONFIG_ERROR_SIZE) != NULL);
        CHECK(strncmp(error, place, strlen(place)) == 0);
        CHECK(strlen(error) > strlen(place));
    }
    check_limits(config);
    free(error);
    free(config);
}

/* The bytes as the value of each option. */
static void
check_values(const char *value)
{
    size_t count;
    const struct option_row *rows = config_options(&count);
    struct config config;

    config_init(&config);
    for (size_t i = 0; i < count; i++) {
        char error[CONFIG_ERROR_SIZE] = "";
        unsigned char before[sizeof config], after[sizeof config];
        bool good;

        memcpy(before, &config, sizeof config);
        good = config_set(&config, &rows[i], value, error);
        memcpy(after, &config, sizeof config);

        CHECK(good == (error[0] == '\0'));
        CHECK(good || memcmp(before, after, sizeof config) == 0);
        CHECK(good || strncmp(error, rows[i].name, strlen(rows[i].name)) == 0);
    }
    check_limits(&config);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    char *value = fuzz_text(data, size);

    if (fd < 0)
        fd = memfd_create("fuzz.conf", MFD_CLOEXEC);
    CHECK(fd >= 0);
    check_file(fd, data, size);
    check_values(value);
    free(value);
    return 0;
}
