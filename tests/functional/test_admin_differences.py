"""payment-admin reconcile --since: what the processor says is held against our records, both ways.

SPDX-License-Identifier: MIT
"""

import json

import pytest

from harness import events
from harness.events import RECEIVED, ended, told
from harness.stack import paying_stack

SINCE = "2024-01-01"

pytestmark = pytest.mark.usefixtures("honest")


@pytest.fixture(scope="module")
def stack(acquirer):
    with paying_stack(acquirer, workers=2, processor_timeout=2, request_timeout=4, database_timeout=1) as running:
        yield running


def compare(stack, *options, status=4):
    """The rows, by the processor's reference."""
    result = stack.try_admin("--json", "reconcile", "--since", SINCE, *options)
    assert result.returncode == status, result.stderr
    rows = json.loads(result.stdout)["differences"]
    found = {row["reference"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def paid(stack, acquirer, amount, source="tok_visa"):
    payment = stack.client.pay(amount=amount / 100, source=source).json()
    assert payment["status"] == "succeeded"
    return payment["id"], acquirer.charges(amount=amount)[0]


def test_books_that_agree(stack, acquirer):
    """Over several pages of each list: payments of both kinds, declines, refunds, what was given back, what used a key
    up, and what a customer still has to do."""
    for number in range(30):
        payment, _ = paid(stack, acquirer, 7000 + number, ("tok_visa", "pm_card_visa")[number % 2])
        assert stack.client.refund(payment, 1).json()["status"] == "succeeded"
    declined = stack.client.pay(amount=70.40, source="tok_chargeDeclined").headers["Location"].rpartition("/")[2]
    stack.client.pay(amount=70.41, source="pm_card_chargeDeclined")
    stack.client.pay(amount=70.42, source="pm_card_authenticationRequired", return_url="https://shop.example/back")
    charge = acquirer.charge_in_pages(7040, declined)
    body = events.event("charge.succeeded", {"object": "charge", "id": charge, "status": "succeeded",
                                             "metadata": {"payment_id": declined}})
    assert told(stack, body) == RECEIVED
    ended(stack, body, "done")
    before = stack.database.sql("CHECKSUM TABLE payments, refunds, notices, attempts, audit, events")
    asked = len(acquirer.requests())
    assert compare(stack, status=0) == {}
    pages = [request for request in acquirer.requests()[asked:] if "starting_after" in request["query"]]
    assert {request["path"] for request in pages} == {"/v1/charges", "/v1/refunds"}
    assert all(request["method"] == "GET" for request in acquirer.requests()[asked:])
    assert stack.database.sql("CHECKSUM TABLE payments, refunds, notices, attempts, audit, events") == before
    table = stack.try_admin("reconcile", "--since", SINCE)
    assert table.returncode == 0 and table.stdout.split() == \
        "PROCESSOR DIFFERENCE TYPE ID REFERENCE HERE THERE".split()


def test_charges_that_are_not_on_record(stack, acquirer):
    foreign = acquirer.charge_in_pages(7101, "order 7")
    payment, charge = paid(stack, acquirer, 7102)
    second = acquirer.charge_in_pages(7102, payment)
    declined = stack.client.pay(amount=71.03, source="tok_chargeDeclined").headers["Location"].rpartition("/")[2]
    charged = acquirer.charge_in_pages(7103, declined)
    found = compare(stack)
    assert found[foreign] == {"processor": "stripe", "difference": "not on record", "type": "payment", "id": None,
                              "reference": foreign, "here": None, "there": "71.01 USD succeeded"}
    assert found[second] == {"processor": "stripe", "difference": "second charge", "type": "payment", "id": payment,
                             "reference": second, "here": "71.02 USD succeeded", "there": "71.02 USD succeeded"}
    assert (found[charged]["difference"], found[charged]["id"], found[charged]["here"]) == \
        ("other status", declined, "71.03 USD failed")
    assert charge["id"] not in found
    table = stack.try_admin("reconcile", "--since", SINCE)
    assert table.returncode == 4 and foreign in table.stdout and "second charge" in table.stdout


def test_what_succeeded_here_and_not_there(stack, acquirer):
    """One never came there; one was declined."""
    acquirer.misbehave("drop_before")
    lost = stack.client.pay(amount=72.01).json()["id"]
    acquirer.behave()
    stack.client.pay(amount=72.02, source="tok_chargeDeclined")
    payment, _ = paid(stack, acquirer, 7203)
    refund = stack.client.refund(payment, 5.03).json()["id"]
    stack.database.sql("UPDATE payments SET status = 'succeeded', decline = NULL, look_at = NULL WHERE amount IN (7201, 7202);"
                       " UPDATE refunds SET reference = 're_gone' WHERE amount = 503")
    acquirer.misbehave({"what": "error_before", "method": "GET", "path": "/v1/refunds/re_gone"})
    found = compare(stack)
    assert (found[None]["difference"], found[None]["id"], found[None]["here"], found[None]["there"]) == \
        ("not there", lost, "72.01 USD succeeded", "in no list")
    declined = acquirer.charges(amount=7202)[0]["id"]
    assert (found[declined]["difference"], found[declined]["here"]) == ("other status", "72.02 USD succeeded")
    # It is found by our id: that its reference is another one is nobody's loss.
    assert refund not in [row["id"] for row in found.values()]


def test_amounts_that_differ(stack, acquirer):
    payment, charge = paid(stack, acquirer, 7301)
    refund = stack.client.refund(payment, 3.01).json()["id"]
    reference = acquirer.refunds(charge=charge["id"])[0]["id"]
    stack.database.sql("UPDATE refunds SET amount = 302 WHERE amount = 301; UPDATE payments SET amount = 7302, refunded = 302"
                       " WHERE amount = 7301")
    found = compare(stack)
    assert (found[charge["id"]]["difference"], found[charge["id"]]["here"], found[charge["id"]]["there"]) == \
        ("other amount", "73.02 USD succeeded", "73.01 USD succeeded")
    assert (found[reference]["difference"], found[reference]["id"], found[reference]["there"]) == \
        ("other amount", refund, "3.01 USD succeeded")


def test_refunds_from_elsewhere(stack, acquirer):
    payment, charge = paid(stack, acquirer, 7401, "pm_card_visa")
    refund = acquirer.refund_in_pages(charge["id"], 500)
    found = compare(stack)[refund]
    assert (found["difference"], found["type"], found["id"], found["there"]) == \
        ("not on record", "refund", None, "5.00 USD succeeded")
    # An event brings it into the books; that it comes back is told by none.
    body = events.event("refund.created", {"object": "refund", "id": refund, "status": "succeeded"})
    assert told(stack, body) == RECEIVED
    ended(stack, body, "done")
    assert refund not in compare(stack)
    ours = stack.client.refund(payment, 2).json()["id"]
    acquirer.settle_refund(refund, succeeded=False)
    acquirer.settle_refund(acquirer.refunds(charge=charge["id"], amount=200)[0]["id"], succeeded=False)
    rows = {row["id"]: row for row in compare(stack).values()}
    assert (rows[ours]["difference"], rows[ours]["here"], rows[ours]["there"]) == \
        ("other status", "2.00 USD succeeded", "2.00 USD failed")
    assert compare(stack)[refund]["difference"] == "other status"


def test_only_what_was_asked_for(stack, acquirer):
    stray = acquirer.charge_in_pages(7501, "another order")
    assert stray in compare(stack)
    assert compare(stack, "--until", "2024-02-01", status=0) == {}


def test_a_comparison_that_is_not_whole(stack, acquirer):
    acquirer.misbehave({"what": "error_before", "method": "GET", "path": "/v1/refunds"})
    result = stack.try_admin("reconcile", "--since", SINCE)
    assert result.returncode == 1
    assert "[processor stripe] did not say all: " in result.stderr
    acquirer.behave()
    for options in ((), ("--until", SINCE), ("--once", "--since", SINCE), ("--once", "--until", SINCE)):
        assert stack.try_admin("reconcile", *options).returncode == 2
    assert stack.try_admin("reconcile", "--since", "yesterday").returncode == 1
