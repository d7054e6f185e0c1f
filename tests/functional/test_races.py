"""Races: 200 requests at once, with many workers that meet in the database.

SPDX-License-Identifier: MIT
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from harness.client import Client
from harness.stack import Stack

REQUESTS = 200


@pytest.fixture(scope="module")
def stack():
    with Stack(workers=16, max_queue_seconds=30, database_options=["--max-connections=100"]) as running:
        yield running


def at_once(stack, send):
    """The answers to requests that all threads send at the same moment, each with a client of its own."""
    barrier = Barrier(REQUESTS)

    def run(_):
        client = Client(stack.nginx.url, stack.key)
        barrier.wait()
        return send(client)

    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(run, range(REQUESTS)))


def test_refunds_of_one_payment(stack):
    """200 refunds of 1.00 of a payment of 100.00: just 100 succeed."""
    payment = stack.client.pay(amount=100).json()["id"]
    statuses = [answer.status_code for answer in at_once(stack, lambda client: client.refund(payment, 1))]
    assert statuses.count(201) == 100
    assert statuses.count(400) == 100
    rows = stack.database.sql(
        "SELECT p.refunded, SUM(r.amount), COUNT(*) FROM payments p JOIN refunds r ON r.payment_id = p.id"
        " GROUP BY p.id"
    )
    assert rows == [["10000", "10000", "100"]]


@pytest.mark.parametrize("send", [
    lambda client: client.pay("one key"),
    lambda client: client.refund(client.pay("its payment").json()["id"], 5, "one key"),
], ids=["payment", "refund"])
def test_one_key(stack, send):
    """One record, and the same answer to all, or 409 while it is still being made."""
    stack.client.pay("its payment")
    answers = at_once(stack, send)
    done = [answer for answer in answers if answer.status_code != 409]
    assert {answer.status_code for answer in done} == {201}
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in done) == 1
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 409)
    rows = stack.database.sql(
        "SELECT COUNT(*) FROM payments WHERE idempotency_key = 'one key' UNION ALL"
        " SELECT COUNT(*) FROM refunds WHERE idempotency_key = 'one key'"
    )
    assert rows in ([["1"], ["0"]], [["1"], ["1"]])
