"""POST /refunds: one test a rule.

SPDX-License-Identifier: MIT
"""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import Client, value_of


def error(answer):
    return answer.status_code, answer.text


REFUSED = (400, '{"error":"Invalid refund amount"}')


@pytest.fixture
def payment(api):
    """A payment of 100.00 USD."""
    return api.pay(amount=100).json()["id"]


def test_create(api, payment):
    answer = api.post("/refunds", '{"payment_id":"%s","amount":50.00}' % payment)
    assert answer.status_code == 201
    refund_id = re.fullmatch(
        r'\{"id":"(refund_[0-9a-hjkmnp-tv-z]{26})","payment_id":"%s","amount":50\.00,'
        r'"status":"succeeded","created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}' % payment,
        answer.text,
    ).group(1)
    assert answer.headers["Location"] == f"/v1/refunds/{refund_id}"


def test_read(api, payment):
    """Location leads to the refund: the same five members."""
    created = api.refund(payment, 50)
    answer = api.get(created.headers["Location"].removeprefix("/v1"))
    assert (answer.status_code, answer.text) == (200, created.text)
    assert "Location" not in answer.headers


@pytest.mark.parametrize("refund_id", [
    "refund_00000000000000000000000000", "refund_x", "pay_00000000000000000000000000", "REFUND_00000000000000000000000000",
    "refund_" + "0" * 200,
])
def test_unknown_refund(api, refund_id):
    assert error(api.get("/refunds/" + refund_id)) == (404, '{"error":"Refund not found"}')


def test_a_refund_is_its_merchants(stack, api, payment):
    _, key = stack.new_merchant("Other shop")
    path = api.refund(payment, 1).headers["Location"].removeprefix("/v1")
    assert error(Client(api.url, key).get(path)) == (404, '{"error":"Refund not found"}')


def test_currency_of_a_refund(api):
    path = api.refund(api.pay(amount=1000, currency="JPY").json()["id"], 300).headers["Location"].removeprefix("/v1")
    assert '"amount":300,' in api.get(path).text


def test_the_payment_stays_as_it_was(api, payment):
    before = api.get("/payments/" + payment).text
    assert api.refund(payment, 100).status_code == 201
    assert api.get("/payments/" + payment).text == before


def test_in_parts_up_to_the_last_cent(api, payment):
    for amount in (0.01, 99.98, 0.01):
        assert api.refund(payment, amount).status_code == 201
    assert error(api.refund(payment, 0.01)) == REFUSED


@pytest.mark.parametrize("amount", [None, "50", 0, -1, 100.01, 0.001, 1e300, [], True])
def test_invalid_refund_amount(api, payment, amount):
    assert error(api.refund(payment, amount)) == REFUSED


def test_amount_absent(api, payment):
    assert error(api.post("/refunds", {"payment_id": payment})) == REFUSED


def test_decimals_are_those_of_the_payments_currency(api):
    yen = api.pay(amount=100, currency="JPY").json()["id"]
    assert error(api.refund(yen, 0.5)) == REFUSED
    assert api.refund(yen, 50).text.count('"amount":50,') == 1
    dinar = api.pay(amount=1.234, currency="KWD").json()["id"]
    assert api.refund(dinar, 0.234).text.count('"amount":0.234,') == 1


def test_a_payment_that_failed(api):
    declined = api.pay(source="tok_chargeDeclined")
    payment_id = declined.headers["Location"].rsplit("/", 1)[1]
    assert error(api.refund(payment_id, 1)) == REFUSED


@pytest.mark.parametrize("payment_id", [None, 1, True, ["x"], {}])
def test_invalid_payment_id(api, payment_id):
    assert error(api.refund(payment_id, 1)) == (400, '{"error":"Invalid payment ID"}')


def test_payment_id_absent(api):
    assert error(api.post("/refunds", {"amount": -1})) == (400, '{"error":"Invalid payment ID"}')


@pytest.mark.parametrize("payment_id", ["", "x", "pay_00000000000000000000000000"])
def test_payment_not_found(api, payment_id):
    assert error(api.refund(payment_id, 1)) == (404, '{"error":"Payment not found"}')


@pytest.fixture
def changed(stack, payment):
    """Changes the row of the payment, as no request can."""
    def change(assignment):
        stack.database.sql(f"UPDATE payments SET {assignment} WHERE id = UNHEX('{value_of(payment):032x}')")
        return payment
    return change


def refused(stack, api, payment, answer):
    """However many come at once, none of it is given back."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: error(Client(api.url, stack.key).refund(payment, 1)), range(8)))
    assert [error(api.refund(payment, 1)), *answers] == [answer] * 9
    where = f"id = UNHEX('{value_of(payment):032x}')"
    assert stack.database.sql(f"SELECT refunded FROM payments WHERE {where}") == [["0"]]
    assert stack.database.sql(f"SELECT COUNT(*) FROM refunds WHERE payment_{where}") == [["0"]]


def test_a_test_key_gives_no_real_money_back(stack, api, changed):
    payment = changed("mode = 'live'")
    assert error(api.get("/payments/" + payment)) == (404, '{"error":"Payment not found"}')
    refused(stack, api, payment, (404, '{"error":"Payment not found"}'))


def test_a_payment_of_another_processor(stack, api, changed):
    """Not the one that the key uses today gives it back, but the one that has the money; here it is not configured."""
    payment = changed("processor = 'elsewhere'")
    refused(stack, api, payment, (503, '{"error":"Service unavailable"}'))
    assert "made with processor elsewhere, which is not configured" in stack.workers.log()
