# SPDX-License-Identifier: MIT
"""The worker pool: payment-api.fcgi."""

import os
import re
import shlex
import signal
import socket
import subprocess

from .locations import built
from .server import Server
from .waiting import wait_until

# For example: valgrind --quiet --leak-check=full --error-exitcode=99
_PREFIX = shlex.split(os.environ.get("PAYMENT_API_POOL_PREFIX", ""))

# How sanitizers and valgrind begin their reports.
_MEMORY_ERROR = re.compile(r"(ERROR: \w+Sanitizer|runtime error:|^==\d+== (?!Memcheck|Copyright))",
                           re.MULTILINE)


class Pool(Server):
    """payment-api.fcgi on a Unix socket in its folder, or on a socket that it inherits as fd 0."""

    name = "payment-api"

    def __init__(self, folder, configuration, arguments=(), inherited=None, prefix=_PREFIX):
        super().__init__(folder)
        self.configuration = configuration
        self.arguments = list(arguments)
        self.prefix = list(prefix)
        self.inherited = inherited
        self.socket = self.folder / "payment-api.sock"

    def command(self):
        listen = [] if self.inherited is not None else ["--listen", str(self.socket)]
        return [*self.prefix, built("payment-api.fcgi"), "--config", str(self.configuration.path),
                *listen, *self.arguments]

    def standard_input(self):
        return subprocess.DEVNULL if self.inherited is None else self.inherited

    @property
    def address(self):
        """Where it listens: a path, or a pair of host and port."""
        return str(self.socket) if self.inherited is None else self.inherited.getsockname()

    def is_ready(self):
        family = socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET
        with socket.socket(family) as probe:
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
