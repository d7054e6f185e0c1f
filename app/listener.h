/*
 * The listening socket: given on standard input, or opened here.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_LISTENER_H
#define PAYMENT_API_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "config.h"

struct listener {
    int fd;         /* non-blocking; -1 when there is none */
    char path[256]; /* of a unix socket that was made here, "" otherwise */
    dev_t device;   /* of the file at that path */
    ino_t inode;
};

/* True when standard input is a listening socket (spawn-fcgi, systemd, a web server's manager). */
bool listener_is_inherited(void);

/*
 * Takes the socket on standard input, else opens config->listen. An address that other machines can
 * reach is refused unless config->allow_remote. A path on which a process listens is left to it,
 * unless it stops within a few seconds, or replace is true: then the path leads to the new socket
 * from one moment to the next, and never to none. A stale socket file is replaced. On failure error
 * says why.
 */
bool listener_open(struct listener *listener, const struct config *config, bool replace,
                   char error[CONFIG_ERROR_SIZE]) __attribute__((warn_unused_result));

/* True when this socket was made here and its path is gone or another's: what waits in it is seen
 * by nobody else. */
bool listener_is_orphaned(const struct listener *listener);

/* True when another socket stands at the path of one that was made here. */
bool listener_is_taken_over(const struct listener *listener);

/* Removes the path, if it still leads here, so that no new connection comes: the socket is orphaned
 * then. Nothing for a socket that has no path of its own. */
void listener_withdraw(const struct listener *listener);

/* Closes the socket and removes the file that was made for it. */
void listener_close(struct listener *listener);

#endif
