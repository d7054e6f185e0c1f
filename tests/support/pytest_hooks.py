# SPDX-License-Identifier: MIT
"""pytest hooks that conftest.py files import: logs of failed tests, and an orderly end."""

import signal

import pytest

from .server import Server


def pytest_configure(config):
    """SIGTERM ends the tests as Ctrl-C does: fixtures stop what they started."""
    del config

    def interrupt(number, _frame):
        # Once: the second signal must not interrupt the clean-up.
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Notes where the logs stand when a test begins."""
    item.log_positions = {server: server.log_size() for server in Server.running}
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds what the servers logged during a test to the report of its failure."""
    del call
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for server in Server.running:
        text = server.log_tail(item.log_positions.get(server, 0))
        if text:
            report.sections.append((f"{server.log}", text))
