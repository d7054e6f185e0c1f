# SPDX-License-Identifier: MIT
"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header)."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import bodies, raw_http
from support.contract import (
    expect, expect_declined, expect_error, expect_new_payment, expect_new_refund)
from support.identifiers import hexadecimal
from support.records import insert_payment, insert_refund
from support.waiting import wait_until

REPLAYED = {"Idempotent_Replayed": "true"}


@pytest.fixture(name="key")
def fixture_key():
    """A key that no test had before."""
    return str(uuid.uuid4())


def count(stack, table, merchant, key):
    """How many records of a merchant have the key."""
    return int(stack.mariadb.value(f"SELECT COUNT(*) FROM {table} WHERE idempotency_key = '{key}'"
                                   f" AND merchant_id = {hexadecimal(merchant.id)}"))


# --- replay ---

def test_a_payment_is_made_once_and_answered_twice(api, stack, merchant, key):
    first = api.post("/payments", bodies.payment(), Idempotency_Key=key)
    payment_id = expect_new_payment(first)
    second = api.post("/payments", bodies.payment(), Idempotency_Key=key)
    expect(second, 201, first.text, Location=f"/v1/payments/{payment_id}", **REPLAYED)
    assert first.headers["Request-Id"] != second.headers["Request-Id"]
    assert count(stack, "payments", merchant, key) == 1


@pytest.mark.parametrize("source, message", [
    ("tok_chargeDeclined", "Card declined"),
    ("tok_chargeDeclinedInsufficientFunds", "Insufficient funds"),
    ("tok_chargeDeclinedExpiredCard", "Expired card"),
    ("tok_chargeDeclinedIncorrectCvc", "Incorrect CVC"),
    ("tok_chargeDeclinedProcessingError", "Processing error"),
])
def test_a_declined_payment_is_replayed(api, stack, merchant, key, source, message):
    body = bodies.payment(source=source)
    payment_id = expect_declined(api.post("/payments", body, Idempotency_Key=key), message)
    second = api.post("/payments", body, Idempotency_Key=key)
    assert expect_declined(second, message, **REPLAYED) == payment_id
    assert count(stack, "payments", merchant, key) == 1


def test_a_refund_is_made_once_and_answered_twice(api, stack, merchant, payment_id, key):
    body = bodies.refund(payment_id)
    first = api.post("/refunds", body, Idempotency_Key=key)
    refund_id = expect_new_refund(first, payment_id)
    second = api.post("/refunds", body, Idempotency_Key=key)
    expect(second, 201, first.text, Location=f"/v1/refunds/{refund_id}", **REPLAYED)
    assert count(stack, "refunds", merchant, key) == 1


def test_a_refund_is_replayed_when_nothing_is_left_to_refund(api, payment_id, key):
    body = bodies.refund(payment_id, "100.00")
    first = api.post("/refunds", body, Idempotency_Key=key)
    second = api.post("/refunds", body, Idempotency_Key=key)
    assert (second.status_code, second.text) == (first.status_code, first.text) == (201, first.text)


def test_a_replayed_payment_shows_its_creation(api, key):
    """The original answer, whatever has become of the payment."""
    first = api.post("/payments", bodies.payment(), Idempotency_Key=key)
    payment_id = expect_new_payment(first)
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id)), payment_id)
    assert api.post("/payments", bodies.payment(), Idempotency_Key=key).text == first.text


@pytest.mark.parametrize("again", [
    bodies.payment("1e2"),
    bodies.payment("100"),
    bodies.payment(unknown="[1]"),
    bodies.payment(description="null"),
    '{"currency":"\\u0055SD", "source":"tok_visa", "amount":100.00}',
])
def test_the_same_request_may_be_written_differently(api, key, again):
    first = api.post("/payments", bodies.payment(), Idempotency_Key=key)
    second = api.post("/payments", again, Idempotency_Key=key)
    assert (second.status_code, second.text) == (201, first.text)
    assert second.headers["Idempotent-Replayed"] == "true"


# --- another request ---

@pytest.mark.parametrize("other", [
    bodies.payment("100.01"), bodies.payment(currency="EUR"),
    bodies.payment(source="tok_mastercard"), bodies.payment(source="tok_chargeDeclined"),
    bodies.payment(description='"new"'), bodies.payment(description='""'),
])
def test_a_key_belongs_to_one_payment(api, stack, merchant, key, other):
    expect_new_payment(api.post("/payments", bodies.payment(), Idempotency_Key=key))
    expect_error(api.post("/payments", other, Idempotency_Key=key), 422, "Idempotency key reused")
    assert count(stack, "payments", merchant, key) == 1


@pytest.mark.parametrize("description, other", [
    ('"Order"', '"order"'), ('"Order"', '"Order "'), ('"e\\u0301"', '"\\u00e9"'), ('"a"', "null"),
])
def test_descriptions_are_compared_exactly(api, key, description, other):
    expect_new_payment(api.post("/payments", bodies.payment(description=description),
                                Idempotency_Key=key))
    expect_error(api.post("/payments", bodies.payment(description=other), Idempotency_Key=key),
                 422, "Idempotency key reused")


def test_a_key_belongs_to_one_refund(api, payment_id, key):
    other_payment = expect_new_payment(api.post("/payments", bodies.payment()))
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id), Idempotency_Key=key),
                      payment_id)
    for body in (bodies.refund(payment_id, "50.01"), bodies.refund(other_payment)):
        expect_error(api.post("/refunds", body, Idempotency_Key=key), 422, "Idempotency key reused")


# --- whose key ---

def test_a_key_belongs_to_one_merchant(api, other_api, key):
    mine = expect_new_payment(api.post("/payments", bodies.payment(), Idempotency_Key=key))
    others = expect_new_payment(other_api.post("/payments", bodies.payment("1.00"),
                                               Idempotency_Key=key), "1.00")
    assert mine != others


def test_a_key_belongs_to_one_resource(api, key):
    payment_id = expect_new_payment(api.post("/payments", bodies.payment(), Idempotency_Key=key))
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id), Idempotency_Key=key),
                      payment_id)


def test_a_key_does_not_expire(api, stack, key):
    first = api.post("/payments", bodies.payment(), Idempotency_Key=key)
    payment_id = expect_new_payment(first)
    stack.mariadb.rows("UPDATE payments SET created_at = created_at - INTERVAL 10 YEAR"
                       f" WHERE id = {hexadecimal(payment_id)}")
    assert api.post("/payments", bodies.payment(), Idempotency_Key=key).headers[
        "Location"] == first.headers["Location"]


# --- the key itself ---

@pytest.mark.parametrize("bare, quoted", [
    ("a", '"a"'), ("with space", '"with space"'), ('back\\slash', '"back\\\\slash"'),
    ('a"b', '"a\\"b"'), ("'single'", "\"'single'\""), ("k" * 255, '"' + "k" * 255 + '"'),
])
def test_quoted_and_bare_are_the_same_key(api, key, bare, quoted):
    bare, quoted = f"{key[:8]}{bare}"[:255], f'"{key[:8]}{quoted[1:-1]}'[:256] + '"'
    first = api.post("/payments", bodies.payment(), Idempotency_Key=bare)
    second = api.post("/payments", bodies.payment(), Idempotency_Key=quoted)
    assert (second.status_code, second.text) == (201, first.text)
    assert second.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("first, second", [("Key", "key"), ("key", "key-"), ("1", "01")])
def test_keys_are_compared_exactly(api, key, first, second):
    made = {expect_new_payment(api.post("/payments", bodies.payment(), Idempotency_Key=key + each))
            for each in (first, second)}
    assert len(made) == 2


@pytest.mark.parametrize("key", [
    "", '""', '"', '"a', '"a"b', '"a" "b"', '"a\\x"', "caf\xe9", "a\tb", "k" * 256,
    '"' + "k" * 256 + '"', "a\x7f", "\x01",
])
@pytest.mark.parametrize("path", ["/payments", "/refunds"])
def test_keys_that_are_refused(api, stack, merchant, payment_id, path, key):
    body = bodies.payment() if path == "/payments" else bodies.refund(payment_id)
    request = raw_http.request("POST", "/v1" + path, [
        ("Authorization", f"Bearer {merchant.key}"), ("Content-Type", "application/json"),
        ("Idempotency-Key", key)], body.encode())
    expect_error(raw_http.exchange(stack.web.port, request), 400, "Invalid idempotency key")


def test_two_keys(stack, merchant, key):
    request = raw_http.request("POST", "/v1/payments", [
        ("Authorization", f"Bearer {merchant.key}"), ("Content-Type", "application/json"),
        ("Idempotency-Key", key), ("Idempotency-Key", key)], bodies.payment().encode())
    expect_error(raw_http.exchange(stack.web.port, request), 400, "Invalid idempotency key")


def test_validation_errors_are_not_kept(api, payment_id, key):
    for path, bad in (("/payments", bodies.payment("0")),
                      ("/payments", bodies.payment(currency="XXX")),
                      ("/payments", bodies.payment(source="tok_unknown")),
                      ("/payments", "{"),
                      ("/refunds", bodies.refund(payment_id, "100.01")),
                      ("/refunds", bodies.refund("pay_x"))):
        assert api.post(path, bad, Idempotency_Key=key).status_code in (400, 404)
    expect_new_payment(api.post("/payments", bodies.payment(), Idempotency_Key=key))
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id), Idempotency_Key=key),
                      payment_id)


def test_a_get_takes_no_notice_of_the_key(api, payment_id):
    assert api.get(f"/payments/{payment_id}", Idempotency_Key="").status_code == 200


# --- at the same time ---

def test_many_at_once_make_one_payment(api, stack, merchant, key):
    def post(_number):
        return stack.client(merchant).post("/payments", bodies.payment(), Idempotency_Key=key)

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(post, range(48)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert count(stack, "payments", merchant, key) == 1
    assert api.get(answers[0].headers["Location"].removeprefix("/v1")).text == answers[0].text


def test_many_at_once_make_one_refund(stack, merchant, payment_id, key):
    def post(_number):
        return stack.client(merchant).post("/refunds", bodies.refund(payment_id),
                                           Idempotency_Key=key)

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(post, range(48)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert count(stack, "refunds", merchant, key) == 1


@pytest.mark.parametrize("path", ["/payments", "/refunds"])
def test_a_key_that_another_transaction_holds(api, stack, merchant, payment_id, key, path):
    """The holder may still commit or not, so that nobody can tell what the answer will be."""
    if path == "/payments":
        body, insert = bodies.payment(), insert_payment(merchant, idempotency_key=key)[1]
    else:
        body = bodies.refund(payment_id)
        insert = insert_refund(merchant, payment_id, idempotency_key=key)[1]
    with stack.mariadb.session() as holder:
        holder.execute("BEGIN")
        holder.execute(insert)
        expect_error(api.post(path, body, Idempotency_Key=key), 409, "Request in progress",
                     Retry_After="1")
    assert api.post(path, body, Idempotency_Key=key).status_code == 201


@pytest.mark.parametrize("end, replayed", [("COMMIT", True), ("ROLLBACK", False)])
def test_a_key_that_another_transaction_holds_for_a_moment(api, stack, merchant, key, end, replayed):
    payment_id, insert = insert_payment(merchant, idempotency_key=key)
    answers = []
    with stack.mariadb.session() as holder:
        holder.execute("BEGIN")
        holder.execute(insert)
        waiting = threading.Thread(target=lambda: answers.append(
            api.post("/payments", bodies.payment(), Idempotency_Key=key)))
        waiting.start()
        wait_until(lambda: stack.mariadb.value(
            "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
            == "1", "the request waits")
        holder.execute(end)
        waiting.join()
    made = expect_new_payment(answers[0], **(REPLAYED if replayed else {}))
    assert (made == payment_id) == replayed


def test_a_payment_in_processing(api, stack, merchant, key):
    _, insert = insert_payment(merchant, status="processing", idempotency_key=key)
    stack.mariadb.rows(insert)
    expect_error(api.post("/payments", bodies.payment(), Idempotency_Key=key), 409,
                 "Request in progress", Retry_After="1")
    expect_error(api.post("/payments", bodies.payment("1.00"), Idempotency_Key=key), 422,
                 "Idempotency key reused")


def test_a_refund_in_processing(api, stack, merchant, payment_id, key):
    _, insert = insert_refund(merchant, payment_id, status="processing", idempotency_key=key)
    stack.mariadb.rows(insert)
    expect_error(api.post("/refunds", bodies.refund(payment_id), Idempotency_Key=key), 409,
                 "Request in progress", Retry_After="1")
    expect_error(api.post("/refunds", bodies.refund(payment_id, "1.00"), Idempotency_Key=key), 422,
                 "Idempotency key reused")
