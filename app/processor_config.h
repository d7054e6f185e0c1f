/*
 * The sections [processor NAME] of the configuration file: accounts with processors.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_PROCESSOR_CONFIG_H
#define PAYMENT_API_PROCESSOR_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define PROCESSOR_CONFIGS_MAX 7 /* beside the sandbox */

/* One section. What it does not set is "". */
struct processor_config {
    char name[33];                   /* as kept with each payment */
    char type[16];                   /* "stripe" */
    char secret_key[256];            /* of the account; it says whether it is its test mode */
    char event_secret[256];          /* what its events are signed with; "": it sends none */
    char event_secret_previous[256]; /* the one before, while it is being replaced */
    char address[256];               /* "https://..."; "": the processor's own */
    char ca_file[PATH_MAX];          /* PEM; "": the system's */
    char proxy[256];                 /* "": none */
};

struct processor_configs {
    struct processor_config list[PROCESSOR_CONFIGS_MAX];
    size_t count;
};

/* True for "processor NAME" (what stands between the brackets), whatever NAME is. */
bool processor_config_is(const char *section);

/* A section begins. On failure error says what is wrong with its name. */
bool processor_config_begin(struct processor_configs *configs, const char *section, char *error,
                            size_t size) __attribute__((warn_unused_result));

/* One "name = value" of the section that began last. */
bool processor_config_set(struct processor_configs *configs, const char *name, const char *value,
                          char *error, size_t size) __attribute__((warn_unused_result));

#endif
