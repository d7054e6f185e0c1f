"""Payments and refunds of a processor with effects: Stripe's type, with the tests' acquirer in its place.

SPDX-License-Identifier: MIT
"""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness.acquirer import rule
from harness.client import Client
from harness.http2 import Http2
from harness.process import wait_until
from harness.stack import Stack, paying_stack

pytestmark = pytest.mark.usefixtures("honest")


@pytest.fixture(scope="module")
def stack(acquirer):
    with paying_stack(acquirer, workers=2, processor_timeout=2, request_timeout=4, database_timeout=1) as running:
        running.admin("merchant", "set", running.merchant, "--test-events", "on")
        yield running


def settled(stack, path):
    """What GET says of it, once it is final."""
    def final():
        body = stack.client.get(path).json()
        return body if body["status"] != "processing" else None
    return wait_until(final, 40, "the reconciler's word")


def told(stack, record):
    """What events say of a payment or refund: their types, and the record in the last one."""
    rows = stack.database.sql(f"SELECT type, body FROM events WHERE body LIKE '%\"data\":{{\"id\":\"{record}%'"
                              " ORDER BY id")
    return [row[0] for row in rows], json.loads(rows[-1][1])["data"] if rows else None


def test_a_payment_and_a_refund(stack, acquirer):
    for source in ("tok_visa", "pm_card_visa"):
        answer = stack.client.pay(amount=12.34, source=source)
        assert (answer.status_code, answer.json()["status"]) == (201, "succeeded"), answer.text
        payment = answer.json()["id"]
        refund = stack.client.refund(payment, 2.34)
        assert (refund.status_code, refund.json()["status"]) == (201, "succeeded"), refund.text
        assert told(stack, payment) == (["payment.succeeded"], answer.json())
        assert told(stack, refund.json()["id"]) == (["refund.succeeded"], refund.json())
    assert [row["amount"] for row in acquirer.charges(amount=1234)] == [1234, 1234]
    assert [row["amount"] for row in acquirer.refunds(amount=234)] == [234, 234]


def test_a_decline(stack):
    answer = stack.client.pay(source="tok_chargeDeclinedInsufficientFunds")
    assert (answer.status_code, answer.text) == (402, '{"error":"Insufficient funds"}')
    again = stack.client.get(answer.headers["Location"].removeprefix("/v1"))
    assert again.json()["status"] == "failed"
    assert told(stack, again.json()["id"]) == (["payment.failed"], again.json())


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
    assert told(stack, answer.json()["id"]) == (["payment.processing", "payment.succeeded"], replayed.json())


def test_a_call_that_never_came(stack, acquirer):
    """The acquirer has never heard of it: its key is used up, and the payment has failed for ever."""
    acquirer.misbehave("drop_before")
    answer = stack.client.pay(amount=77.02)
    assert (answer.status_code, answer.json()["status"]) == (201, "processing"), answer.text
    acquirer.behave()
    assert settled(stack, answer.headers["Location"].removeprefix("/v1"))["status"] == "failed"
    assert acquirer.charges(amount=7702) == []
    assert told(stack, answer.json()["id"])[0] == ["payment.processing", "payment.failed"]


def test_a_refusal_after_a_call_that_may_still_come(stack, acquirer):
    """The connection was kept, and is lost once a request was written to it: libcurl sends it again by itself. The
    first may still arrive, so the refusal of the second proves nothing."""
    def pay(_):
        assert stack.client.pay(amount=77.03).status_code == 201
    with ThreadPoolExecutor(8) as pool:  # each worker has a connection now
        list(pool.map(pay, range(24)))
    acquirer.misbehave(rule("drop_before", times=1, method="POST"))
    answer = stack.client.pay(amount=77.04, source="tok_unknown")
    acquirer.behave()
    assert (answer.status_code, answer.json()["status"]) == (201, "processing"), answer.text
    assert settled(stack, answer.headers["Location"].removeprefix("/v1"))["status"] == "failed"


@pytest.mark.parametrize("resource", ["payments", "refunds"])
def test_a_read_asks_the_processor(stack, acquirer, resource):
    """Once its request is over, who reads it need not wait for the reconciler."""
    payment = stack.client.pay(amount=60).json()["id"]
    acquirer.misbehave("drop_after")
    answer = stack.client.pay(amount=60) if resource == "payments" else stack.client.refund(payment, 60)
    acquirer.behave()
    assert answer.json()["status"] == "processing"
    path = answer.headers["Location"].removeprefix("/v1")
    assert stack.client.get(path).json()["status"] == "processing"  # its request may still be at work
    record = f"FROM {resource} WHERE status = 'processing'"
    wait_until(lambda: stack.database.sql(f"SELECT due_at < UTC_TIMESTAMP(3) {record}") == [["1"]], 20, "its end")
    read = stack.client.get(path)
    early = stack.database.sql(f"SELECT COUNT(*) {record} AND look_at > UTC_TIMESTAMP(3)")
    assert (read.json()["status"], early) == ("succeeded", [["0"]])
    assert stack.client.get(path).json() == read.json()


def refund_elsewhere(acquirer, charge, amount):
    """In the acquirer's own pages, so to say."""
    session = requests.Session()
    session.trust_env = False  # a bundle of this machine's would stand in for the acquirer's authority
    answer = session.post(acquirer.address + "/v1/refunds", data={"charge": charge, "amount": amount},
                          headers={"Authorization": "Bearer " + acquirer.secret}, verify=acquirer.ca_file, timeout=10)
    assert answer.status_code == 200, answer.text


def test_a_refund_that_is_refused(stack, acquirer):
    """What the acquirer will not have gives its amount back: a smaller refund finds it."""
    payment = stack.client.pay(amount=50.01).json()["id"]
    refund_elsewhere(acquirer, acquirer.charges(amount=5001)[0]["id"], 3000)
    answer = stack.client.refund(payment, 50.01)
    assert (answer.status_code, answer.text) == (402, '{"error":"Processing error"}')
    failed = stack.client.get(answer.headers["Location"].removeprefix("/v1")).json()
    assert failed["status"] == "failed" and told(stack, failed["id"]) == (["refund.failed"], failed)
    again = stack.client.refund(payment, 20.01)
    assert (again.status_code, again.json()["status"]) == (201, "succeeded"), again.text
    assert stack.client.refund(payment, 30.01).status_code == 400


class BehindHttp2:
    """The acquirer, as it is reached through a server with HTTP/2."""

    def __init__(self, acquirer, folder):
        self.secret, self.event_secret, self.ca_file = acquirer.secret, acquirer.event_secret, acquirer.ca_file
        certificate = acquirer.ca_file.replace("ca.pem", "server.pem")
        self.server = Http2(folder, certificate, certificate.replace(".pem", ".key"), acquirer.address)

    @property
    def address(self):
        return f"https://localhost:{self.server.port}"


def test_calls_at_once_share_few_connections(acquirer, tmp_path):
    tmp_path.chmod(0o755)
    processor = BehindHttp2(acquirer, str(tmp_path))
    processor.server.start()
    try:
        with paying_stack(processor, workers=1) as stack, ThreadPoolExecutor(24) as pool:
            answers = list(pool.map(lambda _: Client(stack.web.url, stack.key).pay(), range(72)))
        requests_seen = processor.server.requests()
    finally:
        processor.server.stop()
    assert {answer.status_code for answer in answers} == {201}
    assert {protocol for _, protocol, _ in requests_seen} == {"HTTP/2.0"} and len(requests_seen) == 72
    assert len({connection for connection, _, _ in requests_seen}) <= 4


def test_one_that_hangs_holds_nobody_else_up(acquirer):
    """Its calls have room of their own: a worker full of them answers all else, and refuses one more of them."""
    with Stack(processors={"stripe": acquirer}, workers=1, max_in_hand=4, processor_timeout=6) as stack, \
            ThreadPoolExecutor(4) as pool:
        stack.admin("merchant", "set", stack.merchant, "--test-processor", "stripe")
        other = Client(stack.web.url, stack.new_merchant("Another shop")[1])
        acquirer.pause()
        try:
            hanging = [pool.submit(Client(stack.web.url, stack.key).pay) for _ in range(4)]
            wait_until(lambda: stack.database.sql("SELECT COUNT(*) FROM payments WHERE status = 'processing'")
                       == [["4"]], 5, "four calls")
            assert stack.client.pay().status_code == 503
            made = other.pay()
            assert made.status_code == 201
            assert other.get("/payments/" + made.json()["id"]).status_code == 200
            assert not any(one.done() for one in hanging)
        finally:
            acquirer.resume()
        assert {one.result().status_code for one in hanging} == {201}
