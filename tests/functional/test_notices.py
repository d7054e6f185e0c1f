"""Events of a processor: who may send them, what is kept of them, and what they bring about.

The headers are made by npm's stripe where it can be installed, and by the harness besides.

SPDX-License-Identifier: MIT
"""

import base64
import json
import subprocess
import time

import pytest

from harness import events
from harness.acquirer import EVENT_SECRET
from harness.events import RECEIVED, ended, notice_of, notices, told
from harness.npm import packages
from harness.process import wait_until
from harness.stack import Stack

OLD_SECRET = "whsec_TheOneBefore"
REFUSED = (400, '{"error":"Invalid signature"}')
FOREIGN = {"object": "charge", "id": "ch_foreign", "status": "succeeded", "metadata": {}}


pytestmark = pytest.mark.usefixtures("honest")


class Configured(Stack):
    """Both secrets are valid."""

    def write_config(self, **options):
        super().write_config(**options)
        with open(self.config, "a", encoding="utf-8") as file:
            file.write(f"event_secret_previous = {OLD_SECRET}\n")


@pytest.fixture(scope="module")
def stack(acquirer):
    with Configured(processors={"stripe": acquirer}, workers=2, processor_timeout=2, request_timeout=4,
                    database_timeout=1, key_cache_seconds=0) as running:
        running.admin("merchant", "set", running.merchant, "--test-processor", "stripe")
        yield running


@pytest.fixture(scope="module")
def sign():
    """Signs with Stripe's own client."""
    folder = packages("acquirer/sdk", ("sign.js",))

    def header(body, secret=EVENT_SECRET, at=None):
        line = json.dumps({"body": base64.b64encode(body).decode(), "secret": secret, "at": at or int(time.time())})
        return subprocess.run(["node", "sign.js"], cwd=folder, input=line + "\n", stdout=subprocess.PIPE, text=True,
                              check=True, timeout=30).stdout.strip()
    return header


def status(stack, table, amount):
    """As it is kept: a GET would ask the processor itself."""
    return stack.database.sql(f"SELECT status FROM {table} WHERE amount = {amount}")[0][0]


def test_who_signs_with_stripes_own_client_is_heard(stack, sign):
    body = events.event("charge.succeeded", FOREIGN)
    assert told(stack, body, sign(body)) == RECEIVED
    body = events.event("charge.succeeded", FOREIGN | {"description": "Größe 7 €"})
    assert told(stack, body, sign(body, OLD_SECRET, int(time.time()) - 290)) == RECEIVED
    assert told(stack, body, sign(body, "whsec_another")) == REFUSED
    assert told(stack, body, sign(body, at=int(time.time()) - 310)) == REFUSED
    assert told(stack, body + b" ", sign(body)) == REFUSED


def test_which_signatures_are_taken(stack):
    body = events.event("charge.succeeded", FOREIGN)
    now = int(time.time())
    right = events.signature(body).partition("v1=")[2]
    wrong = "0" * 64
    for header in (f"t={now},v1={wrong},v1={right}", f"t={now},v0={wrong},v1={right},v9=x",
                   events.signature(body, OLD_SECRET), events.signature(body, at=now + 4000)):
        assert told(stack, body, header) == RECEIVED, header
    for header in ("", f"t={now}", f"v1={right}", f"t={now},v0={right}", f"t={now},v1={wrong}", f"t={now},v1={right[:-1]}",
                   f"t={now},v1={right.upper()}", f"t={now},t={now},v1={right}", f"t=+{now},v1={right}",
                   f"t={now + 1},v1={right}", f"t={now},v1={right}," + "x" * 600, events.signature(body, "sk_test_1"),
                   events.signature(body, at=now - 301), "t=" + "9" * 30 + f",v1={right}"):
        assert told(stack, body, header) == REFUSED, header
    # Who is refused does not learn whether there is such a processor.
    assert told(stack, body, processor="other") == told(stack, body, processor="sandbox") == REFUSED
    assert told(stack, b"x" * 70000) == (413, '{"error":"Request body too large"}')
    assert told(stack, b"not json") == (400, '{"error":"Invalid JSON"}')
    assert stack.client.get("/processors/stripe/events").status_code == 405
    assert stack.client.request("POST", "/processors/stripe/events/x", "{}").status_code == 404
    log = stack.workers.log()
    # Anybody can send them: each is told, and one a minute and process as a warning.
    lines = [line for line in log.splitlines()
             if line.endswith("an event for [processor stripe] was refused: it is not signed with event_secret")]
    assert len(lines) >= 8 and 1 <= sum("warning:" in line for line in lines) <= 2
    assert "whsec_" not in log and right not in log


def test_an_event_is_kept_once(stack):
    body = events.event("charge.succeeded", FOREIGN)
    for _ in range(3):
        assert told(stack, body) == RECEIVED
    kept = notice_of(stack, body)
    assert [(row["kind"], row["state"], row["reference"]) for row in kept] == [("charge.succeeded", "unknown", "ch_foreign")]
    assert kept[0] in notices(stack, "--unknown") and kept[0] not in notices(stack)
    table = stack.try_admin("notice", "list", "--unknown").stdout
    assert "ch_foreign" in table and json.loads(body)["id"] in table


def test_what_no_payment_depends_on_is_not_kept(stack):
    for body in (events.event("payout.paid", {"object": "payout", "id": "po_1", "status": "paid"}),
                 events.event("charge.succeeded", FOREIGN, livemode=True),
                 events.event("payment_intent.canceled", {"object": "payment_intent", "id": "pi_1", "status": "canceled",
                                                          "metadata": {"closed": "pay_1"}})):
        assert told(stack, body) == RECEIVED
        assert notice_of(stack, body) == []


def test_an_event_is_taken_when_it_is_durable(stack):
    body = events.event("charge.succeeded", FOREIGN)
    stack.database.stop()
    try:
        assert told(stack, body) == (503, '{"error":"Service unavailable"}')
    finally:
        stack.database.start()
    wait_until(lambda: told(stack, body) == RECEIVED, 20, "the database")
    assert len(notice_of(stack, body)) == 1


def test_an_event_brings_a_look(stack, acquirer):
    """The answer was lost, and the next look is far away: the event brings it about, and proves nothing itself."""
    acquirer.misbehave("drop_after")
    answer = stack.client.pay(amount=61.01)
    assert answer.json()["status"] == "processing"
    acquirer.behave()
    stack.database.sql("UPDATE payments SET look_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE amount = 6101")
    charge = acquirer.charges(amount=6101)[0]
    thing = {"object": "charge", "id": charge["id"], "status": "failed", "metadata": charge["metadata"]}
    body = events.event("charge.failed", thing)
    assert told(stack, body) == RECEIVED
    wait_until(lambda: status(stack, "payments", 6101) == "succeeded", 10, "the processor's own word")
    assert ended(stack, body, "done")[0]["record"] == answer.json()["id"]


def test_a_hint_is_not_lost_in_a_look(stack, acquirer):
    """It comes while the reconciler is asking, and that look ends without an answer."""
    acquirer.misbehave("drop_after")
    answer = stack.client.pay(amount=61.02)
    assert answer.json()["status"] == "processing"
    acquirer.misbehave({"what": "error_before", "method": "GET"})
    charge = acquirer.charges(amount=6102)[0]
    thing = {"object": "charge", "id": charge["id"], "status": "succeeded", "metadata": charge["metadata"]}
    body = events.event("charge.succeeded", thing)
    asked = len(acquirer.requests())
    assert told(stack, body) == RECEIVED
    wait_until(lambda: len(acquirer.requests()) > asked, 10, "a look")
    stack.database.sql("UPDATE payments SET look_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE amount = 6102")
    assert notice_of(stack, body)[0]["state"] == "open"
    acquirer.behave()
    wait_until(lambda: status(stack, "payments", 6102) == "succeeded", 20, "the next look")


def test_an_event_of_a_refund(stack, acquirer):
    payment = stack.client.pay(amount=61.03).json()["id"]
    acquirer.misbehave("drop_after")
    answer = stack.client.refund(payment, 1.03)
    assert answer.json()["status"] == "processing"
    acquirer.behave()
    stack.database.sql("UPDATE refunds SET look_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE amount = 103")
    refund = acquirer.refunds(amount=103)[0]
    body = events.event("refund.created", {"object": "refund", "id": refund["id"], "status": "succeeded",
                                           "charge": refund["charge"], "metadata": refund["metadata"]})
    assert told(stack, body) == RECEIVED
    wait_until(lambda: status(stack, "refunds", 103) == "succeeded", 10, "the processor's own word")
    assert ended(stack, body, "done")[0]["record"] == answer.json()["id"]


def test_a_record_that_is_not_there(stack):
    thing = FOREIGN | {"metadata": {"payment_id": "pay_01hz8x5v3k9m2n4p6q8r0s1t2v"}}
    body = events.event("charge.succeeded", thing)
    assert told(stack, body) == RECEIVED
    assert ended(stack, body, "unknown")[0]["record"] == thing["metadata"]["payment_id"]
