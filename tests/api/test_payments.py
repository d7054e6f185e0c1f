# SPDX-License-Identifier: MIT
"""POST /payments and GET /payments/{id}."""

import json
import time
from datetime import datetime, timezone

import pytest

from support import bodies
from support.contract import (
    expect, expect_declined, expect_error, expect_new_payment, payment_text)
from support.identifiers import hexadecimal, milliseconds, to_uuid
from support.records import insert_payment, new_identifier

SUCCEEDING = [
    "tok_visa", "tok_visa_debit", "tok_mastercard", "tok_mastercard_debit",
    "tok_mastercard_prepaid", "tok_amex", "tok_discover", "tok_diners", "tok_jcb", "tok_unionpay",
]
DECLINED = {
    "tok_chargeDeclined": "Card declined",
    "tok_chargeDeclinedInsufficientFunds": "Insufficient funds",
    "tok_chargeDeclinedExpiredCard": "Expired card",
    "tok_chargeDeclinedIncorrectCvc": "Incorrect CVC",
    "tok_chargeDeclinedProcessingError": "Processing error",
}


# --- success ---

def test_the_example_of_the_manual(api):
    answer = api.post("/payments", '{"amount":100.00,"currency":"USD","source":"tok_visa",'
                                   '"description":"Payment for order #12345"}')
    expect_new_payment(answer, "100.00", "USD")


@pytest.mark.parametrize("source", SUCCEEDING)
def test_sandbox_tokens_that_succeed(api, source):
    expect_new_payment(api.post("/payments", bodies.payment(source=source)))


def test_a_payment_reads_as_it_was_created(api):
    created = api.post("/payments", bodies.payment("19.99", "EUR"))
    payment_id = expect_new_payment(created, "19.99", "EUR")
    expect(api.get(f"/payments/{payment_id}"), 200, created.text)


def test_the_location_leads_to_the_payment(api):
    created = api.post("/payments", bodies.payment())
    found = api.get(created.headers["Location"].removeprefix("/v1"))
    expect(found, 200, created.text)


def test_created_at_is_utc_to_the_second(api):
    before = int(time.time())
    created = json.loads(api.post("/payments", bodies.payment()).content)["created_at"]
    after = time.time()
    seconds = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert before <= seconds.timestamp() <= after


def test_identifiers_sort_by_time(api):
    found = []
    for _ in range(5):
        found.append(expect_new_payment(api.post("/payments", bodies.payment())))
        time.sleep(0.002)
    assert found == sorted(found)


def test_an_identifier_is_a_uuid_of_version_7(api, payment_id):
    created_at = json.loads(api.get(f"/payments/{payment_id}").content)["created_at"]
    assert to_uuid(payment_id).version == 7
    assert datetime.fromtimestamp(milliseconds(payment_id) // 1000, timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ") == created_at


def test_identifiers_have_74_random_bits(api):
    """They cannot be guessed from one another."""
    found = [to_uuid(expect_new_payment(api.post("/payments", bodies.payment()))).int
             for _ in range(40)]
    random = (1 << 74) - 1
    values = [(value >> 64 & 0xfff) << 62 | value & (1 << 62) - 1 for value in found]
    differing = 0
    for value in values[1:]:
        differing |= value ^ values[0]
    assert differing == random


def test_unknown_members_are_ignored(api):
    body = bodies.payment(metadata='{"order":[1,2,{"a":null}]}', capture="false", id='"pay_x"')
    expect_new_payment(api.post("/payments", body))


def test_the_order_of_members_does_not_matter(api):
    body = '{"source":"tok_visa","description":null,"currency":"USD","amount":100.00}'
    expect_new_payment(api.post("/payments", body))


# --- declined ---

@pytest.mark.parametrize("source, message", DECLINED.items())
def test_a_declined_payment_is_kept_as_failed(api, source, message):
    answer = api.post("/payments", bodies.payment(source=source))
    payment_id = expect_declined(answer, message)
    found = api.get(f"/payments/{payment_id}")
    created_at = json.loads(found.content)["created_at"]
    expect(found, 200, payment_text(payment_id, created_at, "100.00", status="failed"))


def test_a_payment_of_unknown_outcome_is_shown_as_processing(api, stack, merchant):
    payment_id, insert = insert_payment(merchant, status="processing")
    stack.mariadb.rows(insert)
    found = api.get(f"/payments/{payment_id}")
    created_at = json.loads(found.content)["created_at"]
    expect(found, 200, payment_text(payment_id, created_at, "100.00", status="processing"))


# --- members ---

@pytest.mark.parametrize("amount", [
    None, "null", "true", '"100.00"', "[100]", '{"value":100}', "0", "0.00", "-0", "-0.0", "0e5",
    "-1", "-100.00", "100.001", "0.001", "99999999999999.99", "10000000000000", "1e400",
])
def test_amounts_that_are_refused(api, amount):
    expect_error(api.post("/payments", bodies.payment(amount)), 400, "Invalid amount")


@pytest.mark.parametrize("currency", [
    None, "", "usd", "Usd", "US", "USDD", "XXX", "XTS", "XAU", "DEM", "ABC", " USD", "USD ",
    "\u0000USD", "USD\u0000", "💶", "840",
])
def test_currencies_that_are_refused(api, currency):
    message = "Invalid currency" if currency is None or "\0" not in currency else "Invalid JSON"
    expect_error(api.post("/payments", bodies.payment(currency=currency)), 400, message)


@pytest.mark.parametrize("currency", ["null", "840", "true", '["USD"]', '{"code":"USD"}'])
def test_a_currency_is_a_string(api, currency):
    body = f'{{"amount":100,"currency":{currency},"source":"tok_visa"}}'
    expect_error(api.post("/payments", body), 400, "Invalid currency")


@pytest.mark.parametrize("source", [
    None, "", "visa", "tok_", "tok_unknown", "TOK_VISA", "tok_visa ", " tok_visa", "tok_visa\n",
    "tok_visa" * 1000, "tok_visä", "tok_chargedeclined",
])
def test_sources_that_are_refused(api, source):
    expect_error(api.post("/payments", bodies.payment(source=source)), 400,
                 "Invalid payment source")


@pytest.mark.parametrize("source", ["null", "1", "false", '["tok_visa"]', '{"token":"tok_visa"}'])
def test_a_source_is_a_string(api, source):
    body = f'{{"amount":100,"currency":"USD","source":{source}}}'
    expect_error(api.post("/payments", body), 400, "Invalid payment source")


@pytest.mark.parametrize("description", [
    "", "Order #12345", "Zażółć gęślą jaźń 決済", "👩‍👩‍👧‍👦" "\U0001F3F4", "a" * 255, "é" * 255,
    "😀" * 255, "line\nbreak\ttab", "quote ' double \" back\\slash %s ; --", "trailing blanks  ",
    "\u202eright to left", "e\u0301 is not \u00e9",
])
def test_a_description_is_stored_exactly(api, stack, description):
    answer = api.post("/payments", bodies.payment(description=json.dumps(description)))
    payment_id = expect_new_payment(answer)
    stored = stack.mariadb.value(
        f"SELECT HEX(description) FROM payments WHERE id = {hexadecimal(payment_id)}")
    assert bytes.fromhex(stored).decode() == description


@pytest.mark.parametrize("description", [None, "null"])
def test_no_description_is_stored_as_null(api, stack, description):
    payment_id = expect_new_payment(api.post("/payments", bodies.payment(description=description)))
    assert stack.mariadb.value("SELECT description FROM payments WHERE id = "
                               f"{hexadecimal(payment_id)}") is None


@pytest.mark.parametrize("description", [
    '"' + "a" * 256 + '"', json.dumps("😀" * 256), json.dumps("é" * 256), "1", "true", "[]", "{}",
])
def test_descriptions_that_are_refused(api, description):
    expect_error(api.post("/payments", bodies.payment(description=description)), 400,
                 "Invalid description")


# --- reading ---

@pytest.mark.parametrize("payment_id", [
    new_identifier("pay"), new_identifier("refund"), "pay_", "pay_x", "xyz", "0", "-1",
    "pay_" + "0" * 25, "pay_" + "0" * 27, "pay_" + "z" * 26, "pay_" + "u" * 26, "p" * 300,
    "%F0%9F%98%80", "pay_%27%20OR%201=1",
])
def test_a_payment_that_is_not_there(api, payment_id):
    expect_error(api.get(f"/payments/{payment_id}"), 404, "Payment not found")


def test_identifiers_are_in_lower_case(api, payment_id):
    expect_error(api.get("/payments/" + payment_id.upper()), 404, "Payment not found")
    expect_error(api.get("/payments/pay_" + payment_id[4:].upper()), 404, "Payment not found")


def test_another_merchants_payment_is_not_there(other_api, payment_id):
    expect_error(other_api.get(f"/payments/{payment_id}"), 404, "Payment not found")


def test_a_query_string_changes_nothing(api, payment_id):
    assert api.get(f"/payments/{payment_id}?expand=all&id=x").text == api.get(
        f"/payments/{payment_id}").text


def test_head_is_get_without_its_body(api, payment_id):
    found = api.get(f"/payments/{payment_id}")
    head = api.request("HEAD", f"/payments/{payment_id}")
    changing = {"Request-Id", "Date"}
    assert (head.status_code, head.content) == (200, b"")
    assert {name: value for name, value in head.headers.items() if name not in changing} == {
        name: value for name, value in found.headers.items() if name not in changing}


def test_head_of_a_payment_that_is_not_there(api):
    head = api.request("HEAD", "/payments/pay_x")
    assert (head.status_code, head.content) == (404, b"")


# --- a bug ---

def test_a_fault_in_the_program_is_logged_and_not_shown(api, stack, merchant):
    """A row that no program of ours writes stands in for the bug."""
    payment_id, insert = insert_payment(merchant, currency="XTS")
    stack.mariadb.rows(insert)
    answer = api.get(f"/payments/{payment_id}")
    expect_error(answer, 500, "Internal server error")
    lines = [line for line in stack.pool.log_text().splitlines()
             if answer.headers["Request-Id"] in line]
    assert any(" error: " in line for line in lines), lines
