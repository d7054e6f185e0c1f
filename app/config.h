/*
 * Configuration: one table of options, read from an INI file and from the command line.
 *
 * The section [payment-api] is ours. The sections [database] and [database-admin] (and the groups
 * that MariaDB programs share, such as [client]) are read by Connector/C itself as option groups.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_CONFIG_H
#define PAYMENT_API_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "log.h"
#include "processor_config.h"

#define CONFIG_SECTION "payment-api"
#define CONFIG_DEFAULT_PATH PKGSYSCONFDIR "/payment-api.conf"
#define CONFIG_ERROR_SIZE 512

struct config {
    char path[PATH_MAX];               /* the file that was read */
    char listen[256];                  /* "" when the socket comes on fd 0 */
    int listen_mode;                   /* file mode of a unix socket */
    bool allow_remote;                 /* listen on a routable address all the same */
    int workers;                       /* processes; 1: this process is the worker */
    int max_body;                      /* bytes */
    int max_in_hand;                   /* requests that one worker has taken and not answered */
    int request_timeout;               /* seconds for one request, from accept to reply */
    int body_timeout;                  /* seconds that the web server may pause while it sends */
    int max_queue_seconds;             /* a request that waited longer is refused; 0: none is */
    int processor_timeout;             /* seconds more for a request whose processor is called */
    int action_timeout;                /* seconds that a customer may take at a processor's page */
    int database_timeout;              /* seconds for a connect and for each answer */
    bool webhooks;                     /* events are sent to merchants' endpoints */
    int webhook_days;                  /* attempts and deliveries are kept; 0: for ever */
    int event_days;                    /* the same of events */
    char allow_webhook_addresses[256]; /* networks that they may be in besides the internet's */
    char webhook_ca_file[256];         /* "": the system's */
    int key_cache_seconds;             /* 0: each request looks its key up */
    bool fastcgi_keepalive;            /* keep the web server's connections open between requests */
    enum log_target log_target;
    enum log_level log_level;
    enum log_format log_format;
    bool has_database_admin;             /* the file has a section [database-admin] */
    struct processor_configs processors; /* the sections [processor NAME] */
};

/* How an option's text becomes a member of struct config. */
enum option_type {
    OPTION_ADDRESS,
    OPTION_NUMBER,
    OPTION_OCTAL,
    OPTION_BOOLEAN,
    OPTION_LOG_TARGET,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_NETWORKS,
    OPTION_PATH,
};

/* One row tells all about one option. On the command line its name has "-" for "_". */
struct option_row {
    const char *name;
    enum option_type type;
    size_t offset;       /* of the member of struct config */
    int minimum;         /* of numbers */
    int maximum;         /* of numbers; of texts the size of the member */
    const char *initial; /* the default, as text */
    const char *help;    /* one line for --help and the manual */
};

/* All options, in the order of the sample file. */
const struct option_row *config_options(size_t *count);

/* Every option at its default. */
void config_init(struct config *config);

/*
 * The file to read: the command line's (NULL: none), else $PAYMENT_API_CONF, else
 * CONFIG_DEFAULT_PATH. On failure error names file, line and option.
 */
bool config_read(struct config *config, const char *path, char error[CONFIG_ERROR_SIZE])
    __attribute__((warn_unused_result));

/* Sets one option from text; on failure error says what is wrong with it. */
bool config_set(struct config *config, const struct option_row *option, const char *value,
                char error[CONFIG_ERROR_SIZE]) __attribute__((warn_unused_result));

/* The row with this name ("max_body"), or NULL. */
const struct option_row *config_option(const char *name);

/* Checks what no single option can tell: how the values fit together. */
bool config_check(const struct config *config, char error[CONFIG_ERROR_SIZE])
    __attribute__((warn_unused_result));

/* The option's name on the command line: "max-body". */
void config_argument_name(const struct option_row *option, char *name, size_t size);

/* How the program is to log. */
static inline struct log
config_log(const struct config *config)
{
    return (struct log){
        .target = config->log_target, .level = config->log_level, .format = config->log_format};
}

/* The option table as --help shows it. */
void config_print_help(FILE *out);

#endif
