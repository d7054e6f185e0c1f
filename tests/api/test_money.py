# SPDX-License-Identifier: MIT
"""Amounts: taken exactly, or refused."""

import json
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support import bodies
from support.contract import expect, expect_error, expect_new_payment

# ISO 4217 list one, currencies in use, by their number of decimals.
NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()
THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split()
TWO_DECIMALS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT
    MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
    USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
""".split()
DECIMALS = ({code: 0 for code in NO_DECIMALS} | {code: 2 for code in TWO_DECIMALS}
            | {code: 3 for code in THREE_DECIMALS})

MAXIMUM = 999_999_999_999_999  # minor units


def text_of(minor, decimals):
    """An amount as the API writes it."""
    return f"{Decimal(minor).scaleb(-decimals):.{decimals}f}"


@pytest.mark.parametrize("currency", sorted(DECIMALS))
def test_each_currency_in_use_with_its_own_decimals(api, currency):
    for minor in (1, 12345, MAXIMUM):
        amount = text_of(minor, DECIMALS[currency])
        created = api.post("/payments", bodies.payment(amount, currency))
        payment_id = expect_new_payment(created, amount, currency)
        expect(api.get(f"/payments/{payment_id}"), 200, created.text)
    for amount in (text_of(MAXIMUM + 1, DECIMALS[currency]), text_of(1, DECIMALS[currency] + 1)):
        expect_error(api.post("/payments", bodies.payment(amount, currency)), 400, "Invalid amount")


@pytest.mark.parametrize("currency", "ADP ANG BGN BOV CHE CHW CLF COU CUC DEM FRF HRK MXV SLL USN UYI"
                                     " UYW XAG XAU XBA XDR XPD XPT XSU XTS XUA XXX ZWL".split())
def test_codes_that_are_no_money_to_pay_with(api, currency):
    """Withdrawn ones, funds, metals and test codes."""
    expect_error(api.post("/payments", bodies.payment("100", currency)), 400, "Invalid currency")


@pytest.mark.parametrize("sent, currency, shown", [
    ("100", "USD", "100.00"),
    ("100.0", "USD", "100.00"),
    ("100.000", "USD", "100.00"),
    ("100.00000000000000000000000000000", "USD", "100.00"),
    ("1e2", "USD", "100.00"),
    ("1E2", "USD", "100.00"),
    ("1e+2", "USD", "100.00"),
    ("1.0e2", "USD", "100.00"),
    ("0.1e3", "USD", "100.00"),
    ("10000e-2", "USD", "100.00"),
    ("1E-2", "USD", "0.01"),
    ("0.00001e3", "USD", "0.01"),
    ("1e-00002", "USD", "0.01"),
    ("100.0", "JPY", "100"),
    ("1.5e1", "JPY", "15"),
    ("1e-3", "KWD", "0.001"),
    ("9999999999999.99", "USD", "9999999999999.99"),
    ("999999999999999", "JPY", "999999999999999"),
    ("999999999999.999", "KWD", "999999999999.999"),
    ("9.99999999999999e14", "JPY", "999999999999999"),
    ("0.29", "USD", "0.29"),
    ("19.99", "USD", "19.99"),
    ("1.005", "KWD", "1.005"),
])
def test_notations_of_the_same_value(api, sent, currency, shown):
    expect_new_payment(api.post("/payments", bodies.payment(sent, currency)), shown, currency)


@pytest.mark.parametrize("amount, currency", [
    ("1e400", "USD"),
    ("1e-400", "USD"),
    ("1e-99999999999999999999", "USD"),
    ("1e99999999999999999999", "USD"),
    ("0e99999999999999999999", "USD"),
    ("123456789012345678901234567890", "USD"),
    ("0.123456789012345678901234567890", "USD"),
    ("100.000000000000000000001", "USD"),
    ("0." + "9" * 300, "USD"),
    ("9" * 5000, "USD"),
    ("9223372036854775807", "JPY"),
    ("9223372036854775808", "JPY"),
    ("18446744073709551617", "JPY"),
    ("92233720368547758.07", "USD"),
    ("184467440737095517.16", "USD"),
    ("1000000000000000", "JPY"),
    ("10000000000000.00", "USD"),
    ("0.5", "JPY"),
    ("1e-1", "JPY"),
    ("1e-3", "USD"),
    ("100.001", "USD"),
    ("1e-4", "KWD"),
    ("-0.0", "USD"),
    ("-1e-400", "USD"),
])
def test_values_that_are_refused(api, amount, currency):
    expect_error(api.post("/payments", bodies.payment(amount, currency)), 400, "Invalid amount")


@pytest.mark.parametrize("amount", ["0100", "00", "+100", ".5", "5.", "1e", "1e+", "0x64", "1_000",
                                    "1,000", "NaN", "Infinity", "-Infinity", "--1", "1.0.0", "１"])
def test_what_is_no_json_number_is_no_json(api, amount):
    expect_error(api.post("/payments", bodies.payment(amount)), 400, "Invalid JSON")


@settings(max_examples=200)
@given(st.sampled_from(sorted(DECIMALS)), st.integers(1, MAXIMUM))
@example("USD", 1999)
@example("KWD", 1005)
def test_every_accepted_amount_comes_back_as_it_was_sent(api, currency, minor):
    amount = text_of(minor, DECIMALS[currency])
    created = api.post("/payments", bodies.payment(amount, currency))
    payment_id = expect_new_payment(created, amount, currency)
    assert api.get(f"/payments/{payment_id}").text == created.text
    # A client that reads it into a double gets the same amount when it writes it again.
    assert text_of(round(Decimal(json.loads(created.text)["amount"]).scaleb(DECIMALS[currency])),
                   DECIMALS[currency]) == amount


@st.composite
def decimal_numbers(draw):
    """A JSON number, written in any way, with its exact value."""
    integer = draw(st.integers(0, 10 ** draw(st.integers(0, 20))))
    fraction = draw(st.text("0123456789", max_size=8)) + "0" * draw(st.integers(0, 30))
    exponent = draw(st.none() | st.integers(-25, 25))
    text = str(integer) + (f".{fraction}" if fraction else "")
    if exponent is not None:
        text += draw(st.sampled_from(["e", "E"])) + draw(
            st.sampled_from(["", "+"]) if exponent >= 0 else st.just("")) + str(exponent)
    return text


@settings(max_examples=400)
@given(st.sampled_from(["JPY", "USD", "KWD"]), decimal_numbers())
def test_a_value_is_taken_exactly_or_refused(api, currency, sent):
    minor = Decimal(sent).scaleb(DECIMALS[currency])
    answer = api.post("/payments", bodies.payment(sent, currency))
    if minor == minor.to_integral_value() and 1 <= minor <= MAXIMUM:
        expect_new_payment(answer, text_of(int(minor), DECIMALS[currency]), currency)
    else:
        expect_error(answer, 400, "Invalid amount")
