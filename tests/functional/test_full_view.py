"""?view=full: what reads and lists show when all is asked for.

SPDX-License-Identifier: MIT
"""

import pytest
from harness.client import Client

BASIC = ["id", "amount", "currency", "status", "created_at"]
PAYMENT_MEMBERS = [*BASIC, "description", "source", "refunded_amount", "disputed", "failure_code", "mode",
                   "metadata", "refunds"]
REFUND_MEMBERS = ["id", "payment_id", "amount", "status", "created_at", "currency", "origin", "returned_at",
                  "failure_code", "mode", "metadata"]


@pytest.fixture
def lister(stack):
    """A client whose merchant has nothing yet."""
    _, key = stack.new_merchant("Full shop")
    return Client(stack.client.url, key)


def test_a_payment(lister):
    made = lister.pay(amount=20.50, description='A "quoted" \\ line\n\té€😀\x1f', metadata={"order": "7"})
    basic = lister.get("/payments/" + made.json()["id"])
    answer = lister.get(f"/payments/{made.json()['id']}?view=full")
    assert answer.text.startswith(basic.text[:-1] + ",")
    assert answer.headers["Content-Type"] == "application/json"
    payment = answer.json()
    assert list(payment) == PAYMENT_MEMBERS
    assert {name: payment[name] for name in PAYMENT_MEMBERS[5:]} == {
        "description": 'A "quoted" \\ line\n\té€😀\x1f', "source": "tok_visa", "refunded_amount": 0, "disputed": False,
        "failure_code": None, "mode": "test", "metadata": {"order": "7"}, "refunds": {"data": [], "has_more": False}}
    assert '"refunded_amount":0.00,' in answer.text


def test_without_a_description(lister):
    assert lister.get(f"/payments/{lister.pay().json()['id']}?view=full").json()["description"] is None
    assert lister.get(f"/payments/{lister.pay(description='').json()['id']}?view=full").json()["description"] == ""


@pytest.mark.parametrize("source, code", [
    ("tok_chargeDeclined", "card_declined"), ("tok_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ("tok_chargeDeclinedExpiredCard", "expired_card"), ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
    ("tok_chargeDeclinedProcessingError", "processing_error"),
])
def test_why_it_failed(lister, source, code):
    declined = lister.pay(source=source).headers["Location"].removeprefix("/v1")
    payment = lister.get(declined + "?view=full").json()
    assert (payment["status"], payment["failure_code"], payment["source"]) == ("failed", code, source)


def test_its_refunds(lister):
    """The ten newest, as they are shown by themselves; the others are a list."""
    payment = lister.pay(amount=50, currency="JPY").json()["id"]
    made = [lister.refund(payment, 1).json() for _ in range(10)]
    newest_first = sorted(made, key=lambda refund: refund["id"], reverse=True)
    shown = lister.get(f"/payments/{payment}?view=full").json()
    assert (shown["refunded_amount"], shown["refunds"]) == (10, {"data": newest_first, "has_more": False})
    lister.refund(payment, 2)
    shown = lister.get(f"/payments/{payment}?view=full").json()
    listed = lister.get(f"/refunds?payment_id={payment}").json()
    assert listed["has_more"] and shown["refunds"] == listed
    assert shown["refunded_amount"] == 12


def test_a_refund(lister):
    payment = lister.pay(currency="KWD").json()["id"]
    made = lister.post("/refunds", {"payment_id": payment, "amount": 1.125, "metadata": {"why": "broken"}})
    answer = lister.get(f"/refunds/{made.json()['id']}?view=full")
    assert answer.text.startswith(made.text[:-1] + ",")
    assert list(answer.json()) == REFUND_MEMBERS
    assert {name: answer.json()[name] for name in REFUND_MEMBERS[5:]} == {
        "currency": "KWD", "origin": "api", "returned_at": None, "failure_code": None, "mode": "test", "metadata": {"why": "broken"}}


def test_lists(lister):
    """A list shows what each read shows."""
    payments = [lister.pay(metadata={"number": str(number)} if number % 2 else None).json()["id"] for number in range(5)]
    refunds = [lister.post("/refunds", {"payment_id": payments[number % 2], "amount": 1,
                                        "metadata": {"n": str(number)} if number else {}}).json()["id"] for number in range(4)]
    for path, ids in (("/payments", payments), ("/refunds", refunds)):
        expected = [lister.get(f"{path}/{one}?view=full").json() for one in sorted(ids, reverse=True)]
        assert lister.get(f"{path}?view=full").json() == {"data": expected, "has_more": False}
        assert lister.get(f"{path}?limit=3&view=full").json() == {"data": expected[:3], "has_more": True}
        assert lister.get(f"{path}?view=full&starting_after={expected[1]['id']}").json()["data"] == expected[2:]


def test_a_page_is_shorter_where_its_records_are_long(lister):
    """More than one answer holds: the rest is under the next cursor, and nothing is left out."""
    note = {f"key {number}": "v" * 500 for number in range(40)}
    made = {lister.pay(metadata={**note, "number": str(number)}).json()["id"] for number in range(30)}
    met, cursor, pages = [], "", 0
    while True:
        answer = lister.get("/payments?limit=100&view=full" + cursor)
        assert answer.status_code == 200
        shown = answer.json()
        met += shown["data"]
        pages += 1
        if not shown["has_more"]:
            break
        cursor = "&starting_after=" + met[-1]["id"]
    assert pages > 1
    assert [payment["id"] for payment in met] == sorted(made, reverse=True)
    assert all(len(payment["metadata"]) == 41 for payment in met)


@pytest.mark.parametrize("query", ["view=basic", "view=", "view", "view=Full", "view=full&view=full"])
def test_wrong_views(api, query):
    payment = api.pay().json()["id"]
    refund = api.refund(payment, 1).json()["id"]
    for path in (f"/payments/{payment}", f"/refunds/{refund}", "/payments", "/refunds"):
        answer = api.get(f"{path}?{query}")
        assert (answer.status_code, answer.text) == (400, '{"error":"Invalid query parameter"}')


def test_nothing_of_others(stack, lister):
    payment = stack.client.pay().json()["id"]
    refund = stack.client.refund(payment, 1).json()["id"]
    answer = lister.get(f"/payments/{payment}?view=full")
    assert (answer.status_code, answer.text) == (404, '{"error":"Payment not found"}')
    answer = lister.get(f"/refunds/{refund}?view=full")
    assert (answer.status_code, answer.text) == (404, '{"error":"Refund not found"}')
    assert lister.get("/payments/x?view=full").status_code == 404


def test_head(lister):
    path = f"/payments/{lister.pay().json()['id']}?view=full"
    head, get = lister.request("HEAD", path), lister.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
