"""Idempotency-Key: a request made twice has one effect and one answer.

SPDX-License-Identifier: MIT
"""

import secrets
import uuid

import pytest
from harness.client import Client, fastcgi_params, fastcgi_request, fastcgi_send

INVALID = (400, '{"error":"Invalid idempotency key"}')
REUSED = (422, '{"error":"Idempotency key reused"}')
IN_PROGRESS = (409, '{"error":"Request in progress"}')


def error(answer):
    return answer.status_code, answer.text


@pytest.fixture
def key():
    return f"order-{uuid.uuid4()}"


@pytest.mark.parametrize("source, status", [("tok_visa", 201), ("tok_chargeDeclined", 402)])
def test_replay_of_a_payment(api, key, source, status):
    first = api.pay(key, source=source)
    second = api.pay(key, source=source)
    assert first.status_code == second.status_code == status
    assert second.content == first.content
    assert second.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


def test_replay_of_a_refund(api, key):
    payment_id = api.pay(amount=10).json()["id"]
    first = api.refund(payment_id, 10, key)
    second = api.refund(payment_id, 10, key)  # nothing is left, but nothing more is asked for
    assert first.status_code == second.status_code == 201
    assert second.content == first.content
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"


def test_same_amount_in_another_notation_is_the_same_request(api, key):
    first = api.post("/payments", '{"amount":100,"currency":"USD","source":"tok_visa"}',
                     headers={"Idempotency-Key": key})
    second = api.post("/payments", '{"source":"tok_visa","currency":"USD","amount":1e2,"x":1}',
                      headers={"Idempotency-Key": key})
    assert second.content == first.content


@pytest.mark.parametrize("change", [
    {"amount": 100.01}, {"currency": "EUR"}, {"source": "tok_amex"}, {"description": "x"},
    {"source": "tok_chargeDeclined"},
])
def test_another_payment_under_the_key(api, key, change):
    assert api.pay(key).status_code == 201
    assert error(api.pay(key, **change)) == REUSED


def test_another_refund_under_the_key(api, key):
    one, two = (api.pay(amount=10).json()["id"] for _ in range(2))
    assert api.refund(one, 5, key).status_code == 201
    assert error(api.refund(one, 4, key)) == REUSED
    assert error(api.refund(two, 5, key)) == REUSED


def test_key_belongs_to_one_resource_and_one_merchant(api, stack, key):
    payment = api.pay(key)
    assert payment.status_code == 201
    assert api.refund(payment.json()["id"], 1, key).status_code == 201
    other = Client(api.url, stack.new_merchant("Other")[1]).pay(key)
    assert other.status_code == 201
    assert other.json()["id"] != payment.json()["id"]


def test_key_belongs_to_the_merchant_not_to_the_api_key(api, stack, key):
    second_key = stack.admin("key", "create", stack.merchant)["key"]
    assert Client(api.url, second_key).pay(key).content == api.pay(key).content


def test_quoted_and_bare_are_the_same_key(api, key):
    first = api.pay(key)
    assert api.pay(f'"{key}"').content == first.content


def test_escapes_of_a_quoted_key(api, key):
    first = api.pay(f'"{key}\\"\\\\"')
    assert api.pay(f'{key}"\\').content == first.content


@pytest.mark.parametrize("value", [
    "", '""', '"', '"open', '"a"b', '"a\\x"', "x" * 256, '"' + "x" * 256 + '"', b"caf\xc3\xa9", "a\tb",
    "4242424242424242",
])
def test_invalid_key(api, value):
    assert error(api.pay(value)) == INVALID


def test_longest_key(api, key):
    longest = key + "x" * (255 - len(key))
    assert api.pay(longest).status_code == 201
    assert api.pay(f'"{longest}"').headers["Idempotent-Replayed"] == "true"


def test_two_key_headers_are_refused(api, stack):
    body = b'{"amount":1,"currency":"USD","source":"tok_visa"}'
    params = fastcgi_params("POST", "/payments", api.key, body,
                            [("HTTP_IDEMPOTENCY_KEY", "a"), ("HTTP_IDEMPOTENCY_KEY", "a")])
    answer = fastcgi_send(stack.workers.socket, fastcgi_request(params, body))
    assert answer.startswith(b"Status: 400 ")
    assert answer.endswith(INVALID[1].encode())


def test_errors_of_validation_are_not_kept(api, key):
    assert api.pay(key, amount=-1).status_code == 400
    assert api.pay(key).status_code == 201


def test_case_and_trailing_spaces_make_another_key(api, key):
    ids = {api.pay(value).json()["id"] for value in (key, key.upper(), f'"{key} "')}
    assert len(ids) == 3


def merchant_hex(stack):
    """The id of the merchant whose key is used, as SQL writes it."""
    return stack.database.sql("SELECT HEX(id) FROM merchants WHERE name = 'Test shop'")[0][0]


ROW = (
    "INSERT INTO payments (id, merchant_id, amount, currency, status, processor, source,"
    " idempotency_key, created_at) VALUES (x'%s', x'%s', 10000, 'USD', '%s', 'sandbox', 'tok_visa',"
    " '%s', UTC_TIMESTAMP(3))"
)


def test_key_that_another_transaction_holds(api, stack, key):
    with stack.database.session() as other:
        other.run("START TRANSACTION; " + ROW % (secrets.token_hex(16), merchant_hex(stack), "succeeded", key))
        answer = api.pay(key)
        assert error(answer) == IN_PROGRESS
        assert answer.headers["Retry-After"] == "1"
        other.run("ROLLBACK")
    assert api.pay(key).status_code == 201


def test_payment_that_is_still_processing(api, stack, key):
    stack.database.sql(ROW % (secrets.token_hex(16), merchant_hex(stack), "processing", key))
    answer = api.pay(key)
    assert error(answer) == IN_PROGRESS
    assert answer.headers["Retry-After"] == "1"



