# SPDX-License-Identifier: MIT
"""POST /refunds."""

import pytest

from support import bodies
from support.contract import expect_declined, expect_error, expect_new_payment, expect_new_refund
from support.identifiers import hexadecimal
from support.records import insert_payment, new_identifier


def refunded(stack, payment_id):
    """The refunded minor units of a payment, which must be the sum of its refunds."""
    row, = stack.mariadb.rows(
        "SELECT p.refunded, COALESCE(SUM(r.amount), 0) AS total FROM payments p"
        f" LEFT JOIN refunds r ON r.payment_id = p.id WHERE p.id = {hexadecimal(payment_id)}")
    assert row["refunded"] == row["total"]
    return int(row["refunded"])


def test_a_partial_refund(api, stack, payment_id):
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id, "50.00")), payment_id, "50.00")
    assert refunded(stack, payment_id) == 5000


def test_a_full_refund(api, stack, payment_id):
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id, "100.00")), payment_id,
                      "100.00")
    assert refunded(stack, payment_id) == 10000


def test_refunds_up_to_the_last_cent_and_no_further(api, stack, payment_id):
    for amount in ("33.33", "66.66", "0.01"):
        expect_new_refund(api.post("/refunds", bodies.refund(payment_id, amount)), payment_id,
                          amount)
    expect_error(api.post("/refunds", bodies.refund(payment_id, "0.01")), 400,
                 "Invalid refund amount")
    assert refunded(stack, payment_id) == 10000


def test_more_than_is_left_is_refused_and_changes_nothing(api, stack, payment_id):
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id, "60.00")), payment_id, "60.00")
    expect_error(api.post("/refunds", bodies.refund(payment_id, "40.01")), 400,
                 "Invalid refund amount")
    assert refunded(stack, payment_id) == 6000


def test_a_refund_does_not_change_the_payments_representation(api, payment_id):
    before = api.get(f"/payments/{payment_id}").text
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id)), payment_id)
    assert api.get(f"/payments/{payment_id}").text == before


@pytest.mark.parametrize("currency, amount, part, shown", [
    ("JPY", "100", "1", "1"),
    ("KWD", "100.000", "0.001", "0.001"),
    ("KWD", "100.000", "1.5", "1.500"),
    ("EUR", "999999.99", "1e5", "100000.00"),
])
def test_a_refund_has_the_decimals_of_the_payments_currency(api, currency, amount, part, shown):
    payment_id = expect_new_payment(api.post("/payments", bodies.payment(amount, currency)),
                                    amount, currency)
    expect_new_refund(api.post("/refunds", bodies.refund(payment_id, part)), payment_id, shown)


@pytest.mark.parametrize("currency, amount", [("JPY", "0.5"), ("USD", "0.005"), ("KWD", "0.0005")])
def test_too_many_decimals_for_the_payments_currency(api, currency, amount):
    made = api.post("/payments", bodies.payment("100", currency))
    payment_id = made.headers["Location"].rpartition("/")[2]
    expect_error(api.post("/refunds", bodies.refund(payment_id, amount)), 400,
                 "Invalid refund amount")


@pytest.mark.parametrize("amount", [
    None, "null", '"50.00"', "true", "[]", "0", "-0", "-50", "100.01", "1e400", "1e-400",
    "50.000000000000000000001", "123456789012345678901234567890",
])
def test_amounts_that_are_refused(api, payment_id, amount):
    expect_error(api.post("/refunds", bodies.refund(payment_id, amount)), 400,
                 "Invalid refund amount")


@pytest.mark.parametrize("payment_id", [None, "null", "1", "true", "[]", "{}"])
def test_payment_ids_that_are_refused(api, payment_id):
    body = '{"amount":50.00}' if payment_id is None else f'{{"payment_id":{payment_id},"amount":1}}'
    expect_error(api.post("/refunds", body), 400, "Invalid payment ID")


@pytest.mark.parametrize("payment_id", ["", "pay_", "xyz", new_identifier("pay"),
                                        new_identifier("refund"), "pay_" + "z" * 26, "p" * 5000])
def test_a_payment_that_is_not_there(api, payment_id):
    expect_error(api.post("/refunds", bodies.refund(payment_id)), 404, "Payment not found")


def test_another_merchants_payment_is_not_there(other_api, stack, payment_id):
    expect_error(other_api.post("/refunds", bodies.refund(payment_id)), 404, "Payment not found")
    assert refunded(stack, payment_id) == 0


def test_a_failed_payment_cannot_be_refunded(api):
    declined = api.post("/payments", bodies.payment(source="tok_chargeDeclined"))
    payment_id = expect_declined(declined, "Card declined")
    expect_error(api.post("/refunds", bodies.refund(payment_id, "0.01")), 400,
                 "Invalid refund amount")


def test_a_payment_in_processing_cannot_be_refunded(api, stack, merchant):
    payment_id, insert = insert_payment(merchant, status="processing")
    stack.mariadb.rows(insert)
    expect_error(api.post("/refunds", bodies.refund(payment_id, "0.01")), 400,
                 "Invalid refund amount")


def test_unknown_members_are_ignored(api, payment_id):
    body = bodies.refund(payment_id, reason='"requested_by_customer"', currency='"JPY"')
    expect_new_refund(api.post("/refunds", body), payment_id)
