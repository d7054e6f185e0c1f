"""payment-admin and what stays processing: reconciled by a command, listed, shown, resolved.

SPDX-License-Identifier: MIT
"""

import pytest
from harness.acquirer import Acquirer
from harness.stack import Stack


@pytest.fixture(scope="module")
def acquirer(tmp_path_factory):
    running = Acquirer(str(tmp_path_factory.mktemp("acquirer"))).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def stack(acquirer):
    """A single worker: there is no reconciler but the command."""
    with Stack(processors={"stripe": acquirer}, workers=1, processor_timeout=2, request_timeout=4, database_timeout=1,
               key_cache_seconds=0) as running:
        running.admin("merchant", "set", running.merchant, "--test-processor", "stripe")
        yield running


@pytest.fixture(autouse=True)
def honest(acquirer):
    yield
    acquirer.behave()


def let_time_pass(stack):
    """The requests of what is processing are over, and it is due."""
    for table in ("payments", "refunds"):
        stack.database.sql(f"UPDATE {table} SET due_at = UTC_TIMESTAMP(3), look_at = UTC_TIMESTAMP(3)"
                           " WHERE status = 'processing'")


def unresolved_payment(stack, acquirer, amount, fault="drop_after"):
    acquirer.misbehave(fault)
    answer = stack.client.pay(amount=amount)
    assert (answer.status_code, answer.json()["status"]) == (201, "processing"), answer.text
    acquirer.behave()
    return answer.json()["id"]


def test_reconcile_once(stack, acquirer):
    charged = unresolved_payment(stack, acquirer, 51.01)
    never_came = unresolved_payment(stack, acquirer, 51.02, "drop_before")
    assert stack.admin("reconcile", "--once") == {"asked_about": 0}  # their requests may be under way
    let_time_pass(stack)
    assert stack.admin("reconcile", "--once") == {"asked_about": 2}
    assert stack.client.get(f"/payments/{charged}").json()["status"] == "succeeded"
    assert stack.client.get(f"/payments/{never_came}").json()["status"] == "failed"
    assert len(acquirer.charges(amount=5101)) == 1 and acquirer.charges(amount=5102) == []
    assert stack.try_admin("reconcile", "--once").stdout == "Asked about 0 payments and refunds.\n"


def test_reconcile_without_a_database(stack, tmp_path):
    config = tmp_path / "c.conf"
    config.write_text("[database]\nsocket = /nonexistent.sock\n")
    assert stack.try_admin("reconcile", "--once", config=str(config)).returncode == 3
