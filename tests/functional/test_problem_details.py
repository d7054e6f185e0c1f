"""Errors as problem details (RFC 9457), for clients that accept application/problem+json.

SPDX-License-Identifier: MIT
"""

import os
import re

import pytest
from harness.client import PAYMENT
from harness.servers import SOURCE

PROBLEM = {"Accept": "application/problem+json"}
CARD = "4242424242424242"


def table():
    """The errors that the root README lists: (status, message)."""
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| (4\d\d|5\d\d) \| ([^|]+) \|", file.read(), re.M)
    return {(int(status), message) for status, messages in rows for message in messages.strip().split(", ")}


def problem(answer):
    """Checks what every one has; its other members."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    body = answer.json()
    assert body["status"] == answer.status_code
    assert (body["status"], body["title"]) in table()
    assert body["code"] == body["title"].lower().replace(" ", "_")
    assert body["type"] == "/v1/docs/#error-" + body["code"]
    assert body["detail"].endswith(".")
    return {name: body[name] for name in body if name not in ("type", "title", "status", "code", "detail")}


def both(api, send):
    """What a request is answered with and without the header, apart from their forms."""
    plain, detailed = send({}), send(PROBLEM)
    assert plain.headers["Content-Type"] == "application/json"
    assert plain.status_code == detailed.status_code
    assert plain.text == '{"error":"%s"}' % detailed.json()["title"]
    for name in ("WWW-Authenticate", "Allow", "Retry-After", "Cache-Control"):
        assert plain.headers.get(name) == detailed.headers.get(name)
    return problem(detailed)


@pytest.mark.parametrize("path, body, members", [
    ("/payments", "{", {}),
    ("/payments", {**PAYMENT, "amount": 0}, {"member": "amount"}),
    ("/payments", {**PAYMENT, "currency": "usd"}, {"member": "currency"}),
    ("/payments", {**PAYMENT, "source": CARD}, {"member": "source"}),
    ("/payments", {**PAYMENT, "description": 1}, {"member": "description"}),
    ("/payments", {**PAYMENT, "metadata": 1}, {"member": "metadata"}),
    ("/refunds", {}, {"member": "payment_id"}),
    ("/refunds", {"payment_id": "pay_1", "amount": "1"}, {"member": "amount"}),
    ("/refunds", {"payment_id": "pay_1", "amount": 1}, {}),
    ("/payments", "x" * 70_000, {}),
])
def test_bodies(api, path, body, members):
    assert both(api, lambda headers: api.post(path, body, headers=headers)) == members


@pytest.mark.parametrize("method, path, headers, key, members", [
    ("GET", "/nothing", {}, True, {}),
    ("GET", "/payments/pay_1", {}, True, {}),
    ("GET", "/refunds/refund_1", {}, True, {}),
    ("DELETE", "/payments", {}, True, {}),
    ("GET", "/payments", {}, False, {"header": "Authorization"}),
    ("GET", "/payments", {"Authorization": "Bearer sk_test_none"}, False, {"header": "Authorization"}),
    ("POST", "/payments", {"Content-Type": "text/plain"}, True, {"header": "Content-Type"}),
    ("GET", "/payments?limit=0", {}, True, {"parameter": "limit"}),
    ("GET", "/payments?created%5Bgt%5D=x", {}, True, {"parameter": "created[gt]"}),
    ("GET", "/refunds?payment_id=x", {}, True, {"parameter": "payment_id"}),
    ("GET", "/refunds?limit=1&limit=1", {}, True, {"parameter": "limit"}),
    ("GET", '/payments?<"x>=1', {}, True, {}),  # a name that is none of ours is not repeated
    ("GET", "/payments/pay_1?view=x", {}, True, {"parameter": "view"}),
])
def test_requests(api, method, path, headers, key, members):
    assert both(api, lambda more: api.request(method, path, headers={**headers, **more}, key=key)) == members


def test_idempotency(api):
    def send(body, key, headers):
        return api.post("/payments", body, headers={"Idempotency-Key": key, **headers})

    assert both(api, lambda more: send(PAYMENT, "", more)) == {"header": "Idempotency-Key"}
    assert api.pay(idempotency_key="problem-1").status_code == 201
    assert both(api, lambda more: send({**PAYMENT, "amount": 5}, "problem-1", more)) == {"header": "Idempotency-Key"}


@pytest.mark.parametrize("source", [
    "tok_chargeDeclined", "tok_chargeDeclinedInsufficientFunds", "tok_chargeDeclinedExpiredCard",
    "tok_chargeDeclinedIncorrectCvc", "tok_chargeDeclinedProcessingError",
])
def test_a_decline_names_its_payment(api, source):
    headers = {**PROBLEM, "Idempotency-Key": f"problem-{source}"}
    declined = api.post("/payments", {**PAYMENT, "source": source}, headers=headers)
    members = problem(declined)
    assert declined.headers["Location"] == "/v1/payments/" + members["payment_id"]
    assert members.get("member", "source") == "source"
    assert api.get("/payments/" + members["payment_id"]).json()["status"] == "failed"
    again = api.post("/payments", {**PAYMENT, "source": source}, headers=headers)
    assert (again.text, again.headers["Idempotent-Replayed"]) == (declined.text, "true")


def test_too_much_is_refunded(api):
    payment = api.pay().json()["id"]
    body = {"payment_id": payment, "amount": 1000}
    assert both(api, lambda headers: api.post("/refunds", body, headers=headers)) == {"member": "amount"}


def test_success_stays_as_it_is(api):
    made = api.post("/payments", PAYMENT, headers=PROBLEM)
    assert (made.status_code, made.headers["Content-Type"]) == (201, "application/json")
    read = api.get("/payments/" + made.json()["id"], headers=PROBLEM)
    assert (read.text, read.headers["Content-Type"]) == (made.text, "application/json")


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "application/problem+json;q=0",
                                    "application/json, application/problem+json;q=0.1", None])
def test_who_does_not_ask_gets_none(api, accept):
    answer = api.get("/payments/x", headers={"Accept": accept})
    assert (answer.text, answer.headers["Content-Type"]) == ('{"error":"Payment not found"}', "application/json")
