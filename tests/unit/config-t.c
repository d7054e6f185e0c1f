/*
 * Configuration: the option table, and its likeness to the sample file and conf/README.md.
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
                          "listen=/run/x.sock\n[database]\nssl_verify_server_cert = 1\ncompress\n",
                          &config, error));
    assert_int_equal(config.workers, 7);
    assert_string_equal(config.listen, "/run/x.sock");
    assert_false(config.has_database_admin);
    assert_true(read_text("[database-admin]\nuser = root\n", &config, error));
    assert_true(config.has_database_admin);
}

/* What Connector/C would ignore is an error that names file, line and option, and no value. */
static void
refuses_what_the_connector_does_not_know(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"[database]\n\npasword = secret\n", " line 3: unknown option pasword in [database]"},
        {"[database-admin]\nUser = root\n", " line 2: unknown option User in [database-admin]"},
        {"[database]\nunix_socket = /x\n", " line 2: unknown option unix-socket in [database]"},
        {"[database]\npassword secret\n", " line 2: no option of [database] is written like this"},
        {"[database]\n= secret\n", " line 2: no option of [database] is written like this"},
        {"[database]\ntls-verify-peer = yes\n", " line 2: tls-verify-peer must be 1 or 0"},
        {"[client]\nconnect_timeout = 9\n", " line 2: connect-timeout cannot be set"},
        {"[client]\nconnection = host=db\n", " line 2: connection cannot be set"},
        {"[client]\n!include /etc/my.cnf\n", " line 2: no other file can be included"},
    };
    char error[CONFIG_ERROR_SIZE];
    struct config config;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(read_text(cases[i].text, &config, error));
        if (strstr(error, cases[i].error) == NULL || strstr(error, "secret") != NULL)
            fail_msg("%s: %s", cases[i].text, error);
    }
}

static void
checks_the_address(void **state)
{
    static const char *const good[] = {"", "/run/x.sock", "./x", "127.0.0.1:9000", "[::1]:9000"};
    static const char *const bad[] = {"x.sock", "9000", ":9000", "127.0.0.1:", "127.0.0.1:http"};
    char error[CONFIG_ERROR_SIZE];
    struct config config;

    (void)state;
    config_init(&config);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(config_set(&config, config_option("listen"), good[i], error));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(config_set(&config, config_option("listen"), bad[i], error));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_file_has_every_option_with_its_default),
        cmocka_unit_test(reads_its_own_section_and_leaves_the_others_to_the_connector),
        cmocka_unit_test(refuses_what_the_connector_does_not_know),
        cmocka_unit_test(checks_the_address),
    };

    return RUN(tests);
}
