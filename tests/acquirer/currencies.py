"""What Stripe takes of each currency: https://docs.stripe.com/currencies.

SPDX-License-Identifier: MIT
"""

from form import invalid

CURRENCIES = frozenset(
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp "
    "cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr "
    "isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr "
    "mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd "
    "std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw".split())
MULTIPLES = {"bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10, "isk": 100, "ugx": 100}
MINIMUM = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "chf": 50, "cad": 50, "aud": 50, "dkk": 250, "nok": 300, "sek": 300,
           "huf": 17500, "hkd": 400, "mxn": 1000, "sgd": 50, "pln": 200}


def check(params):
    """Lowers the currency's letters; refuses what Stripe does not take of it."""
    currency = params["currency"] = params["currency"].lower()
    if currency not in CURRENCIES:
        raise invalid(f"Invalid currency: {currency}. Stripe currently supports these currencies: usd, aed, afn...",
                      "currency")
    if params["amount"] < MINIMUM.get(currency, 1):
        raise invalid(f"Amount must be at least {MINIMUM[currency]} {currency}", "amount", code="amount_too_small")
    if params["amount"] % MULTIPLES.get(currency, 1):
        raise invalid(f"Invalid amount: in {currency} it must be a multiple of {MULTIPLES[currency]}.", "amount",
                      code="parameter_invalid_integer")
