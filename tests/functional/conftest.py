"""What the API's tests share: one running stack, and its logs when a test fails.

SPDX-License-Identifier: MIT
"""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from harness.stack import Stack  # noqa: E402


@pytest.fixture(scope="session")
def stack():
    with Stack() as running:
        yield running


@pytest.fixture
def api(stack):
    """The client of the first merchant."""
    return stack.client


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    running = item.funcargs.get("stack")
    if report.failed and running is not None and os.path.exists(running.workers.log_path):
        report.sections.append(("workers' log", running.workers.log()[-4000:]))
