# SPDX-License-Identifier: MIT
"""The worker pool: payment-api.fcgi."""

import os
import re
import shlex
import signal
import socket

from .fastcgi import family_of
from .locations import built
from .server import Server
from .waiting import wait_until

# For example: valgrind --quiet --leak-check=full --error-exitcode=99
_PREFIX = shlex.split(os.environ.get("PAYMENT_API_POOL_PREFIX", ""))

# How sanitizers and valgrind begin their reports.
_MEMORY_ERROR = re.compile(r"(ERROR: \w+Sanitizer|runtime error:|^==\d+== (?!Memcheck|Copyright))",
                           re.MULTILINE)


class Pool(Server):
    """payment-api.fcgi on a Unix socket in its folder, unless told otherwise.

    address is where it listens: a path, or a pair of host and port. With inherited=True it is given
    no --listen: the prefix (spawn-fcgi) or a subclass opens the address and hands it over as fd 0.
    """

    name = "payment-api"

    def __init__(self, folder, configuration, address=None, inherited=False, prefix=()):
        super().__init__(folder)
        self.configuration = configuration
        self.address = address or str(self.folder / "payment-api.sock")
        self.inherited = inherited
        self.prefix = [*prefix, *_PREFIX]

    def command(self):
        command = [*self.prefix, built("payment-api.fcgi"),
                   "--config", str(self.configuration.path)]
        if self.inherited:
            return command
        listen = self.address if isinstance(self.address, str) else "{}:{}".format(*self.address)
        return [*command, "--listen", listen]

    def is_ready(self):
        with socket.socket(family_of(self.address)) as probe:
            return probe.connect_ex(self.address) == 0

    def workers(self):
        """The process ids of the workers."""
        try:
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as children:
                return {int(pid) for pid in children.read().split()}
        except FileNotFoundError:
            return set()

    def reload(self):
        """SIGHUP; returns when every worker has been replaced."""
        old = self.workers()
        self.signal(signal.SIGHUP)
        wait_until(lambda: len(self.workers()) > 0 and not old & self.workers(),
                   "the workers are replaced", 30)

    def memory_errors(self):
        """What a sanitizer or valgrind reported in the log, if one was at work."""
        return [line for line in self.log_text().splitlines() if _MEMORY_ERROR.search(line)]
