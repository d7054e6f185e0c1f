"""POST /payments and GET /payments/{id}: one test a rule.

SPDX-License-Identifier: MIT
"""

import re
import uuid

import pytest
from harness.client import PAYMENT, Client

ID = r"pay_[0-7][0-9a-hjkmnp-tv-z]{25}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def error(answer):
    """Status and body, for a comparison byte for byte."""
    return answer.status_code, answer.text


def test_create(api, stack):
    answer = api.post(
        "/payments",
        '{"amount":100.00,"currency":"USD","source":"tok_visa","description":"Payment for order #12345"}',
    )
    assert answer.status_code == 201
    pattern = (
        r'\{"id":"(%s)","amount":100\.00,"currency":"USD","status":"succeeded","created_at":"%s"\}'
        % (ID, TIME)
    )
    payment_id = re.fullmatch(pattern, answer.text).group(1)
    assert answer.headers["Location"] == f"/v1/payments/{payment_id}"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(stack.deployment.request_id, answer.headers["Request-Id"])
    assert "Idempotent-Replayed" not in answer.headers


def test_read_is_what_create_answered(api):
    created = api.pay()
    answer = api.get(created.headers["Location"].removeprefix("/v1"))
    assert answer.status_code == 200
    assert answer.text == created.text
    assert "Location" not in answer.headers


def test_head_is_get_without_a_body(api):
    path = "/payments/" + api.pay().json()["id"]
    head, get = api.request("HEAD", path), api.get(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_ids_sort_by_time(api):
    ids = [api.pay().json()["id"] for _ in range(20)]
    times = [payment_id[:14] for payment_id in ids]  # the digits of the milliseconds
    assert times == sorted(times)
    assert len(set(ids)) == 20


@pytest.mark.parametrize("token", [
    "tok_visa", "tok_visa_debit", "tok_mastercard", "tok_mastercard_debit", "tok_mastercard_prepaid",
    "tok_amex", "tok_discover", "tok_diners", "tok_jcb", "tok_unionpay",
])
def test_tokens_that_succeed(api, token):
    answer = api.pay(source=token)
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")


@pytest.mark.parametrize("token, message", [
    ("tok_chargeDeclined", "Card declined"),
    ("tok_chargeDeclinedFraudulent", "Card declined"),
    ("tok_visa_chargeDeclinedLostCard", "Card declined"),
    ("tok_chargeDeclinedInsufficientFunds", "Insufficient funds"),
    ("tok_chargeDeclinedExpiredCard", "Expired card"),
    ("tok_chargeDeclinedIncorrectCvc", "Incorrect CVC"),
    ("tok_chargeDeclinedProcessingError", "Processing error"),
])
def test_tokens_that_are_declined(api, token, message):
    answer = api.pay(source=token)
    assert error(answer) == (402, '{"error":"%s"}' % message)
    kept = api.get(answer.headers["Location"].removeprefix("/v1"))
    assert kept.status_code == 200
    assert list(kept.json()) == ["id", "amount", "currency", "status", "created_at"]
    assert kept.json()["status"] == "failed"


@pytest.mark.parametrize("body", [
    "", "null", "[]", '"text"', "1", "{", '{"amount":1,}', '{"amount":1} x', '{"amount":1}{}',
    '{"amount":1,"amount":1}', '{"amount":01}', '{"amount":+1}', '{"amount":1.}', '{"amount":.5}',
    '{"amount":1-1}', '{"amount":1.2.3}', '{"amount":0x10}', '{"amount":NaN}', '{"amount":1e}',
    "{'amount':1}", '{"a":"\x00"}', '{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":"\n"}',
    b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', b'\xef\xbb\xbf{}', '{"a":' + "[" * 5000 + "]" * 5000 + "}",
])
def test_invalid_json(api, body):
    assert error(api.post("/payments", body)) == (400, '{"error":"Invalid JSON"}')


MISSING = object()


def without(members):
    return {name: value for name, value in members.items() if value is not MISSING}


@pytest.mark.parametrize("amount", [
    MISSING, None, "100.00", True, [1], {}, 0, -1, 0.001, 100.001, 10_000_000_000_000, 1e15, 1e300,
])
def test_invalid_amount(api, amount):
    answer = api.post("/payments", without({**PAYMENT, "amount": amount}))
    assert error(answer) == (400, '{"error":"Invalid amount"}')


@pytest.mark.parametrize("currency", [
    MISSING, None, 840, "usd", "Usd", "US", "USDX", "", "XXX", "XTS", "XAU", "HRK", "ZWL", "ANG",
    "SLL", "CUC", "BGN", "CLF", "€",
])
def test_invalid_currency(api, currency):
    answer = api.post("/payments", without({**PAYMENT, "currency": currency}))
    assert error(answer) == (400, '{"error":"Invalid currency"}')


def test_a_retired_currency(api, stack):
    """What was paid in it stays readable and can be given back; nothing new is taken in it."""
    paid = api.pay(amount=777.77).json()
    stack.database.sql("UPDATE payments SET currency = 'HRK', amount = 12345 WHERE amount = 77777")
    answer = api.get("/payments/" + paid["id"])
    assert answer.status_code == 200
    assert '"amount":123.45,"currency":"HRK","status":"succeeded"' in answer.text
    refund = api.refund(paid["id"], 23.45)
    assert refund.status_code == 201
    assert '"amount":23.45,' in refund.text
    assert error(api.pay(currency="HRK")) == (400, '{"error":"Invalid currency"}')


@pytest.mark.parametrize("source", [
    MISSING, None, 1, "", "tok_unknown", "TOK_VISA", "4242424242424242", "4242 4242 4242 4242",
    "378282246310005", "x" * 5000, "tok_visa ",
])
def test_invalid_source(api, source):
    answer = api.post("/payments", without({**PAYMENT, "source": source}))
    assert error(answer) == (400, '{"error":"Invalid payment source"}')


@pytest.mark.parametrize("description", [
    1, True, ["x"], {}, "x" * 256, "😀" * 256, "card 4242-4242-4242-4242", "5555555555554444",
])
def test_invalid_description(api, description):
    assert error(api.pay(description=description)) == (400, '{"error":"Invalid description"}')


@pytest.mark.parametrize("description", [
    None, "", "x" * 255, "😀" * 255, "Bestellung Nr. 7 – „grün“", "order 20240610120001234",
    'quote " backslash \\ tab \t', "trailing space ",
])
def test_description_is_kept_as_it_was(api, stack, description):
    key = str(uuid.uuid4())
    assert api.pay(key, description=description).status_code == 201
    rows = stack.database.sql(
        f"SELECT HEX(description) FROM payments WHERE idempotency_key = '{key}'"
    )
    assert rows == [["NULL" if description is None else description.encode().hex().upper()]]


def test_unknown_members_are_ignored(api):
    answer = api.pay(notes={"order": 1, "nested": [1e5, -0.5]}, huge=10**40)
    assert answer.status_code == 201


@pytest.mark.parametrize("path", [
    "/payments/pay_00000000000000000000000000", "/payments/pay_0", "/payments/x", "/payments/%20",
    "/payments/refund_01m853m2dqeq99aq9ppnf33t67", "/payments/pay_" + "z" * 500,
])
def test_payment_not_found(api, path):
    assert error(api.get(path)) == (404, '{"error":"Payment not found"}')


def test_id_has_one_spelling_only(api):
    payment_id = api.pay().json()["id"]
    assert api.get("/payments/" + payment_id.upper()).status_code == 404
    assert api.get("/payments/" + payment_id + "0").status_code == 404


def test_another_merchants_payment_is_not_found(api, stack):
    payment_id = api.pay().json()["id"]
    _, key = stack.new_merchant("Other shop")
    other = Client(api.url, key)
    assert error(other.get("/payments/" + payment_id)) == (404, '{"error":"Payment not found"}')
    assert error(other.refund(payment_id, 1)) == (404, '{"error":"Payment not found"}')


@pytest.mark.parametrize("path", [
    "/", "/payment", "/payments/", "/payments//", "/payments/a/b", "/refunds/", "/refunds/a/b", "/PAYMENTS", "/v1/payments",
    "//payments", "/%ff", "/payments%0a", "/_error/400",
])
def test_no_such_path(api, path):
    assert error(api.get(path)) == (404, '{"error":"Not found"}')


def test_what_nginx_refuses_itself(api):
    """Its answers have the form of the API's own."""
    for path, status, message in (
        ("/payments%00", 400, "Bad request"),
        ("/payments/" + "x" * 10_000, 414, "URI too long"),
    ):
        answer = api.get(path)
        assert error(answer) == (status, '{"error":"%s"}' % message)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"


def test_path_outside_the_api(api):
    outside = Client(api.url.removesuffix("/v1"), api.key)
    assert error(outside.get("/")) == (404, '{"error":"Not found"}')
    assert error(outside.get("/_error/503")) == (404, '{"error":"Not found"}')
    assert error(outside.get("/v1")) == (404, '{"error":"Not found"}')


@pytest.mark.parametrize("method, path, allow", [
    ("DELETE", "/payments", "GET, HEAD, POST, OPTIONS"),
    ("PUT", "/payments/x", "GET, HEAD, OPTIONS"),
    ("POST", "/payments/x", "GET, HEAD, OPTIONS"),
    ("FOO", "/refunds", "GET, HEAD, POST, OPTIONS"),
    ("POST", "/healthz", "GET, HEAD, OPTIONS"),
])
def test_method_not_allowed(api, method, path, allow):
    answer = api.request(method, path)
    assert error(answer) == (405, '{"error":"Method not allowed"}')
    assert answer.headers["Allow"] == allow


def test_options(api):
    for path, allow in (("/payments", "GET, HEAD, POST, OPTIONS"), ("/payments/x", "GET, HEAD, OPTIONS")):
        answer = api.request("OPTIONS", path, key=False)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Allow"] == allow
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Request-Id"]


@pytest.mark.parametrize("media_type", [
    None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx",
    "application/json5", "application/problem+json",
])
def test_unsupported_media_type(api, media_type):
    answer = api.post("/payments", b'{"amount":1}', headers={"Content-Type": media_type})
    assert error(answer) == (415, '{"error":"Unsupported media type"}')


@pytest.mark.parametrize("media_type", [
    "application/json; charset=utf-8", "Application/JSON", "application/json ;x=y",
])
def test_media_type_may_have_parameters(api, media_type):
    assert api.post("/payments", PAYMENT, headers={"Content-Type": media_type}).status_code == 201


def test_body_too_large(stack, api):
    for size in (65_537, 200_000, 3_000_000):  # the last is above nginx's limit
        body = b"{" + b" " * (size - 2) + b"}"
        answer = api.post("/payments", body)
        assert error(answer) == (413, '{"error":"Request body too large"}')
        if stack.deployment.name.startswith("nginx"):  # Apache's own answers have none
            assert answer.headers["Request-Id"]


def test_largest_body(api):
    body = b'{"amount":1,"currency":"USD","source":"tok_visa"'
    body += b" " * (65_536 - len(body) - 1) + b"}"
    assert api.post("/payments", body).status_code == 201


def test_chunked_body(api):
    import requests

    answer = requests.post(
        api.url + "/payments", data=iter([b'{"amount":1,"currency":"USD",', b'"source":"tok_visa"}']),
        headers={"Authorization": f"Bearer {api.key}", "Content-Type": "application/json"}, timeout=30,
    )
    assert answer.status_code == 201


BAD = {"amount": -1, "currency": "usd", "source": "x", "description": 1}


@pytest.mark.parametrize("options, expected", [
    # Each request is wrong in all that comes later, too.
    ({"method": "DELETE", "path": "/nothing", "key": False}, (404, "Not found")),
    ({"method": "DELETE", "key": False}, (405, "Method not allowed")),
    ({"key": False, "headers": {"Content-Type": "text/plain"}}, (401, "Missing API key")),
    ({"headers": {"Content-Type": "text/plain"}, "body": "{" * 70_000}, (415, "Unsupported media type")),
    ({"body": "{" * 70_000}, (413, "Request body too large")),
    ({"body": '{"amount":-1'}, (400, "Invalid JSON")),
    ({"body": BAD}, (400, "Invalid amount")),
    ({"body": {**BAD, "amount": 1}}, (400, "Invalid currency")),
    ({"body": {**BAD, "amount": 1.0001, "currency": "USD"}}, (400, "Invalid amount")),
    ({"body": {**BAD, "amount": 1.001, "currency": "USD"}}, (400, "Invalid amount")),
    ({"body": {**BAD, "amount": 1, "currency": "USD"}}, (400, "Invalid payment source")),
    ({"body": {**PAYMENT, "description": 1}}, (400, "Invalid description")),
    ({"body": PAYMENT}, (400, "Invalid idempotency key")),
])
def test_validation_order(api, options, expected):
    options = {"method": "POST", "path": "/payments", "body": BAD, **options}
    options["headers"] = {"Idempotency-Key": '""', **options.get("headers", {})}
    answer = api.request(**options)
    assert error(answer) == (expected[0], '{"error":"%s"}' % expected[1])
