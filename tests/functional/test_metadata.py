"""Metadata: kept, shown in the full view, part of what makes two requests the same, and never a card number.

SPDX-License-Identifier: MIT
"""

import json
import os

import pytest
from harness.client import PAYMENT, Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SETTINGS = settings(
    max_examples=int(os.environ.get("PAYMENT_API_EXAMPLES", "100")), deadline=None,
    derandomize=bool(os.environ.get("CI")), suppress_health_check=list(HealthCheck),
)
INVALID = (400, '{"error":"Invalid metadata"}')
CARD = "4242424242424242"


def full(api, answer):
    """The full view of what a POST has made."""
    path = answer.headers["Location"].removeprefix("/v1")
    read = api.get(path + "?view=full")
    assert read.status_code == 200, read.text
    assert int(read.headers["Content-Length"]) == len(read.content)
    return read.json()


def pay(api, metadata, **options):
    return api.post("/payments", json.dumps({**PAYMENT, "metadata": metadata}, ensure_ascii=False), **options)


def refund(api, payment, metadata, **options):
    body = {"payment_id": payment, "amount": 1, "metadata": metadata}
    return api.post("/refunds", json.dumps(body, ensure_ascii=False), **options)


texts = st.text(st.characters(min_codepoint=1, blacklist_categories=["Cs"]), max_size=60)


@SETTINGS
@given(metadata=st.dictionaries(st.text(st.characters(min_codepoint=1, blacklist_categories=["Cs"]), min_size=1, max_size=40),
                                texts, max_size=6))
def test_any_metadata_comes_back(stack, metadata):
    made = pay(stack.client, metadata)
    assert made.status_code == 201, made.text
    assert full(stack.client, made)["metadata"] == metadata
    given_back = refund(stack.client, made.json()["id"], metadata)
    assert full(stack.client, given_back)["metadata"] == metadata


def test_what_is_not_asked_for_looks_as_ever(api):
    made = pay(api, {"order": "12345"})
    assert list(made.json()) == ["id", "amount", "currency", "status", "created_at"]
    assert api.get("/payments/" + made.json()["id"]).text == made.text
    given_back = refund(api, made.json()["id"], {"a": "b"})
    assert list(given_back.json()) == ["id", "payment_id", "amount", "status", "created_at"]


@pytest.mark.parametrize("metadata", [None, {}])
def test_none(api, metadata):
    made = pay(api, metadata)
    assert full(api, made)["metadata"] == {}
    assert full(api, refund(api, made.json()["id"], metadata))["metadata"] == {}


def test_the_most_that_is_taken(stack):
    """In characters, not in bytes; all of it together is more than max_body."""
    long = {f"{number:02}" + "é" * 38: "€" * 500 for number in range(40)}
    assert full(stack.client, pay(stack.client, long))["metadata"] == long
    fifty = {str(number): "x" for number in range(50)}
    assert full(stack.client, pay(stack.client, fifty))["metadata"] == fifty


@pytest.mark.parametrize("metadata", [
    "text", 1, True, [], [["a", "b"]], {"a": 1}, {"a": 1.5}, {"a": None}, {"a": True}, {"a": {}}, {"a": []},
    {"": "x"}, {"k" * 41: "x"}, {"é" * 41: "x"}, {"a": "v" * 501}, {"a": "€" * 501},
    {str(number): "x" for number in range(51)},
    {"card": CARD}, {CARD: "card"}, {"note": "the card is 4242 4242 4242 4242, of May"}, {"a": "b", "c": "4242-4242-4242-4242"},
])
def test_invalid_metadata(api, metadata):
    answer = pay(api, metadata)
    assert (answer.status_code, answer.text) == INVALID
    payment = api.pay().json()["id"]
    answer = refund(api, payment, metadata)
    assert (answer.status_code, answer.text) == INVALID
    assert api.refund(payment, 100).status_code == 201  # nothing was reserved


def test_a_member_twice_is_no_json(api):
    body = '{"amount":1,"currency":"USD","source":"tok_visa","metadata":{"a":"b","a":"c"}}'
    answer = api.post("/payments", body)
    assert (answer.status_code, answer.text) == (400, '{"error":"Invalid JSON"}')


def test_the_order_of_the_errors(api):
    """After the description, before the idempotency key."""
    body = {**PAYMENT, "description": 1, "metadata": 1}
    assert api.post("/payments", body).json() == {"error": "Invalid description"}
    body = {**PAYMENT, "metadata": 1}
    assert api.post("/payments", body, headers={"Idempotency-Key": ""}).json() == {"error": "Invalid metadata"}
    body = {"payment_id": "pay_none", "amount": 1, "metadata": 1}
    assert api.post("/refunds", body, headers={"Idempotency-Key": ""}).json() == {"error": "Invalid metadata"}
    assert api.post("/refunds", {**body, "amount": 0}).json() == {"error": "Invalid refund amount"}


@pytest.mark.parametrize("other", [None, {}, {"a": "b"}, {"a": "b", "c": "e"}, {"a": "b", "C": "d"}, {"a": "bc", "": "d"}])
@pytest.mark.parametrize("kind", ["payments", "refunds"])
def test_other_metadata_is_another_request(api, kind, other):
    if other is not None and "" in other:
        other = {"a": 'b","c":"d'}  # what would be the same text without its escapes
    payment = api.pay().json()["id"]

    def send(metadata):
        headers = {"Idempotency-Key": f"metadata-{kind}-{payment}"}
        return pay(api, metadata, headers=headers) if kind == "payments" else refund(api, payment, metadata, headers=headers)

    first = send({"a": "b", "c": "d"})
    assert first.status_code == 201
    again = send({"c": "d", "a": "b"})  # in another order
    assert (again.status_code, again.text, again.headers["Idempotent-Replayed"]) == (201, first.text, "true")
    answer = send(other)
    assert (answer.status_code, answer.text) == (422, '{"error":"Idempotency key reused"}')


def test_with_and_without_at_once(stack):
    """A group of requests is one statement, whatever each of them has."""
    from concurrent.futures import ThreadPoolExecutor

    payment = stack.client.pay(amount=1000).json()["id"]

    def send(number):
        client = Client(stack.client.url, stack.key)
        metadata = {"number": str(number)} if number % 3 else None
        made = pay(client, metadata) if number % 2 else refund(client, payment, metadata)
        assert made.status_code == 201
        return full(client, made)["metadata"] == (metadata or {})

    with ThreadPoolExecutor(16) as clients:
        assert all(clients.map(send, range(96)))
    assert stack.client.get(f"/payments/{payment}?view=full").json()["refunded_amount"] == 48


def test_nothing_of_it_is_logged(api, stack):
    made = pay(api, {"secret-name": "secret-value"})
    assert made.status_code == 201
    assert pay(api, {"secret-name": 5}).status_code == 400
    full(api, made)
    assert "secret-name" not in stack.logs() and "secret-value" not in stack.logs()
