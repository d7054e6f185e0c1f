"""The JSON of Stripe's objects, made of the ledger's rows.

SPDX-License-Identifier: MIT
"""

import json
import secrets
import string
import urllib.parse

from cards import PAYMENT_METHODS, TOKENS

_LETTERS = string.ascii_letters + string.digits


def new_id(prefix):
    return f"{prefix}_" + "".join(secrets.choice(_LETTERS) for _ in range(24))


def error_of(row):
    return json.loads(row["error"]) if row["error"] else None


def card_error(card, **members):
    """The error of a payment that the issuer declined."""
    error = {"code": card.code, "doc_url": "https://stripe.com/docs/error-codes/" + card.code.replace("_", "-"),
             "message": card.message, "type": "card_error", **members}
    if card.decline_code:
        error["decline_code"] = card.decline_code
    if card.param:
        error["param"] = card.param
    return error


def _card(source):
    brand = (TOKENS.get(source) or PAYMENT_METHODS.get(source)).brand
    return {"brand": brand, "country": "US", "exp_month": 12, "exp_year": 2034, "fingerprint": "Xt5EWLLDS7FJjR1c",
            "funding": "credit", "last4": "4242"}


def _outcome(error):
    if error is None:
        return {"network_status": "approved_by_network", "reason": None, "risk_level": "normal",
                "seller_message": "Payment complete.", "type": "authorized"}
    return {"network_status": "declined_by_network", "reason": error.get("decline_code", error["code"]),
            "risk_level": "normal", "type": "issuer_declined",
            "seller_message": "The bank did not return any further details with this decline."}


def charge(row, livemode):
    error = error_of(row)
    paid = row["status"] == "succeeded"
    return {
        "id": row["id"], "object": "charge", "amount": row["amount"],
        "amount_captured": row["amount"] if paid else 0, "amount_refunded": row["refunded"],
        "balance_transaction": row["id"].replace("ch_", "txn_") if paid else None,
        "billing_details": {"address": {"city": None, "country": None, "line1": None, "line2": None,
                                        "postal_code": None, "state": None},
                            "email": None, "name": None, "phone": None},
        "captured": paid, "created": row["created"], "currency": row["currency"], "customer": None,
        "description": row["description"], "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": error["code"] if error else None, "failure_message": error["message"] if error else None,
        "fraud_details": {}, "livemode": livemode, "metadata": json.loads(row["metadata"]),
        "outcome": _outcome(error), "paid": paid, "payment_intent": row["payment_intent"],
        "payment_method": row["source"] if row["payment_intent"] else row["id"].replace("ch_", "card_"),
        "payment_method_details": {"card": _card(row["source"]), "type": "card"},
        "receipt_email": None, "refunded": paid and row["refunded"] == row["amount"],
        "source": None if row["payment_intent"] else {
            "id": row["id"].replace("ch_", "card_"), "object": "card", **_card(row["source"])},
        "statement_descriptor": None, "status": row["status"],
    }


def _next_action(row, base):
    if row["status"] != "requires_action":
        return None
    url = f"{base}/authenticate/{row['id']}"
    if row["return_url"] is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url}}
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": row["return_url"], "url": url}}


def payment_intent(row, livemode, base):
    """base: the address that the customer's browser reaches."""
    received = row["amount"] if row["status"] == "succeeded" else 0
    return {
        "id": row["id"], "object": "payment_intent", "amount": row["amount"], "amount_capturable": 0,
        "amount_details": {"tip": {}}, "amount_received": received, "automatic_payment_methods": None,
        "canceled_at": row["canceled_at"], "cancellation_reason": row["cancellation_reason"],
        "capture_method": "automatic", "client_secret": client_secret(row["id"]), "confirmation_method": "automatic",
        "created": row["created"], "currency": row["currency"], "customer": None, "description": row["description"],
        "last_payment_error": error_of(row), "latest_charge": row["latest_charge"], "livemode": livemode,
        "metadata": json.loads(row["metadata"]), "next_action": _next_action(row, base),
        "payment_method": row["payment_method"], "payment_method_types": json.loads(row["payment_method_types"]),
        "receipt_email": None, "statement_descriptor": None, "status": row["status"],
    }


def client_secret(identifier):
    return f"{identifier}_secret_{identifier[3:]}"


def return_address(row):
    """Where the customer's browser goes after 3-D Secure."""
    passed = "succeeded" if row["status"] == "succeeded" else "failed"
    query = urllib.parse.urlencode({"payment_intent": row["id"], "payment_intent_client_secret": client_secret(row["id"]),
                                    "redirect_status": passed})
    return row["return_url"] + ("&" if "?" in row["return_url"] else "?") + query


def payment_method(identifier, livemode, created):
    """A test card as the object that an error shows."""
    return {"id": identifier, "object": "payment_method", "card": _card(identifier), "created": created,
            "customer": None, "livemode": livemode, "metadata": {}, "type": "card"}


def refund(row):
    return {
        "id": row["id"], "object": "refund", "amount": row["amount"],
        "balance_transaction": row["id"].replace("re_", "txn_") if row["status"] == "succeeded" else None,
        "charge": row["charge"], "created": row["created"], "currency": row["currency"],
        "destination_details": {"card": {"reference_status": "pending", "reference_type": "acquirer_reference_number",
                                         "type": "refund"}, "type": "card"},
        **({"failure_reason": row["failure_reason"]} if row["failure_reason"] else {}),
        "metadata": json.loads(row["metadata"]), "payment_intent": row["payment_intent"], "reason": row["reason"],
        "receipt_number": None, "status": row["status"],
    }


def dispute(row, livemode):
    return {
        "id": row["id"], "object": "dispute", "amount": row["amount"], "balance_transactions": [], "charge": row["charge"],
        "created": row["created"], "currency": row["currency"], "enhanced_eligibility_types": [], "evidence": {},
        "evidence_details": {"due_by": row["created"] + 7 * 86400, "has_evidence": False, "past_due": False,
                             "submission_count": 0},
        "is_charge_refundable": row["status"].startswith("warning_"), "livemode": livemode,
        "metadata": json.loads(row["metadata"]), "payment_intent": row["payment_intent"], "reason": "fraudulent",
        "status": row["status"],
    }


def account():
    return {
        "id": "acct_1TestAcquirer00", "object": "account", "business_profile": {"name": "Test acquirer", "url": None},
        "business_type": None, "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True, "country": "US", "created": 1500000000, "default_currency": "usd",
        "details_submitted": True, "email": "acquirer@example.com", "metadata": {}, "payouts_enabled": True,
        "type": "standard",
    }


def balance(sums, livemode):
    """sums: [(currency, amount)], from the ledger."""
    amounts = [{"amount": amount, "currency": currency, "source_types": {"card": amount}}
               for currency, amount in sums or [("usd", 0)]]
    return {"object": "balance", "available": amounts, "livemode": livemode,
            "pending": [{**entry, "amount": 0, "source_types": {"card": 0}} for entry in amounts]}
