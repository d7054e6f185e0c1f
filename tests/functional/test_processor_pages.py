"""What happens at the processor without us: refunds in its own pages, refunds that come back, disputes, charges that
should not be. Events tell of it; the processor is asked, and our books follow.

SPDX-License-Identifier: MIT
"""

import pytest

from harness import events
from harness.acquirer import rule
from harness.events import RECEIVED, ended, notice_of, notices, told
from harness.process import wait_until
from harness.stack import paying_stack


pytestmark = pytest.mark.usefixtures("honest")


@pytest.fixture(scope="module")
def stack(acquirer):
    with paying_stack(acquirer, workers=2, processor_timeout=2, request_timeout=4, database_timeout=1) as running:
        running.admin("merchant", "set", running.merchant, "--test-events", "on")
        yield running


def paid(stack, acquirer, amount, source="tok_visa"):
    """A payment of so many cents, and its charge."""
    payment = stack.client.pay(amount=amount / 100, source=source).json()
    assert payment["status"] == "succeeded"
    return payment["id"], acquirer.charges(amount=amount)[0]


def told_of(stack, record):
    """The types of the events that tell the merchant of a record, the newest first."""
    return [event["type"] for event in stack.client.get(f"/events?object_id={record}").json()["data"]]


def full(stack, path):
    return stack.client.get(path + "?view=full").json()


def refund_event(refund, charge, kind="refund.created", status="succeeded", metadata=None):
    return events.event(kind, {"object": "refund", "id": refund, "status": status, "charge": charge["id"],
                               "payment_intent": charge["payment_intent"], "metadata": metadata or {}})


@pytest.mark.parametrize("source, amount", [("tok_visa", 6201), ("pm_card_visa", 6202)])
def test_a_refund_made_in_the_pages_becomes_a_record(stack, acquirer, source, amount):
    payment, charge = paid(stack, acquirer, amount, source)
    refund = acquirer.refund_in_pages(charge["id"], 1200)
    for kind in ("refund.created", "refund.updated"):
        body = refund_event(refund, charge, kind)
        assert told(stack, body) == RECEIVED
        ended(stack, body, "done")
    shown = full(stack, "/payments/" + payment)
    assert (shown["refunded_amount"], len(shown["refunds"]["data"])) == (12, 1)
    record = full(stack, "/refunds/" + shown["refunds"]["data"][0]["id"])
    assert (record["origin"], record["amount"], record["status"], record["payment_id"]) == \
        ("processor", 12, "succeeded", payment)
    assert told_of(stack, record["id"]) == ["refund.succeeded"]
    # The rest can be refunded here, and no more.
    assert stack.client.refund(payment, (amount - 1200) / 100 + 0.01).status_code == 400
    assert stack.client.refund(payment, (amount - 1200) / 100).json()["status"] == "succeeded"


def test_a_refund_that_does_not_fit_stays_open(stack, acquirer):
    """A reservation of ours is in its way; when that is given back, it fits."""
    payment, charge = paid(stack, acquirer, 6203)
    acquirer.misbehave("drop_before")
    ours = stack.client.refund(payment, 60)
    assert ours.json()["status"] == "processing"
    stack.database.sql("UPDATE refunds SET look_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE status = 'processing'")
    acquirer.behave()
    refund = acquirer.refund_in_pages(charge["id"], 6203)
    body = refund_event(refund, charge)
    assert told(stack, body) == RECEIVED
    wait_until(lambda: f"{refund}: a refund that was made at the processor is more than what is left of the payment"
               in stack.workers.log(), 10, "a word in the log")
    assert [row["state"] for row in notice_of(stack, body)] == ["open"]
    assert full(stack, "/payments/" + payment)["refunded_amount"] == 60
    stack.database.sql("UPDATE refunds SET look_at = UTC_TIMESTAMP(3) WHERE status = 'processing'")
    wait_until(lambda: full(stack, "/refunds/" + ours.json()["id"])["status"] == "failed", 20, "our refund")
    ended(stack, body, "done")
    assert full(stack, "/payments/" + payment)["refunded_amount"] == 62.03


@pytest.mark.parametrize("in_pages", [False, True], ids=["ours", "theirs"])
def test_a_refund_that_comes_back(stack, acquirer, in_pages):
    amount = 6210 + in_pages
    payment, charge = paid(stack, acquirer, amount)
    if in_pages:
        refund = acquirer.refund_in_pages(charge["id"], 700)
        body = refund_event(refund, charge)
        assert told(stack, body) == RECEIVED
        ended(stack, body, "done")
        metadata = {}
    else:
        assert stack.client.refund(payment, 7).json()["status"] == "succeeded"
        row = acquirer.refunds(charge=charge["id"])[0]
        refund, metadata = row["id"], row["metadata"]
    # What it says proves nothing.
    body = refund_event(refund, charge, "refund.failed", "failed", metadata)
    assert told(stack, body) == RECEIVED
    ended(stack, body, "done")
    assert full(stack, "/payments/" + payment)["refunded_amount"] == 7
    acquirer.settle_refund(refund, succeeded=False)
    for _ in range(2):
        body = refund_event(refund, charge, "refund.failed", "failed", metadata)
        assert told(stack, body) == RECEIVED
        ended(stack, body, "done")
    shown = full(stack, "/payments/" + payment)
    assert (shown["refunded_amount"], shown["status"]) == (0, "succeeded")
    record = full(stack, "/refunds/" + shown["refunds"]["data"][0]["id"])
    assert record["status"] == "succeeded" and record["returned_at"] is not None
    assert told_of(stack, record["id"]) == ["refund.returned", "refund.succeeded"]
    assert stack.client.refund(payment, amount / 100).json()["status"] == "succeeded"


@pytest.mark.parametrize("source, amount", [("tok_visa", 6220), ("pm_card_visa", 6221)])
def test_a_dispute_marks_its_payment(stack, acquirer, source, amount):
    payment, charge = paid(stack, acquirer, amount, source)
    basic = stack.client.get("/payments/" + payment).text
    dispute = acquirer.dispute(charge["id"], "warning_needs_response")
    for status, disputed in (("warning_needs_response", False), ("needs_response", True), ("lost", True), ("won", False)):
        acquirer.settle_dispute(dispute, status)
        body = events.event("charge.dispute.updated", {"object": "dispute", "id": dispute, "status": "lost"})
        assert told(stack, body) == RECEIVED
        ended(stack, body, "done")
        assert full(stack, "/payments/" + payment)["disputed"] is disputed, status
        assert stack.client.get("/payments/" + payment).text == basic
    assert told_of(stack, payment) == ["payment.disputed", "payment.succeeded"]


def test_disputes_and_refunds_of_others(stack, acquirer):
    """The account is somebody else's, too: even who names a payment of ours."""
    payment, charge = paid(stack, acquirer, 6230)
    other = acquirer.charge_in_pages(6231, "order 7")
    liar = acquirer.charge_in_pages(6230, payment)
    for foreign in (other, liar):
        row = acquirer.charges(id=foreign)[0]
        for body in (refund_event(acquirer.refund_in_pages(foreign, 100), row),
                     events.event("charge.dispute.created", {"object": "dispute", "id": acquirer.dispute(foreign)})):
            assert told(stack, body) == RECEIVED
            ended(stack, body, "unknown")
    shown = full(stack, "/payments/" + payment)
    assert (shown["refunded_amount"], shown["disputed"]) == (0, False)
    assert charge["refunded"] == 0


def charge_event(charge):
    row = {"object": "charge", "id": charge["id"], "status": charge["status"], "metadata": charge["metadata"]}
    return events.event("charge.succeeded", row)


def test_a_charge_of_a_payment_that_failed_is_given_back(stack, acquirer):
    """Once, however often and by whatever way it is told."""
    declined = stack.client.pay(amount=62.40, source="tok_chargeDeclined")
    payment = declined.headers["Location"].rpartition("/")[2]
    charge = acquirer.charge_in_pages(6240, payment)
    acquirer.misbehave(rule("drop_after", method="POST", times=1))
    body = charge_event(acquirer.charges(id=charge)[0])
    assert told(stack, body) == RECEIVED
    acquirer.behave()
    ended(stack, body, "done")
    body = charge_event(acquirer.charges(id=charge)[0])
    assert told(stack, body) == RECEIVED
    ended(stack, body, "done")
    refunds = acquirer.refunds(charge=charge)
    assert [(row["amount"], row["idempotency_key"]) for row in refunds] == [(6240, charge + "_back")]
    assert f"{payment} of [processor stripe], {charge}: it failed here and was charged there" in stack.workers.log()
    asked = [row["asked"] for row in stack.admin("payment", "show", payment)["attempts"]]
    assert "give back" in asked
    # Its refund is told, too.
    body = refund_event(refunds[0]["id"], acquirer.charges(id=charge)[0], metadata=refunds[0]["metadata"])
    assert told(stack, body) == RECEIVED
    ended(stack, body, "done")
    shown = full(stack, "/payments/" + payment)
    assert (shown["status"], shown["refunded_amount"], shown["refunds"]["data"]) == ("failed", 0, [])
    # What was given back can come back: then somebody has to know.
    acquirer.settle_refund(refunds[0]["id"], succeeded=False)
    body = refund_event(refunds[0]["id"], acquirer.charges(id=charge)[0], "refund.failed", "failed", refunds[0]["metadata"])
    assert told(stack, body) == RECEIVED
    wait_until(lambda: f"{payment} of [processor stripe], {refunds[0]['id']}: it failed here, and what was given back"
               in stack.workers.log(), 10, "a word in the log")
    assert notice_of(stack, body)[0]["state"] == "open"


def test_two_charges_of_a_payment_that_failed_are_both_given_back(stack, acquirer):
    payment = stack.client.pay(amount=62.41, source="tok_chargeDeclined").headers["Location"].rpartition("/")[2]
    for charge in (acquirer.charge_in_pages(6241, payment), acquirer.charge_in_pages(6241, payment)):
        body = charge_event(acquirer.charges(id=charge)[0])
        assert told(stack, body) == RECEIVED
        ended(stack, body, "done")
        assert [row["amount"] for row in acquirer.refunds(charge=charge)] == [6241]


def test_a_refund_that_failed_here_and_was_made_all_the_same_comes_back(stack, acquirer):
    """It is on record as another one, under Stripe's id."""
    payment, charge = paid(stack, acquirer, 6242)
    ours = stack.client.refund(payment, 7).json()["id"]
    made = acquirer.refunds(charge=charge["id"])[0]
    stack.database.sql("UPDATE refunds SET status = 'failed', reference = NULL WHERE amount = 700 ORDER BY created_at DESC"
                       " LIMIT 1; UPDATE payments SET refunded = 0 WHERE amount = 6242")
    body = refund_event(made["id"], charge, metadata=made["metadata"])
    assert told(stack, body) == RECEIVED
    ended(stack, body, "done")
    assert full(stack, "/payments/" + payment)["refunded_amount"] == 7
    acquirer.settle_refund(made["id"], succeeded=False)
    body = refund_event(made["id"], charge, "refund.failed", "failed", made["metadata"])
    assert told(stack, body) == RECEIVED
    ended(stack, body, "done")
    shown = full(stack, "/payments/" + payment)
    assert shown["refunded_amount"] == 0
    adopted, = [row["id"] for row in shown["refunds"]["data"] if row["id"] != ours]
    assert full(stack, "/refunds/" + adopted)["returned_at"] is not None
    assert full(stack, "/refunds/" + ours)["status"] == "failed"


def test_a_second_charge_is_shown(stack, acquirer):
    payment, charge = paid(stack, acquirer, 6250)
    second = acquirer.charge_in_pages(6250, payment)
    body = charge_event(acquirer.charges(id=second)[0])
    assert told(stack, body) == RECEIVED
    wait_until(lambda: f"{second}: it is not the charge that is on record for this payment" in stack.workers.log(), 10,
               "a word in the log")
    assert notice_of(stack, body)[0] in notices(stack)
    assert acquirer.refunds(charge=second) == acquirer.refunds(charge=charge["id"]) == []


def test_an_operator_ends_what_has_been_seen_to(stack, acquirer):
    """The second charge above is given back in the processor's pages: nothing is left to be done here."""
    payment, _ = paid(stack, acquirer, 6260)
    body = charge_event(acquirer.charges(id=acquirer.charge_in_pages(6260, payment))[0])
    event = events.identifier_of(body)
    assert told(stack, body) == RECEIVED
    wait_until(lambda: notice_of(stack, body), 10, "the notice")
    assert stack.try_admin("notice", "end", event).returncode == 2
    assert "the reason must be" in stack.try_admin("notice", "end", event, "--reason", "").stderr
    assert notice_of(stack, body)[0] in notices(stack)
    assert stack.admin("audit", "list", event)["acts"] == []
    done = stack.try_admin("notice", "end", event, "--reason", "given back in the pages")
    assert done.returncode == 0 and f"Ended notice {event}: charge.succeeded of [processor stripe], ch_" in done.stdout
    assert [row["state"] for row in notice_of(stack, body)] == ["done"] and notice_of(stack, body)[0] not in notices(stack)
    assert stack.database.sql(f"SELECT look_at IS NULL FROM notices WHERE event_id = '{event}'") == [["1"]]
    act, = stack.admin("audit", "list", event)["acts"]
    assert (act["act"], act["reason"]) == ("notice end", "given back in the pages")
    assert act["detail"] == done.stdout.partition(": ")[2].strip(".\n")
    # Sent again, it changes nothing; ended again, neither.
    assert told(stack, body) == RECEIVED
    again = stack.try_admin("notice", "end", event, "--reason", "once more")
    assert (again.returncode, again.stderr) == (1, "payment-admin: this notice is not open: it is done\n")
    assert len(stack.admin("audit", "list", event)["acts"]) == 1
    for other in ("evt_none", "Größe"):
        missing = stack.try_admin("notice", "end", other, "--reason", "x")
        assert (missing.returncode, missing.stderr) == (1, "payment-admin: there is no such notice\n")


def late_look(stack, acquirer, path, first, change, second):
    """What the first event brought about is answered late. Meanwhile it changes, and somebody else attends to the event
    of that: whoever writes last must not write what was so before."""
    acquirer.misbehave(rule("late_answer", seconds=1.5, times=1, method="GET", path=path))
    asked = len(acquirer.requests())
    assert told(stack, first) == RECEIVED
    wait_until(lambda: len(acquirer.requests()) > asked, 10, "the look")
    change()
    assert told(stack, second) == RECEIVED
    stack.admin("reconcile", "--once")
    for body in (first, second):
        ended(stack, body, "done")


def test_a_late_look_does_not_adopt_what_came_back(stack, acquirer):
    payment, charge = paid(stack, acquirer, 6270)
    refund = acquirer.refund_in_pages(charge["id"], 1200)
    late_look(stack, acquirer, "/v1/refunds/", refund_event(refund, charge),
              lambda: acquirer.settle_refund(refund, succeeded=False),
              refund_event(refund, charge, "refund.failed", "failed"))
    shown = full(stack, "/payments/" + payment)
    assert shown["refunded_amount"] == 0
    assert all(full(stack, "/refunds/" + row["id"])["returned_at"] for row in shown["refunds"]["data"])


def test_a_late_look_does_not_dispute_what_was_won(stack, acquirer):
    payment, charge = paid(stack, acquirer, 6271)
    dispute = acquirer.dispute(charge["id"])
    body = [events.event(kind, {"object": "dispute", "id": dispute}) for kind in
            ("charge.dispute.created", "charge.dispute.closed")]
    late_look(stack, acquirer, "/v1/disputes/", body[0], lambda: acquirer.settle_dispute(dispute, "won"), body[1])
    assert full(stack, "/payments/" + payment)["disputed"] is False
