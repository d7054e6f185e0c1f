"""payment-admin and what stays processing: reconciled by a command, listed, shown, resolved.

SPDX-License-Identifier: MIT
"""

import json

import pytest
import requests
from harness import events
from harness.process import wait_until
from harness.stack import paying_stack

pytestmark = pytest.mark.usefixtures("honest")


@pytest.fixture(scope="module")
def stack(acquirer):
    """While its workers are stopped there is no reconciler but the command."""
    with paying_stack(acquirer, workers=1, processor_timeout=2, request_timeout=4, database_timeout=1) as running:
        yield running


def let_time_pass(stack):
    """The requests of what is processing are over, and it is due."""
    for table in ("payments", "refunds"):
        stack.database.sql(f"UPDATE {table} SET due_at = UTC_TIMESTAMP(3), look_at = UTC_TIMESTAMP(3)"
                           " WHERE status = 'processing'")


def end_requests(stack):
    """The requests of what is processing are over, and nobody asks about it for an hour."""
    for table in ("payments", "refunds"):
        stack.database.sql(f"UPDATE {table} SET due_at = UTC_TIMESTAMP(3),"
                           " look_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE status = 'processing'")


def nothing_unresolved(stack):
    return stack.admin("payment", "list", "--unresolved") == {"unresolved": []}


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
    stack.workers.stop()
    let_time_pass(stack)
    assert stack.admin("reconcile", "--once") == {"asked_about": 2}
    stack.workers.start()
    assert stack.client.get(f"/payments/{charged}").json()["status"] == "succeeded"
    assert stack.client.get(f"/payments/{never_came}").json()["status"] == "failed"
    assert len(acquirer.charges(amount=5101)) == 1 and acquirer.charges(amount=5102) == []
    assert stack.try_admin("reconcile", "--once").stdout == "Asked about 0 payments and refunds.\n"


def test_reconcile_without_a_database(stack, tmp_path):
    config = tmp_path / "c.conf"
    config.write_text("[database]\nsocket = /nonexistent.sock\n")
    assert stack.try_admin("reconcile", "--once", config=str(config)).returncode == 3


def audit(stack, *arguments):
    return stack.admin("audit", "list", *arguments)["acts"]


def unresolved_refund(stack, acquirer, amount):
    payment = stack.client.pay(amount=amount).json()["id"]
    acquirer.misbehave("drop_after")
    answer = stack.client.refund(payment, amount)
    assert (answer.status_code, answer.json()["status"]) == (201, "processing"), answer.text
    acquirer.behave()
    return payment, answer.json()["id"]


def resolve(stack, record, status="succeeded", *more):
    return stack.try_admin("payment", "resolve", record, "--status", status, "--reason", "seen there", *more)


def test_what_is_unresolved_is_listed_and_shown(stack, acquirer):
    payment = unresolved_payment(stack, acquirer, 52.01)
    of_refund, refund = unresolved_refund(stack, acquirer, 52.02)
    listed = {row["id"]: row for row in stack.admin("payment", "list", "--unresolved")["unresolved"]}
    assert listed[payment]["amount"] == 52.01 and listed[payment]["payment_id"] is None
    assert listed[refund]["payment_id"] == of_refund
    assert listed[refund]["last_attempt"].startswith("refund: unknown")
    text = stack.try_admin("payment", "list", "--unresolved").stdout
    assert payment in text and refund in text and of_refund not in text

    shown = stack.admin("payment", "show", payment)
    assert (shown["status"], shown["currency"], shown["refunds"]) == ("processing", "USD", [])
    assert [(attempt["asked"], attempt["came"]) for attempt in shown["attempts"]] == [("charge", "unknown")]
    shown = stack.admin("payment", "show", of_refund)
    assert [(entry["id"], entry["status"]) for entry in shown["refunds"]] == [(refund, "processing")]
    assert stack.admin("payment", "show", refund)["payment_id"] == of_refund
    text = stack.try_admin("payment", "show", of_refund).stdout
    assert "52.02" in text and refund in text and "charge" in text

    let_time_pass(stack)
    wait_until(lambda: nothing_unresolved(stack), 10, "nothing is unresolved")


def test_resolve_a_payment(stack, acquirer):
    payment = unresolved_payment(stack, acquirer, 53.01)
    early = resolve(stack, payment)
    assert (early.returncode, early.stdout) == (1, "") and "may still be at work" in early.stderr
    end_requests(stack)
    assert audit(stack, payment) == []
    done = resolve(stack, payment, "succeeded", "--reference", "ch_seen")
    assert done.stdout == f"Resolved payment {payment}: it succeeded.\n", done.stderr
    assert stack.client.get(f"/payments/{payment}").json()["status"] == "succeeded"
    shown = stack.admin("payment", "show", payment)
    assert (shown["reference"], shown["look_at"]) == ("ch_seen", None)
    assert shown["attempts"][-1]["asked"] == "resolve"
    final = resolve(stack, payment, "failed")
    assert (final.returncode, final.stdout) == (1, "") and "final" in final.stderr
    assert stack.client.get(f"/payments/{payment}").json()["status"] == "succeeded"
    acts = audit(stack, payment)
    assert [(act["act"], act["detail"], act["reason"]) for act in acts] == [
        ("payment resolve", "succeeded, reference ch_seen", "seen there")]


def test_resolve_a_payment_as_failed(stack, acquirer):
    payment = unresolved_payment(stack, acquirer, 53.02, "drop_before")
    end_requests(stack)
    assert resolve(stack, payment, "failed").returncode == 0
    assert stack.client.get(f"/payments/{payment}").json()["status"] == "failed"
    assert stack.admin("payment", "show", payment)["failure_code"] == "processing_error"


@pytest.mark.parametrize("status, refunded", [("succeeded", 54), ("failed", 0)])
def test_resolve_a_refund(stack, acquirer, status, refunded):
    payment, refund = unresolved_refund(stack, acquirer, 54.00)
    assert resolve(stack, refund, status).returncode == 1
    end_requests(stack)
    assert resolve(stack, refund, status).returncode == 0
    assert stack.client.get(f"/refunds/{refund}").json()["status"] == status
    assert stack.admin("payment", "show", payment)["refunded_amount"] == refunded
    assert resolve(stack, refund, status).returncode == 1
    assert stack.admin("payment", "show", payment)["refunded_amount"] == refunded  # given back once


def test_a_resolution_without_its_audit_row_is_none(stack, acquirer):
    payment = unresolved_payment(stack, acquirer, 55.01)
    end_requests(stack)
    stack.database.sql("RENAME TABLE audit TO audit_away")
    try:
        assert resolve(stack, payment).returncode == 1
        assert stack.try_admin("merchant", "disable", stack.merchant).returncode == 1
    finally:
        stack.database.sql("RENAME TABLE audit_away TO audit")
    assert stack.admin("payment", "show", payment)["status"] == "processing"
    assert stack.admin("merchant", "list")["merchants"][0]["disabled_at"] is None
    assert resolve(stack, payment).returncode == 0


@pytest.mark.parametrize("arguments, status, message", [
    (("resolve", "pay_00000000000000000000000000", "--status", "failed", "--reason", "x"), 1, "no such payment"),
    (("resolve", "refund_00000000000000000000000000", "--status", "failed", "--reason", "x"), 1, "no such refund"),
    (("resolve", "mer_x", "--status", "failed", "--reason", "x"), 1, "no id of a payment or refund"),
    (("resolve", "pay_00000000000000000000000000", "--status", "processing", "--reason", "x"), 1, "succeeded or failed"),
    (("resolve", "pay_00000000000000000000000000", "--status", "failed"), 2, "--reason"),
    (("resolve", "pay_00000000000000000000000000", "--reason", "x"), 2, "--status"),
    (("resolve", "pay_00000000000000000000000000", "--status", "failed", "--reason", ""), 1, "the reason must be"),
    (("resolve", "pay_00000000000000000000000000", "--status", "failed", "--reason", "x", "--reference", "a b"), 1,
     "--reference must be"),
    (("show", "pay_00000000000000000000000000"), 1, "no such payment"),
    (("show", "refund_00000000000000000000000000"), 1, "no such refund"),
    (("show", "nonsense"), 1, "no id of a payment or refund"),
    (("list", "--since", "2027-02-30"), 1, "neither a day"),
    (("list", "--limit", "0"), 1, "--limit must be"),
    (("list", "--merchant", "x"), 1, "no merchant's id"),
    (("list", "--mode", "x"), 1, "live or test"),
    (("list", "--status", "x"), 1, "processing, succeeded or failed"),
])
def test_refusals(stack, arguments, status, message):
    result = stack.try_admin("payment", *arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert message in result.stderr


def tell(stack, kind, thing, state="done"):
    """An event of the processor, and what comes of it."""
    body = events.event(kind, thing)
    assert events.told(stack, body) == events.RECEIVED
    events.ended(stack, body, state)


def test_what_happened_in_the_processors_pages_is_shown(stack, acquirer):
    payment = stack.client.pay(amount=56.01).json()["id"]
    ours = stack.client.refund(payment, 1).json()["id"]
    charge = acquirer.charges(amount=5601)[0]["id"]
    refund = {"object": "refund", "id": acquirer.refund_in_pages(charge, 500), "charge": charge, "metadata": {}}
    tell(stack, "refund.created", {**refund, "status": "succeeded"})
    before = {row["id"]: row for row in stack.admin("refund", "list", "--limit", "2")["refunds"]}
    theirs, = before.keys() - {ours}
    assert [(before[one]["origin"], before[one]["returned_at"]) for one in (ours, theirs)] == [
        ("api", None), ("processor", None)]
    assert stack.admin("payment", "show", payment)["disputed_at"] is None

    acquirer.settle_refund(refund["id"], succeeded=False)
    tell(stack, "refund.failed", {**refund, "status": "failed"})
    dispute = acquirer.dispute(charge)
    tell(stack, "charge.dispute.created", {"object": "dispute", "id": dispute})

    shown = stack.admin("payment", "show", payment)
    returned = {row["id"]: row["returned_at"] for row in shown["refunds"]}
    assert returned[ours] is None and returned[theirs][-1] == "Z"
    assert shown["disputed_at"][-1] == "Z" and shown["action_url"] is None
    assert stack.admin("payment", "show", theirs)["origin"] == "processor"
    assert stack.admin("payment", "list", "--limit", "1")["payments"][0]["disputed_at"] == shown["disputed_at"]
    text = stack.try_admin("payment", "show", payment).stdout.splitlines()
    assert f"disputed_at      {shown['disputed_at']}" in text
    assert {line.split()[0]: line.split()[3:] for line in text if line.startswith("  refund_")} == {
        ours: ["api", "1.00", "USD"], theirs: ["processor", "5.00", "USD", "returned", returned[theirs]]}
    heading, first, second = stack.try_admin("refund", "list", "--limit", "2").stdout.splitlines()
    assert heading[heading.index("ORIGIN"):].split() == ["ORIGIN", "RETURNED", "AT"]
    assert {line.split()[0]: line.split()[-2:] for line in (first, second)} == {
        ours: ["api", "-"], theirs: ["processor", returned[theirs]]}
    heading, row = stack.try_admin("payment", "list", "--limit", "1").stdout.splitlines()
    assert row[heading.index("DISPUTED AT"):].startswith(shown["disputed_at"])


def test_the_page_that_a_customer_has_to_visit_is_shown(stack, acquirer):
    waiting = stack.client.pay(amount=56.02, source="pm_card_authenticationRequired",
                               return_url="https://shop.example/back").json()
    page = waiting["action_url"]
    assert stack.admin("payment", "show", waiting["id"])["action_url"] == page
    assert stack.admin("payment", "list", "--limit", "1")["payments"][0]["action_url"] == page
    assert f"action_url       {page}" in stack.try_admin("payment", "show", waiting["id"]).stdout.splitlines()
    session = requests.Session()
    session.trust_env = False
    session.get(page, params={"outcome": "success"}, verify=acquirer.ca_file, timeout=10, allow_redirects=False)
    wait_until(lambda: stack.client.get(f"/payments/{waiting['id']}").json()["status"] == "succeeded", 20,
               "the customer's payment")
    assert stack.admin("payment", "show", waiting["id"])["action_url"] is None


def checked_processor(stack, change=lambda text: text):
    """What check says of the processor, the configuration changed so."""
    path = stack.config + ".changed"
    with open(stack.config, encoding="utf-8") as file, open(path, "w", encoding="utf-8") as copy:
        copy.write(change(file.read()))
    result = stack.try_admin("--json", "check", config=path)
    found = [entry for entry in json.loads(result.stdout)["checks"] if entry["check"] == "processor"]
    assert len(found) == 1 and (result.returncode == 0) == (found[0]["result"] == "ok")
    return found[0]["result"], found[0]["message"]


def test_check_asks_the_account(stack, acquirer):
    before = len(acquirer.charges()), len(acquirer.payment_intents())
    assert checked_processor(stack) == ("ok", "stripe: test mode, default currency usd")
    wrong = checked_processor(stack, lambda text: text.replace(acquirer.secret, "sk_test_wrong"))
    assert wrong[0] == "problem" and "compare secret_key" in wrong[1] and "sk_test_wrong" not in wrong[1]
    away = checked_processor(stack, lambda text: text.replace(f":{acquirer.port}", ":1"))
    assert away[0] == "problem" and "cannot be reached" in away[1]
    assert (len(acquirer.charges()), len(acquirer.payment_intents())) == before
