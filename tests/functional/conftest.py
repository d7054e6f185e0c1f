"""What the API's tests share: one running stack, and its logs when a test fails.

PAYMENT_API_DEPLOYMENT names other deployments (tests/harness/deployments.py) to run them through, one
after the other. Then the tests that speak to the workers without a web server are left out.
PAYMENT_API_SANITIZERS says that the programs in the build folder were built with some. Then the tests
that build programs of their own are skipped, since those would be the same again, and so are those of
documents and of queries, which are the same with any build.

SPDX-License-Identifier: MIT
"""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from harness.acquirer import Acquirer  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.contract import Contract  # noqa: E402
from harness.deployments import DEPLOYMENTS  # noqa: E402
from harness.stack import Stack  # noqa: E402


Client.judge = Contract().judge
CHOSEN = os.environ.get("PAYMENT_API_DEPLOYMENT", "").split()
for name in CHOSEN:
    if name not in DEPLOYMENTS:
        raise pytest.UsageError(f"PAYMENT_API_DEPLOYMENT: no '{name}'; there are {' '.join(DEPLOYMENTS)}")


@pytest.fixture(scope="session", params=CHOSEN or None)
def stack(request):
    with Stack(deployment=getattr(request, "param", "nginx"), webhooks="yes") as running:
        yield running


@pytest.fixture(scope="module")
def acquirer(tmp_path_factory):
    """One for the tests of a file."""
    running = Acquirer(str(tmp_path_factory.mktemp("acquirer"))).start()
    yield running
    running.stop()


@pytest.fixture
def honest(acquirer):
    """What a test tells the acquirer to do wrong ends with it."""
    yield
    acquirer.behave()


OWN_BUILDS = {"checkout", "upload"}  # fixtures
ANY_BUILD = {"test_database.py", "test_openapi.py", "test_reference.py"}


def why_it_is_the_same_again(item):
    """The reason to skip it; None: it is not."""
    if "PAYMENT_API_SANITIZERS" not in os.environ:
        return None
    if not OWN_BUILDS.isdisjoint(item.fixturenames):
        return "the programs that it builds have no sanitizers"
    return "it is the same with any build" if item.path.name in ANY_BUILD else None


def speaks_to_workers(item):
    """True for a test that goes past the web server."""
    function = getattr(item.function, "hypothesis", None)
    function = function.inner_test if function else item.function
    return "fastcgi_send" in function.__code__.co_names


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Takes out what a deployment leaves out; test_differences.py has what is so instead."""
    kept, left_out, seen = [], [], set()
    for item in items:
        deployment = item.callspec.params.get("stack") if hasattr(item, "callspec") else None
        if deployment is None:
            reason = why_it_is_the_same_again(item)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))
            (left_out if item.path.name == "test_differences.py" else kept).append(item)
            continue
        name = f"{item.path.name}::{item.name}".replace(f"[{deployment}]", "").replace(f"[{deployment}-", "[")
        different = {difference.test for difference in DEPLOYMENTS[deployment].differences}
        seen.add((deployment, item.path.name))
        seen.add((deployment, name))
        nothing_else = item.path.name == "test_differences.py" and not different
        (left_out if name in different or nothing_else or speaks_to_workers(item) else kept).append(item)
    for deployment in CHOSEN if not any("::" in argument for argument in config.args) else ():
        for difference in DEPLOYMENTS[deployment].differences:
            if (deployment, difference.test.split("::")[0]) in seen and (deployment, difference.test) not in seen:
                raise pytest.UsageError(f"{deployment}: there is no {difference.test}")
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


@pytest.fixture
def api(stack):
    """The client of the first merchant."""
    return stack.client


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    running = item.funcargs.get("stack")
    if report.failed and running is not None:
        report.sections.append(("workers' log", running.workers.log()[-4000:]))
