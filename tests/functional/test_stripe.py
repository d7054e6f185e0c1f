"""Stripe's requests and answers, held against what others wrote: Stripe's OpenAPI document judges
every request, and npm's stripe-stateful-mock answers charges and refunds. It has no payment intents
and no key that serves one path only: for these the acquirer of the tests stands. The requests are
those of tests/functional/stripe_probe, sent from here; no server of ours runs.

SPDX-License-Identifier: MIT
"""

import contextlib
import json
import os
import subprocess
import time

import pytest
import requests
from harness.acquirer import Acquirer
from harness.npm import packages
from harness.servers import BUILD, SOURCE

PROBE = os.path.join(BUILD, "tests/functional/stripe_probe")
FILES = ("judge.js", "mock.js")


class Lines:
    """A program that answers each line of JSON with one."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        encoding="utf-8")

    def read(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, **line):
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return self.read()

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        return status


@contextlib.contextmanager
def running(*command):
    lines = Lines(*command)
    try:
        yield lines
    finally:
        assert lines.end() == 0


@pytest.fixture(scope="module")
def node():
    """A folder with the packages of tests/stripe, as its lock file pins them, and its scripts."""
    return packages("stripe", FILES)


@pytest.fixture(scope="module")
def probe():
    with running(PROBE) as lines:
        yield lines


@pytest.fixture(scope="module")
def judge(node):
    with running("node", os.path.join(node, "judge.js")) as lines:
        lines.version = lines.read()
        yield lines


@pytest.fixture(scope="module")
def mock(node):
    with running("node", os.path.join(node, "mock.js")) as lines:
        yield f"http://127.0.0.1:{lines.read()}"


ACCOUNT = json.dumps({"object": "account", "default_currency": "usd"})
EMPTY = json.dumps({"object": "list", "data": [], "has_more": False})
PAGE = json.dumps({"object": "list", "data": [{"id": "ch_7", "metadata": {}}], "has_more": True})
FENCE = '{"id":"pi_5","object":"payment_intent","metadata":{"closed":"%s"}}'
JOBS = {
    "charge of a token": ({"task": "charge", "source": "tok_visa", "description": "Order #1 & caf\u00e9 = 5 \u20ac"},
                          []),
    "charge of a payment method": ({"task": "charge", "source": "pm_card_visa", "description": "Order"}, []),
    "charge that may send the customer to a page": (
        {"task": "charge", "source": "pm_card_visa", "return_url": "https://shop.example/back?order=1&x=2"}, []),
    "cancellation": ({"task": "cancel_payment", "source": "pm_card_visa", "payment_reference": "pi_1"}, []),
    "charge in yen": ({"task": "charge", "source": "tok_visa", "currency": "JPY"}, []),
    "charge in dinar": ({"task": "charge", "source": "pm_card_visa", "currency": "KWD", "amount": 5120}, []),
    "refund of a charge": ({"task": "refund", "source": "tok_visa", "payment_reference": "ch_1"}, []),
    "refund of an intent": ({"task": "refund", "source": "pm_card_visa", "payment_reference": "pi_1"}, []),
    "look at a charge": ({"task": "find_payment", "source": "tok_visa", "payment_reference": "ch_1"}, []),
    "look at an intent": ({"task": "find_payment", "source": "pm_card_visa", "payment_reference": "pi_1"}, []),
    "look for a charge": ({"task": "find_payment", "source": "tok_visa", "created_at": 1718020800000},
                          [PAGE, EMPTY]),
    "look for an intent": ({"task": "find_payment", "source": "pm_1", "created_at": 1718020800000},
                           [PAGE, EMPTY]),
    "look at a refund": ({"task": "find_refund", "source": "tok_visa", "payment_reference": "ch_1",
                          "refund_reference": "re_1"}, []),
    "look for a refund of a charge": ({"task": "find_refund", "source": "tok_visa", "payment_reference": "ch_1"},
                                      [PAGE]),
    "look for a refund of an intent": ({"task": "find_refund", "source": "pm_1", "payment_reference": "pi_1"},
                                       []),
    "fence of a payment": ({"task": "close_payment", "source": "tok_visa"},
                           [FENCE % "pay_00000000000000000000000001"]),
    "fence of a refund": ({"task": "close_refund", "source": "tok_visa", "payment_reference": "ch_1"},
                          [FENCE % "refund_00000000000000000000000002"]),
    "check": ({"task": "check"}, [ACCOUNT]),
}


@pytest.mark.parametrize("name", JOBS)
def test_every_request_is_one_that_stripe_documents(probe, judge, name):
    job, answers = JOBS[name]
    request = probe.ask(**job)["request"]
    assert f"Stripe-Version: {judge.version}" in request["headers"]
    assert judge.ask(**request) == []
    for answer in answers:
        request = probe.ask(status=200, body=answer)["request"]
        assert judge.ask(**request) == []


@pytest.mark.parametrize("method, path, body", [
    ("POST", "/v1/charges", "amount=19.99&currency=usd&source=tok_visa"),
    ("POST", "/v1/charges", "amount=1999&currency=usd&token=tok_visa"),
    ("POST", "/v1/payment_intents", "amount=1999&confirm=true"),
    ("POST", "/v1/payment_intents", "amount=1999&currency=usd&confirm=maybe"),
    ("POST", "/v1/refunds", "charge=ch_1&metadata=x"),
    ("GET", "/v1/charges?limit=all", ""),
    ("GET", "/v1/charges?metadata[payment_id]=pay_1", ""),
    ("GET", "/v1/payment", ""),
])
def test_the_judge_finds_faults(judge, method, path, body):
    assert judge.ask(method=method, path=path, body=body) != []


def carry_out(probe, mock, again=0, **job):
    """The outcome of a job against the other side: its requests sent, what comes back handed to it. A
    request that is to be sent again is, so often."""
    reply = probe.ask(**job)
    while "request" in reply:
        if "pause_ms" in reply:
            if again == 0:
                return reply["outcome"]
            again -= 1
        answer = send(mock, reply["request"])
        reply = probe.ask(status=answer.status_code, body=answer.text,
                          should_retry=answer.headers.get("stripe-should-retry", ""))
    return reply["outcome"]


def send(address, request):
    """To the mock's address, or to an acquirer."""
    verify = True
    if isinstance(address, Acquirer):
        address, verify = address.address, address.ca_file
    headers = dict(line.split(": ", 1) for line in request["headers"])
    return requests.request(request["method"], address + request["path"], data=request["body"].encode() or None,
                            headers=headers, timeout=20, verify=verify)


@pytest.fixture
def payment():
    """The number of a payment that no other test has: the mock keeps its keys."""
    payment.last = getattr(payment, "last", 0) + 1
    return payment.last


def test_a_charge_is_found_by_its_id_and_by_ours(probe, mock, payment):
    job = {"payment": payment, "source": "tok_visa", "created_at": int(time.time() * 1000),
           "description": "Order #1 & caf\u00e9"}
    charged = carry_out(probe, mock, task="charge", **job)
    assert charged["result"] == "succeeded" and charged["reference"].startswith("ch_")
    for reference in ("", charged["reference"]):
        found = carry_out(probe, mock, task="find_payment", payment_reference=reference, **job)
        assert (found["result"], found["reference"]) == ("succeeded", charged["reference"])
    other = carry_out(probe, mock, task="find_payment", **{**job, "payment": 255})
    assert other["result"] == "not found"
    wrong = carry_out(probe, mock, task="find_payment", payment_reference=charged["reference"],
                      **{**job, "amount": 1998})
    assert wrong["result"] == "unknown"


def test_the_same_key_charges_once(probe, mock, payment):
    job = {"task": "charge", "payment": payment, "source": "tok_visa"}
    first = send(mock, probe.ask(**job)["request"])
    second = send(mock, probe.ask(**job)["request"])
    assert second.headers["idempotent-replayed"] == "true" and second.json() == first.json()
    assert probe.ask(status=second.status_code, body=second.text)["outcome"]["reference"] == first.json()["id"]


def test_a_key_of_other_parameters_is_no_success(probe, mock, payment):
    assert carry_out(probe, mock, task="charge", payment=payment, source="tok_visa")["result"] == "succeeded"
    other = carry_out(probe, mock, task="charge", payment=payment, source="tok_visa", amount=2000)
    assert other["result"] == "unknown" and "idempotency_error" in other["detail"]


@pytest.mark.parametrize("source, decline, kept", [
    ("tok_chargeDeclined", "card_declined", "card_declined"),
    ("tok_chargeDeclinedFraudulent", "card_declined", "card_declined"),
    # With the charge stands "generic_decline" only.
    ("tok_chargeDeclinedInsufficientFunds", "insufficient_funds", "card_declined"),
    ("tok_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ("tok_chargeDeclinedProcessingError", "processing_error", "processing_error"),
])
def test_declines(probe, mock, payment, source, decline, kept):
    job = {"payment": payment, "source": source, "created_at": int(time.time() * 1000)}
    outcome = carry_out(probe, mock, task="charge", **job)
    assert (outcome["result"], outcome["decline"]) == ("declined", decline)
    assert outcome["reference"].startswith("ch_")
    found = carry_out(probe, mock, task="find_payment", **job)
    assert (found["result"], found["decline"], found["reference"]) == ("declined", kept, outcome["reference"])


def test_refunds_until_nothing_is_left(probe, mock, payment):
    charged = carry_out(probe, mock, task="charge", payment=payment, source="tok_visa")
    job = {"payment": payment, "source": "tok_visa", "payment_reference": charged["reference"]}
    first = carry_out(probe, mock, task="refund", refund=payment, refund_amount=1000, **job)
    assert first["result"] == "succeeded" and first["reference"].startswith("re_")
    for reference in ("", first["reference"]):
        found = carry_out(probe, mock, task="find_refund", refund=payment, refund_amount=1000,
                          refund_reference=reference, **job)
        assert (found["result"], found["reference"]) == ("succeeded", first["reference"])
    too_much = carry_out(probe, mock, task="refund", refund=100 + payment, refund_amount=1000, **job)
    assert too_much["result"] == "refused"
    missing = carry_out(probe, mock, task="find_refund", refund=100 + payment, refund_amount=1000, **job)
    assert missing["result"] == "not found"
    rest = carry_out(probe, mock, task="refund", refund=200 + payment % 50, refund_amount=999, **job)
    assert rest["result"] == "succeeded"
    nothing_left = carry_out(probe, mock, task="refund", refund=150 + payment % 50, refund_amount=1, **job)
    assert nothing_left["result"] == "refused" and "charge_already_refunded" in nothing_left["detail"]


def test_refusals_and_doubts(probe, mock, payment):
    small = carry_out(probe, mock, task="charge", payment=payment, source="tok_visa", amount=1)
    assert small["result"] == "refused" and "amount_too_small" in small["detail"]
    broken = carry_out(probe, mock, task="charge", payment=100 + payment, source="tok_500")
    assert broken["result"] == "unknown"
    busy = carry_out(probe, mock, again=1, task="charge", payment=150 + payment, source="tok_429")
    assert busy["result"] == "unknown"


@pytest.fixture(scope="module")
def acquirer(tmp_path_factory):
    running = Acquirer(str(tmp_path_factory.mktemp("acquirer")), secret="sk_test_probe").start()
    yield running
    running.stop()


SOURCES = pytest.mark.parametrize("source", ["tok_visa", "pm_card_visa"])


def now(**job):
    return {"created_at": int(time.time() * 1000), **job}


@SOURCES
def test_a_payment_and_its_refund_are_found_both_ways(probe, acquirer, payment, source):
    job = now(payment=payment, source=source)
    charged = carry_out(probe, acquirer, task="charge", **job)
    assert (charged["result"], charged["reference"][:3]) == ("succeeded", "ch_" if source[0] == "t" else "pi_")
    for reference in ("", charged["reference"]):
        assert carry_out(probe, acquirer, task="find_payment", payment_reference=reference, **job) == charged
    job |= {"payment_reference": charged["reference"], "refund": payment}
    assert carry_out(probe, acquirer, task="find_refund", **job)["result"] == "not found"
    refunded = carry_out(probe, acquirer, task="refund", **job)
    assert (refunded["result"], refunded["reference"][:3]) == ("succeeded", "re_")
    for reference in ("", refunded["reference"]):
        assert carry_out(probe, acquirer, task="find_refund", refund_reference=reference, **job) == refunded


def test_a_page_is_not_the_list(probe, acquirer, payment):
    job = now(payment=payment, source="tok_visa")
    charged = carry_out(probe, acquirer, task="charge", **job)
    for number in range(60):
        carry_out(probe, acquirer, task="charge", payment=100 + number, source="tok_visa")
    assert carry_out(probe, acquirer, task="find_payment", **job)["reference"] == charged["reference"]


@pytest.mark.parametrize("name, decline", [
    ("chargeDeclinedInsufficientFunds", "insufficient_funds"), ("chargeDeclinedExpiredCard", "expired_card"),
    ("chargeDeclinedProcessingError", "processing_error"), ("authenticationRequired", "authentication_required"),
])
@pytest.mark.parametrize("kind", ["tok_", "pm_card_"])
def test_declines_of_both_kinds(probe, acquirer, payment, kind, name, decline):
    job = now(payment=payment, source=kind + name)
    outcome = carry_out(probe, acquirer, task="charge", **job)
    assert (outcome["result"], outcome["decline"]) == ("declined", decline)
    found = carry_out(probe, acquirer, task="find_payment", payment_reference=outcome["reference"], **job)
    assert (found["result"], found["decline"]) == ("declined", decline)


@SOURCES
def test_a_fence_keeps_a_late_charge_out(probe, acquirer, payment, source):
    job = now(payment=payment, source=source)
    late = probe.ask(task="charge", **job)["request"]
    for _ in range(2):  # a second fence is the first
        assert carry_out(probe, acquirer, task="close_payment", **job)["result"] == "closed"
    before = len(acquirer.charges())
    answer = send(acquirer, late)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
    assert carry_out(probe, acquirer, task="charge", **job)["result"] == "unknown"
    assert carry_out(probe, acquirer, task="find_payment", **job)["result"] == "not found"
    assert len(acquirer.charges()) == before
    fences = [intent for intent in acquirer.payment_intents() if intent["metadata"].get("closed")]
    assert {intent["status"] for intent in fences} == {"canceled"}


@SOURCES
def test_a_fence_comes_too_late(probe, acquirer, payment, source):
    job = now(payment=payment, source=source)
    charged = carry_out(probe, acquirer, task="charge", **job)
    assert carry_out(probe, acquirer, task="close_payment", **job)["result"] == "key used"
    job |= {"payment_reference": charged["reference"], "refund": payment}
    assert carry_out(probe, acquirer, task="refund", **job)["result"] == "succeeded"
    assert carry_out(probe, acquirer, task="close_refund", **job)["result"] == "key used"
    job |= {"refund": 100 + payment}
    assert carry_out(probe, acquirer, task="close_refund", **job)["result"] == "closed"
    assert carry_out(probe, acquirer, task="refund", **job)["result"] == "unknown"


BACK = "https://shop.example/back"


def waiting_payment(probe, acquirer, payment):
    """A job about a payment whose customer has to authenticate, and the page for that."""
    job = now(payment=payment, source="pm_card_authenticationRequired", return_url=BACK)
    charged = carry_out(probe, acquirer, task="charge", **job)
    assert (charged["result"], charged["reference"][:3]) == ("pending", "pi_")
    assert charged["action_url"] == f"{acquirer.address}/authenticate/{charged['reference']}"
    assert carry_out(probe, acquirer, task="find_payment", **job) == charged
    return {**job, "payment_reference": charged["reference"]}, charged["action_url"]


def visit(acquirer, page, outcome):
    answer = requests.get(page, params={"outcome": outcome}, timeout=20, verify=acquirer.ca_file,
                          allow_redirects=False)
    assert answer.status_code == 302 and answer.headers["Location"].startswith(BACK + "?payment_intent=pi_")


def test_a_customer_authenticates(probe, acquirer, payment):
    job, page = waiting_payment(probe, acquirer, payment)
    visit(acquirer, page, "success")
    assert carry_out(probe, acquirer, task="find_payment", **job)["result"] == "succeeded"
    assert carry_out(probe, acquirer, task="cancel_payment", **job)["result"] == "too late"


def test_a_customer_who_does_not_pass_can_pay_until_it_is_cancelled(probe, acquirer, payment):
    job, page = waiting_payment(probe, acquirer, payment)
    visit(acquirer, page, "fail")
    found = carry_out(probe, acquirer, task="find_payment", **job)
    assert (found["result"], found["decline"]) == ("declined", "authentication_required")
    cancelled = carry_out(probe, acquirer, task="cancel_payment", **job)
    assert (cancelled["result"], cancelled["decline"]) == ("declined", "authentication_required")
    assert carry_out(probe, acquirer, task="cancel_payment", **job)["result"] == "too late"
    assert carry_out(probe, acquirer, task="find_payment", **job) == cancelled


def test_the_account_says_its_mode(probe, acquirer):
    outcome = carry_out(probe, acquirer, task="check")
    assert (outcome["result"], outcome["detail"][:10]) == ("succeeded", "test mode,")
