/*
 * The signals that end a process with a loop.
 *
 * SPDX-License-Identifier: MIT
 */
#include "end_signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int ending[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};

static void
fill(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        sigaddset(set, ending[i]);
}

static void
take(struct loop_source *source, uint32_t events)
{
    struct end_signals *signals = (struct end_signals *)source;
    struct signalfd_siginfo info;

    (void)events;
    while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGHUP || signals->number == 0)
            signals->number = (int)info.ssi_signo;
    }
}

void
end_signals_hold(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t set;

    sigemptyset(&ignore.sa_mask);
    sigemptyset(&standard.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
    /* An ignored signal never arrives at the descriptor. */
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        sigaction(ending[i], &standard, NULL);
    fill(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

bool
end_signals_open(struct end_signals *signals, struct loop *loop)
{
    sigset_t set;

    end_signals_hold();
    fill(&set);
    signals->number = 0;
    signals->source.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    signals->source.ready = take;
    return signals->source.fd >= 0 && loop_add(loop, &signals->source, EPOLLIN);
}

void
end_signals_close(struct end_signals *signals)
{
    if (signals->source.fd >= 0)
        close(signals->source.fd);
    signals->source.fd = -1;
}
