"""Payments and refunds of a processor with effects: Stripe's type, with the tests' acquirer in its place.

SPDX-License-Identifier: MIT
"""

import json
import time
import uuid

import pytest

from harness.acquirer import Acquirer
from harness.client import Client
from harness.process import wait_until
from harness.stack import Stack


@pytest.fixture(scope="module")
def acquirer(tmp_path_factory):
    running = Acquirer(str(tmp_path_factory.mktemp("acquirer"))).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def stack(acquirer):
    with Stack(processors={"stripe": acquirer}, workers=2, processor_timeout=2, request_timeout=4, database_timeout=1,
               key_cache_seconds=0) as running:
        running.admin("merchant", "set", running.merchant, "--test-processor", "stripe")
        yield running


@pytest.fixture(autouse=True)
def honest(acquirer):
    yield
    acquirer.behave()


def settled(stack, path):
    """What GET says of it, once it is final."""
    def final():
        body = stack.client.get(path).json()
        return body if body["status"] != "processing" else None
    return wait_until(final, 40, "the reconciler's word")


def test_a_payment_and_a_refund(stack, acquirer):
    for source in ("tok_visa", "pm_card_visa"):
        answer = stack.client.pay(amount=12.34, source=source)
        assert (answer.status_code, answer.json()["status"]) == (201, "succeeded"), answer.text
        payment = answer.json()["id"]
        refund = stack.client.refund(payment, 2.34)
        assert (refund.status_code, refund.json()["status"]) == (201, "succeeded"), refund.text
    assert [row["amount"] for row in acquirer.charges(amount=1234)] == [1234, 1234]
    assert [row["amount"] for row in acquirer.refunds(amount=234)] == [234, 234]


def test_a_decline(stack):
    answer = stack.client.pay(source="tok_chargeDeclinedInsufficientFunds")
    assert (answer.status_code, answer.text) == (402, '{"error":"Insufficient funds"}')
    again = stack.client.get(answer.headers["Location"].removeprefix("/v1"))
    assert again.json()["status"] == "failed"


def test_an_answer_that_is_lost(stack, acquirer):
    """The charge was made, nobody heard of it: the payment stays processing, until the reconciler has asked."""
    key = str(uuid.uuid4())
    acquirer.misbehave("drop_after")
    answer = stack.client.pay(key, amount=77.01)
    assert (answer.status_code, answer.json()["status"]) == (201, "processing"), answer.text
    busy = stack.client.pay(key, amount=77.01)
    assert busy.status_code == 409
    acquirer.behave()
    path = answer.headers["Location"].removeprefix("/v1")
    assert settled(stack, path)["status"] == "succeeded"
    replayed = stack.client.pay(key, amount=77.01)
    assert (replayed.status_code, replayed.json()["status"]) == (201, "succeeded")
    assert replayed.json()["id"] == answer.json()["id"]
    assert len(acquirer.charges(amount=7701)) == 1


def test_a_call_that_never_came(stack, acquirer):
    """The acquirer has never heard of it: its key is used up, and the payment has failed for ever."""
    acquirer.misbehave("drop_before")
    answer = stack.client.pay(amount=77.02)
    assert (answer.status_code, answer.json()["status"]) == (201, "processing"), answer.text
    acquirer.behave()
    assert settled(stack, answer.headers["Location"].removeprefix("/v1"))["status"] == "failed"
    assert acquirer.charges(amount=7702) == []
