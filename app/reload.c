/*
 * Reading the configuration again while the program runs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "reload.h"

#include <string.h>

#include "worker.h"

bool
reload(struct config *config, struct log *log, const struct reload_source *source)
{
    char error[CONFIG_ERROR_SIZE];
    struct config fresh;

    if (!source->load(&fresh, source->arg, error) ||
        (!worker_check_database(&fresh, error) && error[0] != '\0')) {
        log_write(log, LOG_LEVEL_ERROR, "the configuration stays as it was: %s", error);
        return false;
    }
    if (strcmp(fresh.listen, config->listen) != 0 || fresh.listen_mode != config->listen_mode ||
        fresh.allow_remote != config->allow_remote)
        log_write(log, LOG_LEVEL_WARNING,
                  "listen, listen_mode and allow_remote take effect at the next start only");
    *config = fresh;
    *log = config_log(config);
    log_open(log);
    log_write(log, LOG_LEVEL_NOTICE, "new configuration, workers: %d", config->workers);
    return true;
}
