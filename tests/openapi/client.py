"""A merchant's program with typed objects that were generated from the OpenAPI document (python.mjs).

SPDX-License-Identifier: MIT
"""

import json
import os
import sys

import requests
import schema

session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = f"Bearer {os.environ['API_KEY']}"


def call(kind, method, path, body=None, **options):
    """An answer as an object of its kind. Its members are of the types that the document gives them."""
    answer = session.request(method, os.environ["BASE_URL"] + path, json=body and body.to_dict(), timeout=30, **options)
    if not answer.ok:
        raise LookupError(schema.Error.from_dict(answer.json()).error)
    found = kind.from_dict(answer.json())
    # All that was answered has a place in it; null is not told from nothing.
    assert found.to_dict().keys() == {name for name, value in answer.json().items() if value is not None}
    return found


order = schema.NewPayment(amount=100.00, currency="USD", source="tok_visa", metadata={"order": os.environ["ORDER"]})
payment = call(schema.Payment, "POST", "/payments", order, headers={"Idempotency-Key": os.environ["ORDER"]})
assert payment.status is schema.Status.SUCCEEDED
assert call(schema.Payment, "GET", f"/payments/{payment.id}") == payment

refund = call(schema.Refund, "POST", "/refunds", schema.NewRefund(amount=50.00, payment_id=payment.id))
assert call(schema.Refund, "GET", f"/refunds/{refund.id}") == refund
assert (refund.payment_id, refund.amount, refund.created_at >= payment.created_at) == (payment.id, 50, True)

assert payment in call(schema.PaymentList, "GET", "/payments", params={"limit": 100}).data
refunds = call(schema.RefundList, "GET", "/refunds", params={"payment_id": payment.id})
assert refunds.data == [refund] and refunds.has_more is False

full = call(schema.Payment, "GET", f"/payments/{payment.id}", params={"view": "full"})
assert full.metadata == order.metadata and full.refunded_amount == 50 and full.mode is schema.Mode.TEST
assert [one.id for one in full.refunds.data] == [refund.id]

try:
    call(schema.Payment, "POST", "/payments", schema.NewPayment(1.00, "USD", "tok_chargeDeclinedInsufficientFunds"))
    sys.exit("it was not declined")
except LookupError as error:
    declined = str(error)
try:
    schema.NewPayment(amount="1.00", currency="USD", source="tok_visa").to_dict()
    sys.exit("an amount was a string")
except AssertionError:
    pass
print(json.dumps({"payment": payment.id, "refund": refund.id, "declined": declined}))
