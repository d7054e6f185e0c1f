/*
 * Configuration: the option table, and its likeness to the sample file and the README.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

/* The text of a file of the source tree; the caller frees it. */
static char *
read_source(const char *name)
{
    const char *folder = getenv("PAYMENT_API_SRCDIR");
    char path[PATH_MAX];
    char *text = calloc(1, 200000);
    FILE *file;

    assert_non_null(text);
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : ".", name);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, 199999, file) > 0);
    fclose(file);
    return text;
}

static void
the_sample_file_has_every_option_with_its_default(void **state)
{
    char *text = read_source("conf/payment-api.conf");
    const char *place = text;
    const struct option_row *rows;
    size_t count;

    (void)state;
    rows = config_options(&count);
    for (size_t i = 0; i < count; i++) {
        char line[128];

        snprintf(line, sizeof line, "\n#%s =%s%s\n", rows[i].name,
                 rows[i].initial[0] != '\0' ? " " : "", rows[i].initial);
        place = strstr(place, line); /* in the order of the table */
        if (place == NULL) {
            fail_msg("conf/payment-api.conf lacks, in its place: %s", line);
            return;
        }
    }
    free(text);
}

static void
the_readme_has_every_option(void **state)
{
    char *text = read_source("README.md");
    const struct option_row *rows;
    size_t count;

    (void)state;
    rows = config_options(&count);
    for (size_t i = 0; i < count; i++) {
        char cell[128];

        if (rows[i].initial[0] != '\0')
            snprintf(cell, sizeof cell, "| `%s` | `%s` |", rows[i].name, rows[i].initial);
        else
            snprintf(cell, sizeof cell, "| `%s` | |", rows[i].name);
        if (strstr(text, cell) == NULL)
            fail_msg("README.md lacks: %s", cell);
    }
    free(text);
}

static bool
read_text(const char *text, struct config *config, char error[CONFIG_ERROR_SIZE])
{
    char path[] = "/tmp/payment-api-config-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    bool good;

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    config_init(config);
    good = config_read(config, path, error);
    unlink(path);
    return good;
}

static void
reads_its_own_section_and_leaves_the_others_to_the_connector(void **state)
{
    char error[CONFIG_ERROR_SIZE];
    struct config config;

    (void)state;
    assert_true(read_text("; a comment\n[client]\nssl\n[payment-api]\nworkers = 7 ; seven\n"
                          "listen=/run/x.sock\n[database]\nssl-verify-server-cert = 1\nfoo\n= x\n",
                          &config, error));
    assert_int_equal(config.workers, 7);
    assert_string_equal(config.listen, "/run/x.sock");
    assert_false(config.has_database_admin);
    assert_true(read_text("[database-admin]\nuser = root\n", &config, error));
    assert_true(config.has_database_admin);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_file_has_every_option_with_its_default),
        cmocka_unit_test(the_readme_has_every_option),
        cmocka_unit_test(reads_its_own_section_and_leaves_the_others_to_the_connector),
    };

    return RUN(tests);
}
