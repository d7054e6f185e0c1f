"""Amounts through HTTP: exact both ways, in every currency and every notation.

SPDX-License-Identifier: MIT
"""

import json
import os
import re
import subprocess
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from harness.servers import BUILD

SETTINGS = settings(
    max_examples=int(os.environ.get("PAYMENT_API_EXAMPLES", "300")), deadline=None, derandomize=bool(os.environ.get("CI")),
    suppress_health_check=list(HealthCheck),
)
MAXIMUM = 999_999_999_999_999  # minor units


def table():
    """The program's own currencies and their decimals."""
    lines = subprocess.run(
        [os.path.join(BUILD, "tests/unit/currency-table")], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return {code: int(decimals) for code, decimals in (line.split() for line in lines)}


CURRENCIES = table()
EXAMPLES = ("USD", "JPY", "KWD")


def written(minor, decimals):
    """Minor units as the API writes them."""
    return f"{Decimal(minor).scaleb(-decimals):.{decimals}f}"


def no_card_number(text):
    """Leaves out what could be a card number in the wrong member, which is refused: 13 digits and more, Luhn holds."""
    for digits in re.findall(r"(?<!\d)\d{13,19}(?!\d)", text):
        doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
        assume(sum(value - 9 if value > 9 else value for value in doubled) % 10 != 0)
    return text


def pay(api, amount, currency="USD"):
    """Sends the amount's very text; (status, the very text of the answer's amount)."""
    answer = api.post(
        "/payments", '{"amount":%s,"currency":"%s","source":"tok_visa"}' % (amount, currency)
    )
    if answer.status_code != 201:
        assert answer.text == '{"error":"Invalid amount"}'
        return answer.status_code, None
    return 201, answer.text.split('"amount":')[1].split(",")[0]


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_every_currency_has_its_own_decimals(api, currency):
    decimals = CURRENCIES[currency]
    for minor in (1, 1234567, MAXIMUM):
        text = written(minor, decimals)
        assert pay(api, text, currency) == (201, text)
    assert pay(api, written(1, decimals + 1), currency) == (400, None)
    assert pay(api, written(MAXIMUM + 1, decimals), currency) == (400, None)


@pytest.mark.parametrize("sent, expected", [
    ("1e2", "100.00"), ("1E2", "100.00"), ("1e+2", "100.00"), ("10000E-2", "100.00"),
    ("1E-2", "0.01"), ("100", "100.00"), ("100.0", "100.00"), ("100.000", "100.00"),
    ("0.010e0", "0.01"), ("19.99", "19.99"), ("1.10", "1.10"), ("0.29", "0.29"), ("4.35", "4.35"),
    ("0.00000000000000000000000000000000000001e36", "0.01"),
    ("1" + "0" * 40 + "e-40", "1.00"), ("1." + "0" * 60000, "1.00"),
    ("9999999999999.99", "9999999999999.99"),
    ("-0", None), ("0", None), ("0.00", None), ("0e5", None), ("-1", None), ("-0.01", None),
    ("1E-3", None), ("100.001", None), ("0.009", None), ("100.000000000000000000001", None),
    ("0.999999999999999999", None), ("1e-400", None), ("1e400", None), ("-1e400", None),
    ("1e99999999999999999999", None), ("1e-99999999999999999999", None),
    ("0e99999999999999999999", None), ("10000000000000", None), ("9999999999999.995", None),
    ("123456789012345678901234567890", None), ("9223372036854775808", None),
    ("18446744073709551616", None),
])
def test_notations_of_json(api, sent, expected):
    assert pay(api, sent) == ((201, expected) if expected else (400, None))


@pytest.mark.parametrize("card, currency", [
    ("4222222222222", "USD"), ("4222222222222.00", "USD"), ("4.222222222222e12", "USD"), ("42222222222220e-1", "USD"), ("371449635398431.00000000", "JPY"), ("378282246310005", "JPY"), ("30569309025904", "JPY"),
])
def test_a_card_number_is_no_amount(api, card, currency):
    assert pay(api, card, currency) == (400, None)
    payment = api.pay(amount=999999999999999, currency="JPY").json()["id"]
    answer = api.post("/refunds", '{"payment_id":"%s","amount":%s}' % (payment, card))
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid refund amount")


@SETTINGS
@given(minor=st.integers(1, MAXIMUM), currency=st.sampled_from(EXAMPLES))
def test_an_accepted_amount_comes_back_as_it_was_sent(api, minor, currency):
    text = no_card_number(written(minor, CURRENCIES[currency]))
    assert pay(api, text, currency) == (201, text)
    # And so through the doubles of a client: what it sends, and what it reads.
    assert pay(api, json.dumps(float(text)), currency) == (201, text)


@SETTINGS
@given(
    minor=st.integers(1, MAXIMUM), currency=st.sampled_from(EXAMPLES), shift=st.integers(-400, 400)
)
def test_the_notation_does_not_matter(api, minor, currency, shift):
    decimals = CURRENCIES[currency]
    expected = no_card_number(written(minor, decimals))
    moved = Decimal(minor).scaleb(-decimals - shift)
    assert pay(api, f"{moved:f}e{shift}", currency) == (201, expected)


@SETTINGS
@given(
    minor=st.integers(0, MAXIMUM), currency=st.sampled_from(EXAMPLES),
    beyond=st.from_regex(r"[0-9]{0,30}[1-9]", fullmatch=True), exponent=st.integers(-20, 20),
)
def test_too_many_decimals_are_refused_in_any_notation(api, minor, currency, beyond, exponent):
    decimals = CURRENCIES[currency]
    text = written(minor, decimals) + ("." if decimals == 0 else "") + beyond
    assert pay(api, text, currency) == (400, None)
    with_exponent = f"{Decimal(text).scaleb(-exponent):f}e{exponent}"
    assert pay(api, with_exponent, currency) == (400, None)
