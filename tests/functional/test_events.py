"""Events: written with the change that they tell of, or not at all; and how they are read.

A proxy stands between the workers and MariaDB and breaks the write of the event, before or after the server has
done it.

SPDX-License-Identifier: MIT
"""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import Client
from harness.database_proxy import DatabaseProxy, Fault
from harness.stack import Stack

WRITE = "INSERT INTO events"
FAULTS = {
    "connection lost before": {"forward": False},
    "connection lost after": {},
    "1180 after": {"error": (1180, "HY000", "Got error 5 during COMMIT")},
    "answer too late": {"delay": 1.3},
    "1213": {"forward": False, "error": (1213, "40001", "Deadlock found when trying to get lock")},
    "1205": {"forward": False, "error": (1205, "HY000", "Lock wait timeout exceeded")},
}


@pytest.fixture(scope="module")
def stack():
    with Stack(proxy=DatabaseProxy, database_timeout=1, request_timeout=4, key_cache_seconds=0) as running:
        running.admin("merchant", "set", running.merchant, "--test-events", "on")
        yield running


@pytest.fixture(autouse=True)
def no_faults_left(stack):
    yield
    stack.proxy.plan()


def events(stack, where="TRUE"):
    """The events in the order of their ids, as their texts say."""
    return [json.loads(row[0]) for row in stack.database.sql(f"SELECT body FROM events WHERE {where} ORDER BY id")]


def of(stack, record):
    return [event for event in events(stack) if event["data"]["id"] == record]


def test_what_it_says(stack):
    paid = stack.client.pay(amount=12.30)
    event, = of(stack, paid.json()["id"])
    assert list(event) == ["id", "type", "created_at", "data"]
    assert event["type"] == "payment.succeeded" and event["id"].startswith("evt_")
    row, = stack.database.sql("SELECT body FROM events ORDER BY id DESC LIMIT 1")
    assert row[0].endswith(f'"data":{paid.text}}}')
    declined = stack.client.pay(source="tok_chargeDeclined").headers["Location"].removeprefix("/v1")
    assert [event["type"] for event in of(stack, declined.split("/")[-1])] == ["payment.failed"]
    assert of(stack, declined.split("/")[-1])[0]["data"] == stack.client.get(declined).json()
    refund = stack.client.refund(paid.json()["id"], 2.30)
    event, = of(stack, refund.json()["id"])
    assert (event["type"], event["data"]) == ("refund.succeeded", refund.json())


def test_a_replay_and_a_refusal_tell_nothing(stack):
    key = str(uuid.uuid4())
    payment = stack.client.pay(key, amount=5).json()["id"]
    before = len(events(stack))
    assert stack.client.pay(key, amount=5).headers["Idempotent-Replayed"] == "true"
    assert stack.client.pay(key, amount=6).status_code == 422
    assert stack.client.refund(payment, 5.01).status_code == 400
    assert len(events(stack)) == before


def test_who_did_not_ask_gets_none(stack):
    other = Client(stack.web.url, stack.new_merchant("Another shop")[1])
    before = len(events(stack))
    payment = other.pay(amount=3)
    assert payment.status_code == 201 and other.refund(payment.json()["id"], 1).status_code == 201
    assert len(events(stack)) == before


@pytest.mark.parametrize("resource", ["payments", "refunds"])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_broken_try(stack, fault, resource):
    payment = stack.client.pay(amount=9).json()["id"] if resource == "refunds" else None
    planned = stack.proxy.plan(Fault(WRITE, **FAULTS[fault]))
    answer = stack.client.pay(amount=9) if payment is None else stack.client.refund(payment, 9)
    assert planned.hits == 1
    assert answer.status_code == 201, answer.text
    assert [event["data"] for event in of(stack, answer.json()["id"])] == [answer.json()]


@pytest.mark.parametrize("resource", ["payments", "refunds"])
def test_neither_without_the_other(stack, resource):
    """The event cannot be kept: then there is no payment or refund, and nothing is acknowledged."""
    payment = stack.client.pay(amount=8.50).json()["id"]
    stack.proxy.plan(Fault(WRITE, 1000, forward=False, error=(1406, "22001", "Data too long for column 'body'")))
    key = str(uuid.uuid4())

    def send():
        return stack.client.pay(key, amount=8.51) if resource == "payments" else stack.client.refund(payment, 8.49, key)
    assert send().status_code == 500
    amount = {"payments": 851, "refunds": 849}[resource]
    assert stack.database.sql(f"SELECT COUNT(*) FROM {resource} WHERE amount = {amount}") == [["0"]]
    assert stack.database.sql("SELECT SUM(refunded) FROM payments WHERE amount = 850") == [["0"]]
    stack.proxy.plan()
    answer = send()
    assert answer.status_code == 201 and "Idempotent-Replayed" not in answer.headers
    assert [event["data"] for event in of(stack, answer.json()["id"])] == [answer.json()]


def test_a_group(stack):
    """Many at once: an event for each payment that was acknowledged, and for no other."""
    before = len(events(stack))
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda i: Client(stack.web.url, stack.key).pay(
            key if i % 4 == 0 else None, amount=100 + (0 if i % 4 == 0 else i)), range(64)))
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    told = [event["data"]["id"] for event in events(stack)[before:]]
    assert len(made) == 49 and sorted(told) == sorted(made)


def test_reading_one(stack):
    payment = stack.client.pay(amount=21.50).json()["id"]
    told, = of(stack, payment)
    answer = stack.client.get(f"/events/{told['id']}")
    assert (answer.status_code, answer.json()) == (200, told)
    assert answer.text == stack.database.sql("SELECT body FROM events ORDER BY id DESC LIMIT 1")[0][0]
    other = Client(stack.web.url, stack.new_merchant("A curious shop")[1])
    for client, path in ((other, told["id"]), (stack.client, payment), (stack.client, "evt_0"),
                         (stack.client, told["id"][:-1] + ("0" if told["id"][-1] != "0" else "1"))):
        answer = client.get(f"/events/{path}")
        assert (answer.status_code, answer.text) == (404, '{"error":"Event not found"}'), path
    assert other.get("/events").json() == {"data": [], "has_more": False}


def pages(stack, query):
    """The ids of a whole list, page by page."""
    shown, cursor = [], ""
    for _ in range(100):
        page = stack.client.get(f"/events?limit=3{query}{cursor}").json()
        shown += [event["id"] for event in page["data"]]
        if not page["has_more"]:
            return shown
        cursor = f"&starting_after={shown[-1]}"
    raise AssertionError("the list has no end")


def test_lists(stack):
    payment = stack.client.pay(amount=7).json()["id"]
    refunds = [stack.client.refund(payment, 1).json()["id"] for _ in range(4)]
    stack.client.pay(amount=7, source="tok_chargeDeclined")
    newest_first = list(reversed(events(stack)))
    assert len(newest_first) > 9
    assert pages(stack, "") == [event["id"] for event in newest_first]
    for kind in ("payment.succeeded", "payment.failed", "refund.succeeded", "refund.failed", "payment.disputed"):
        assert pages(stack, f"&type={kind}") == [event["id"] for event in newest_first if event["type"] == kind]
    assert pages(stack, f"&object_id={payment}") == [of(stack, payment)[0]["id"]]
    assert pages(stack, f"&object_id={payment}&type=payment.failed") == []
    assert pages(stack, f"&object_id={refunds[0]}&type=refund.succeeded") == [of(stack, refunds[0])[0]["id"]]
    between = stack.client.get(f"/events?starting_after={newest_first[0]['id']}&limit=1").json()
    assert between == {"data": [newest_first[1]], "has_more": True}
    for wrong in ("type=payment", "type=", "object_id=mer_1", "type=payment.failed&type=payment.failed", "view=full",
                  "status=failed", f"starting_after={payment}", "limit=0"):
        answer = stack.client.get(f"/events?{wrong}")
        assert (answer.status_code, answer.text) == (400, '{"error":"Invalid query parameter"}'), wrong


def test_what_is_resolved_by_hand_is_told(stack):
    """Also by payment-admin, in the same transaction; and nothing once the merchant wants no more of it."""
    payment = stack.client.pay(amount=6).json()["id"]
    refund = stack.client.refund(payment, 1).json()["id"]
    before = len(events(stack))
    stack.database.sql("UPDATE refunds SET status = 'processing', due_at = UTC_TIMESTAMP(3) - INTERVAL 1 DAY,"
                       " look_at = UTC_TIMESTAMP(3) + INTERVAL 1 DAY ORDER BY id DESC LIMIT 1")
    stack.admin("payment", "resolve", refund, "--status", "failed", "--reason", "they said so")
    kinds = [event["type"] for event in of(stack, refund)]
    assert kinds == ["refund.succeeded", "refund.failed"]
    assert of(stack, refund)[1]["data"] == stack.client.get(f"/refunds/{refund}").json()
    assert len(events(stack)) == before + 1
    stack.admin("merchant", "set", stack.merchant, "--test-events", "off")
    try:
        assert stack.client.pay(amount=6).status_code == 201
        assert len(events(stack)) == before + 1
    finally:
        stack.admin("merchant", "set", stack.merchant, "--test-events", "on")
    assert stack.try_admin("merchant", "set", stack.merchant, "--test-events", "yes").returncode == 2
