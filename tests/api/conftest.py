# SPDX-License-Identifier: MIT
"""Fixtures of the API tests: one stack for all of them, with two merchants."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

sys.path.insert(0, str(Path(__file__).parents[1]))

# pylint: disable=wrong-import-position,unused-import
from support import bodies  # noqa: E402
from support.contract import expect_new_payment  # noqa: E402
from support.locations import CACHE  # noqa: E402
from support.pytest_hooks import (  # noqa: E402,F401
    pytest_configure, pytest_runtest_makereport, pytest_runtest_protocol)
from support.stack import Stack  # noqa: E402

settings.register_profile(
    "api", deadline=None, print_blob=True, database=DirectoryBasedExampleDatabase(CACHE / "hypothesis"),
    # The stack is one for all examples, on purpose.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
settings.load_profile("api")


@pytest.fixture(scope="session", name="stack")
def fixture_stack():
    """The stack, at its most talkative."""
    with Stack(log_level="debug") as stack:
        yield stack
        assert stack.pool.is_running()


@pytest.fixture(scope="session", name="merchant")
def fixture_merchant(stack):
    """The merchant that the tests are."""
    return stack.new_merchant()


@pytest.fixture(scope="session", name="other_merchant")
def fixture_other_merchant(stack):
    """Another merchant, who must not see anything of the first."""
    return stack.new_merchant("Another shop")


@pytest.fixture(scope="session", name="api")
def fixture_api(stack, merchant):
    """The merchant's client."""
    return stack.client(merchant)


@pytest.fixture(scope="session", name="other_api")
def fixture_other_api(stack, other_merchant):
    """The other merchant's client."""
    return stack.client(other_merchant)


@pytest.fixture(name="payment_id")
def fixture_payment_id(api):
    """A payment of 100.00 USD."""
    return expect_new_payment(api.post("/payments", bodies.payment()))
