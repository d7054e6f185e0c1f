# SPDX-License-Identifier: MIT
"""payment-admin, as an administrator calls it."""

import json
import subprocess

from .locations import built
from .waiting import PATIENCE


class Admin:
    """payment-admin with one configuration file."""

    def __init__(self, configuration):
        self.configuration = configuration

    def run(self, *arguments):
        """Runs a command; the result has returncode, stdout and stderr."""
        return subprocess.run(
            [built("payment-admin"), "--config", str(self.configuration.path), *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30 * PATIENCE,
            check=False)

    def json(self, *arguments):
        """Runs a command that must succeed; what it prints with --json."""
        run = self.run("--json", *arguments)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)
