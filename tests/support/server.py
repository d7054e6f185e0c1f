# SPDX-License-Identifier: MIT
"""A server process: started, watched and ended by its process id."""

import atexit
import os
import signal
import subprocess
from pathlib import Path

from .waiting import wait_until


class ServerFailed(Exception):
    """A server that did not start or did not end; the message holds the end of its log."""


class Server:
    """One server in a folder of its own. Subclasses say how it is called and when it is ready.

    It is the leader of a process group, so that what it leaves behind can be found.
    """

    name = "server"
    stop_signal = signal.SIGTERM
    start_seconds = 30
    stop_seconds = 30

    # Those that run, for the log of a failed test and for an exit that skips their stop().
    running = []

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log = self.folder / f"{self.name}.log"
        self.exit_status = None
        self._process = None

    # --- what subclasses define ---

    def command(self):
        """The command line."""
        raise NotImplementedError

    def environment(self):
        """The environment variables."""
        return dict(os.environ)

    def standard_input(self):
        """What the server gets as file descriptor 0."""
        return subprocess.DEVNULL

    def is_ready(self):
        """True once it answers."""
        raise NotImplementedError

    # --- life and death ---

    @property
    def pid(self):
        """The process id of the process that was started."""
        return self._process.pid

    def is_running(self):
        """True until it ends, for whatever reason."""
        return self._process is not None and self._process.poll() is None

    def start(self):
        """Starts it and waits until it is ready."""
        self.launch()
        try:
            wait_until(lambda: not self.is_running() or self.is_ready(),
                       f"{self.name} is not ready", self.start_seconds)
        except BaseException:
            self.kill()
            raise
        if not self.is_running():
            status = self.wait()
            raise ServerFailed(f"{self.name} ended with status {status}:\n{self.log_tail()}")
        return self

    def launch(self):
        """Starts it and returns at once."""
        assert not self.is_running(), f"{self.name} runs already"
        with open(self.log, "ab") as log:
            # The list is changed first: no signal may come between a start and its entry.
            Server.running.append(self)
            self._process = subprocess.Popen(
                self.command(), stdin=self.standard_input(), stdout=log, stderr=log,
                cwd=self.folder, env=self.environment(), start_new_session=True)

    def stop(self):
        """Asks it to end, waits, and returns the exit status. It must leave no process behind."""
        if not self.is_running():
            return self.wait()
        self.signal(self.stop_signal)
        try:
            return self.wait(self.stop_seconds)
        except TimeoutError:
            self.kill()
            raise ServerFailed(f"{self.name} did not end:\n{self.log_tail()}") from None

    def wait(self, timeout=10):
        """The exit status, after the server and all its children have ended by themselves."""
        if self in Server.running:
            wait_until(lambda: not self.is_running(), f"{self.name} ends", timeout)
            wait_until(lambda: not self._group_exists(), f"{self.name}'s children end", timeout)
            Server.running.remove(self)
            self.exit_status = self._process.returncode
        return self.exit_status

    def kill(self):
        """Ends it and all its children as a crash of the machine would: SIGKILL."""
        self.signal_group(signal.SIGKILL)
        self.wait()

    def restart(self):
        """Stops and starts it."""
        self.stop()
        return self.start()

    def signal(self, number):
        """Sends a signal to the process that was started."""
        if self.is_running():
            self._process.send_signal(number)

    def signal_group(self, number):
        """Sends a signal to it and all its children."""
        if self._process is not None and self._group_exists():
            os.killpg(self.pid, number)

    def _group_exists(self):
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()

    # --- its log ---

    def log_size(self):
        """A position in the log, for log_text()."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_text(self, since=0):
        """What the log says, from a position on."""
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def log_tail(self, since=0, lines=60):
        """The last lines of the log."""
        return "\n".join(self.log_text(since).splitlines()[-lines:])


@atexit.register
def _kill_what_is_left():
    for server in reversed(list(Server.running)):
        server.signal_group(signal.SIGKILL)
