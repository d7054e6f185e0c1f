/*
 * The signals that end a process with a loop, read from a descriptor of that loop: so they come
 * between two turns and never into one, and a process that is never idle still sees them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_END_SIGNALS_H
#define PAYMENT_API_END_SIGNALS_H

#include "loop.h"

struct end_signals {
    struct loop_source source; /* first: the loop's pointer is this one's */
    int number; /* SIGTERM, SIGINT, SIGUSR1 or SIGHUP, whichever came last; 0: none. One that ends
                   the program is not undone by a reload that came with it */
};

/* Holds these signals back, whatever whoever started this process did with them, and takes SIGPIPE
 * for an error of the write. */
void end_signals_hold(void);

/* The same, and reads them in the loop. False when the kernel refuses. */
bool end_signals_open(struct end_signals *signals, struct loop *loop)
    __attribute__((warn_unused_result));

/* Takes one that was never opened, if its source.fd is -1. */
void end_signals_close(struct end_signals *signals);

#endif
