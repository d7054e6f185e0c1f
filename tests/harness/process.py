"""A server process of a test: started in a session of its own, and ended with the test.

SPDX-License-Identifier: MIT
"""

import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1


def _end_with_parent():
    """Ends the child when the test program dies in whatever way."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until(condition, seconds=10, what="the condition"):
    """Polls until condition() is true; its value. Raises when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.02)


class Process:
    """One server. Subclasses say how it is started and when it is ready."""

    name = "process"

    def __init__(self, folder):
        self.folder = folder
        self.log_path = os.path.join(folder, self.name + ".log")
        self.process = None

    def command(self):
        raise NotImplementedError

    def ready(self):
        raise NotImplementedError

    def start(self, wait=True, **options):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=options.pop("stdin", subprocess.DEVNULL),
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
                **options,
            )
        if wait:
            wait_until(self._ready_or_dead, 60, f"{self.name} ready")
            assert self.running, f"{self.name} ended while starting:\n{self.log()}"
        return self

    def _ready_or_dead(self):
        return not self.running or self.ready()

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=60):
        return self.process.wait(seconds)

    def stop(self, seconds=60):
        """Asks it to end; its exit status."""
        if self.process is None:
            return None
        if self.running:
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        if self.running:
            self.signal(signal.SIGKILL)
            self.process.wait(10)

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()
