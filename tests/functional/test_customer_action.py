"""Strong customer authentication: a payment with return_url may wait for its customer at the processor's page.

The tests' acquirer is the processor, and its issuer's page is visited as the customer's browser does.

SPDX-License-Identifier: MIT
"""

import os
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from harness.acquirer import rule
from harness.client import Client
from harness.process import wait_until
from harness.stack import paying_stack

SOURCE = "pm_card_authenticationRequired"
BACK = "https://shop.example/back?order=1"
MEMBERS = ["id", "amount", "currency", "status", "created_at"]

pytestmark = pytest.mark.usefixtures("honest")


@pytest.fixture(scope="module")
def stack(acquirer):
    with paying_stack(acquirer, workers=2, processor_timeout=3, request_timeout=4, database_timeout=1) as running:
        yield running


@pytest.fixture
def amount():
    """One that no other test has."""
    amount.last = getattr(amount, "last", 9000) + 1
    return amount.last


class Waiting:
    """A payment whose customer has to do something."""

    def __init__(self, stack, amount, key=None):
        self.stack = stack
        self.amount = amount
        self.key = key or str(uuid.uuid4())
        self.first = self.pay()
        assert self.first.status_code == 201, self.first.text
        self.id = self.first.json()["id"]
        self.page = self.first.json().get("action_url")

    def pay(self):
        return self.stack.client.pay(self.key, amount=self.amount / 100, source=SOURCE, return_url=BACK)

    def read(self):
        return self.stack.client.get(f"/payments/{self.id}").json()

    def row(self, columns):
        return self.stack.database.sql(f"SELECT {columns} FROM payments WHERE amount = {self.amount}")[0]

    def change(self, assignments):
        self.stack.database.sql(f"UPDATE payments SET {assignments} WHERE amount = {self.amount}")

    def asked(self):
        """What the processor was asked about it, and what came."""
        return [tuple(row) for row in self.stack.database.sql(
            "SELECT asked, came FROM attempts JOIN payments ON payments.id = record_id"
            f" WHERE amount = {self.amount} ORDER BY made_at, attempts.id")]

    def grow_old(self):
        """Its customer has had the time that is allowed, but the reconciler does not look yet."""
        self.change("created_at = created_at - INTERVAL 2 HOUR, look_at = look_at + INTERVAL 1 HOUR")

    def reconcile(self):
        """Lets the reconciler look now; the status that it writes."""
        self.change("look_at = UTC_TIMESTAMP(3)")
        return wait_until(lambda: (status := self.row("status")[0]) != "processing" and status, 20,
                          "the reconciler's word")


def visit(acquirer, page, outcome):
    """What the customer's browser does, and where it is sent then."""
    session = requests.Session()
    session.trust_env = False
    answer = session.get(page, params={"outcome": outcome}, verify=acquirer.ca_file, timeout=10, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_the_answer_says_where_the_customer_has_to_go(stack, acquirer, amount):
    payment = Waiting(stack, amount)
    body = payment.first.json()
    assert list(body) == [*MEMBERS, "action_url"] and body["status"] == "processing"
    assert payment.page.startswith(acquirer.address + "/authenticate/pi_")
    assert "Idempotent-Replayed" not in payment.first.headers
    # It asks nobody again: the key is answered with what stands.
    again = payment.pay()
    assert (again.status_code, again.text, again.headers["Idempotent-Replayed"]) == (201, payment.first.text, "true")
    assert again.headers["Location"] == payment.first.headers["Location"]
    read = payment.read()
    assert list(read) == MEMBERS and read["status"] == "processing"
    assert payment.pay().text == payment.first.text  # also when the read has asked the processor
    assert acquirer.charges(amount=amount) == []
    assert visit(acquirer, payment.page, "success").startswith(BACK + "&payment_intent=pi_")


def test_a_read_settles_it_when_the_customer_is_back(stack, acquirer, amount):
    payment = Waiting(stack, amount)
    payment.change("look_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR")  # not by the reconciler
    visit(acquirer, payment.page, "success")
    read = payment.read()
    assert list(read) == MEMBERS and read["status"] == "succeeded"
    again = payment.pay()
    assert (again.status_code, list(again.json()), again.json()["status"]) == (201, MEMBERS, "succeeded")
    assert [row["status"] for row in acquirer.charges(amount=amount)] == ["succeeded"]
    assert payment.row("action_url") == ["NULL"]
    refund = stack.client.refund(payment.id, amount / 100)
    assert (refund.status_code, refund.json()["status"]) == (201, "succeeded"), refund.text


def test_the_reconciler_settles_it(stack, acquirer, amount):
    """By itself, soon after the payment was made: nobody reads it."""
    payment = Waiting(stack, amount)
    assert payment.row("TIMESTAMPDIFF(SECOND, created_at, look_at) BETWEEN 4 AND 6") == ["1"]
    visit(acquirer, payment.page, "success")
    wait_until(lambda: payment.row("status") == ["succeeded"], 20, "the reconciler's word")
    assert payment.asked() == [("charge", "pending"), ("find", "succeeded")]


@pytest.mark.parametrize("who", ["a read", "the reconciler"])
def test_a_customer_who_does_not_pass(stack, acquirer, amount, who):
    """The customer could try again with another card: so it is cancelled before it is failed."""
    payment = Waiting(stack, amount)
    payment.change("look_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR")
    visit(acquirer, payment.page, "fail")
    status = payment.read()["status"] if who == "a read" else payment.reconcile()
    assert (status, payment.row("decline")) == ("failed", ["authentication_required"])
    assert payment.asked() == [("charge", "pending"), ("find", "declined"), ("cancel", "declined")]
    assert [row["status"] for row in acquirer.payment_intents(amount=amount)] == ["canceled"]
    again = payment.pay()
    assert (again.status_code, again.text) == (402, '{"error":"Card declined"}')


@pytest.mark.parametrize("who", ["a read", "the reconciler"])
def test_a_customer_who_never_comes_back(stack, acquirer, amount, who):
    payment = Waiting(stack, amount)
    assert payment.read()["status"] == "processing"  # there is time
    payment.grow_old()
    wait_until(lambda: payment.read()["status"] != "processing" if who == "a read" else payment.reconcile(), 20,
               "its end")
    assert payment.row("status, decline") == ["failed", "authentication_required"]
    assert payment.asked()[-2:] == [("find", "pending"), ("cancel", "declined")]
    intent, = acquirer.payment_intents(amount=amount)
    assert (intent["status"], intent["cancellation_reason"]) == ("canceled", "abandoned")
    visit(acquirer, payment.page, "success")
    assert acquirer.charges(amount=amount) == []
    again = payment.pay()
    assert (again.status_code, again.text) == (402, '{"error":"Card declined"}')
    assert again.headers["Location"] == payment.first.headers["Location"]


def test_a_customer_who_finishes_while_it_is_cancelled(stack, acquirer, amount):
    """The cancellation is on its way when the money moves: it is refused, and what is true is found."""
    payment = Waiting(stack, amount)
    payment.grow_old()
    acquirer.misbehave(rule("late_arrival", method="POST", path="/v1/payment_intents/", seconds=2))
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(payment.read)
        wait_until(lambda: any(request["path"].endswith("/cancel") and request["path"].split("/")[3] in payment.page
                               for request in acquirer.requests()), 10, "the cancellation")
        visit(acquirer, payment.page, "success")
        assert read.result()["status"] == "succeeded"
    assert payment.asked()[-3:] == [("find", "pending"), ("cancel", "too late"), ("find", "succeeded")]
    assert [row["status"] for row in acquirer.charges(amount=amount)] == ["succeeded"]


def test_a_cancellation_whose_answer_is_lost(stack, acquirer, amount):
    """Nothing is known by that: it stays as it is, until a look says that it is cancelled."""
    payment = Waiting(stack, amount)
    payment.grow_old()
    acquirer.misbehave(rule("drop_after", method="POST", path="/v1/payment_intents/"))
    assert payment.read()["status"] == "processing"
    assert payment.asked()[-1] == ("cancel", "unknown")
    assert payment.pay().json()["action_url"] == payment.page
    acquirer.behave()
    assert payment.reconcile() == "failed"
    assert payment.row("decline") == ["authentication_required"]
    assert [row["status"] for row in acquirer.payment_intents(amount=amount)] == ["canceled"]


def test_a_worker_that_dies_during_the_call(stack, acquirer, amount):
    """Nobody was told where the customer has to go: the reconciler finds it, and the key is answered with it."""
    key = str(uuid.uuid4())
    acquirer.misbehave(rule("late_answer", method="POST", path="/v1/payment_intents", seconds=3))
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(Client(stack.web.url, stack.key).pay, key, amount=amount / 100, source=SOURCE,
                           return_url=BACK)
        wait_until(lambda: acquirer.payment_intents(amount=amount), 10, "the call")
        for pid in stack.workers.worker_pids():
            os.kill(pid, signal.SIGKILL)
        assert lost.result().status_code >= 500
    acquirer.behave()
    wait_until(lambda: stack.client.get("/readyz").status_code == 200, 20, "new workers")
    stack.database.sql("UPDATE payments SET due_at = UTC_TIMESTAMP(3), look_at = UTC_TIMESTAMP(3)"
                       f" WHERE amount = {amount}")
    wait_until(lambda: stack.database.sql(f"SELECT action_url IS NULL FROM payments WHERE amount = {amount}") == [["0"]],
               20, "the reconciler's look")
    payment = Waiting(stack, amount, key)
    assert payment.first.headers["Idempotent-Replayed"] == "true"
    visit(acquirer, payment.page, "success")
    assert payment.reconcile() == "succeeded"
    assert len(acquirer.charges(amount=amount)) == 1


@pytest.mark.parametrize("source", [SOURCE, "tok_authenticationRequired"])
@pytest.mark.parametrize("members", [{}, {"return_url": None}])
def test_without_a_way_back(stack, acquirer, amount, source, members):
    answer = stack.client.pay(amount=amount / 100, source=source, **members)
    assert (answer.status_code, answer.text) == (402, '{"error":"Card declined"}')
    assert stack.database.sql(f"SELECT status, decline FROM payments WHERE amount = {amount}") == \
        [["failed", "authentication_required"]]
    intents = acquirer.payment_intents(amount=amount)
    assert [intent["status"] for intent in intents] == ["requires_payment_method"] * (source == SOURCE)


def test_a_card_that_needs_no_customer(stack, acquirer, amount):
    answer = stack.client.pay(amount=amount / 100, source="pm_card_visa", return_url=BACK)
    assert (answer.status_code, list(answer.json()), answer.json()["status"]) == (201, MEMBERS, "succeeded")
    declined = stack.client.pay(amount=amount / 100, source="pm_card_chargeDeclined", return_url=BACK)
    assert (declined.status_code, declined.text) == (402, '{"error":"Card declined"}')
    assert stack.client.get(declined.headers["Location"].removeprefix("/v1")).json()["status"] == "failed"


@pytest.mark.parametrize("url", [BACK, "http://localhost:3000/back", "https://shop.example/" + "a" * 491])
def test_a_good_return_url(stack, amount, url):
    key = str(uuid.uuid4())
    made = stack.client.pay(key, amount=amount / 100, source="pm_card_visa", return_url=url)
    assert made.status_code == 201, made.text
    assert stack.client.pay(key, amount=amount / 100, source="pm_card_visa", return_url=url).text == made.text
    for other in ({}, {"return_url": "https://shop.example/other"}):
        reused = stack.client.pay(key, amount=amount / 100, source="pm_card_visa", **other)
        assert (reused.status_code, reused.text) == (422, '{"error":"Idempotency key reused"}')


@pytest.mark.parametrize("url", [
    "", 1, True, ["https://shop.example"], {}, "/back", "http://shop.example/", "javascript:alert(1)",
    "https://me:secret@shop.example/", "https://shop.example/\n", "https://shop.example/caf\u00e9",
    "https://shop.example/4242424242424242", "https://shop.example/" + "a" * 492])
def test_a_bad_return_url(stack, url):
    answer = stack.client.pay(source="pm_card_visa", return_url=url)
    assert (answer.status_code, answer.text) == (400, '{"error":"Invalid return URL"}')


def test_the_sandbox_takes_it_and_sends_nobody_anywhere(stack):
    sandbox = Client(stack.web.url, stack.new_merchant("Sandbox shop")[1])
    key = str(uuid.uuid4())
    made = sandbox.pay(key, return_url=BACK)
    assert (made.status_code, list(made.json()), made.json()["status"]) == (201, MEMBERS, "succeeded")
    assert sandbox.pay(key, return_url=BACK).text == made.text
    assert sandbox.pay(key).status_code == 422
    assert sandbox.pay(return_url="http://shop.example").status_code == 400
