"""The endpoints of Stripe's API that a payment needs, as functions of the ledger.

SPDX-License-Identifier: MIT
"""

import json
import re
from dataclasses import dataclass
from typing import Callable

import currencies
import form
import objects
from cards import PAYMENT_METHODS, TOKENS, UNAUTHENTICATED
from form import Refused, invalid
from ledger import find, insert, page, update

AUTOMATIC_METHODS_SINCE = "2023-08-16"  # from this version on an intent takes all methods unless it says which
CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action")

_COMMON = {"expand": form.strings, "metadata": form.metadata, "description": form.text}
_DESCRIPTORS = {"statement_descriptor": form.text, "statement_descriptor_suffix": form.text,
                "receipt_email": form.text}
_MONEY = {"amount": form.amount, "currency": form.text}
_PAGE = {"limit": form.limit, "starting_after": form.text, "ending_before": form.text, "created": form.created,
         "expand": form.strings}


@dataclass
class Call:
    """One request. Its parameters are text until perform() has checked them."""

    params: dict
    identifier: str | None  # of the path
    key: str | None
    version: str  # "" for the newest
    livemode: bool
    base: str  # the acquirer's own address
    now: int


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: re.Pattern
    run: Callable  # (database, call): the object; raises Refused
    params: dict
    required: tuple = ()


def _missing(kind, identifier, param, in_path=False):
    return Refused(404 if in_path else 400, f"No such {kind}: '{identifier}'", code="resource_missing", param=param)


def _new_charge(database, call, card, **columns):
    """A charge and, when it was declined, its error."""
    identifier = objects.new_id("ch")
    error = objects.card_error(card, charge=identifier) if card.code else None
    return insert(database, "charges", id=identifier, created=call.now, error=error, idempotency_key=call.key,
                  status="failed" if error else "succeeded", **columns), error


def _declined(error, **members):
    refused = Refused(402, error["message"], kept=True)
    refused.error = {**error, **members}
    return refused


class Declined(Exception):
    """Carries a decline out of an operation that stays in the ledger."""

    def __init__(self, refused):
        super().__init__(str(refused))
        self.refused = refused


def create_charge(database, call):
    currencies.check(call.params)
    card = TOKENS.get(call.params["source"])
    if card is None:
        raise _missing("token", call.params["source"], "source")
    row, error = _new_charge(
        database, call, card, amount=call.params["amount"], currency=call.params["currency"],
        source=call.params["source"], description=call.params.get("description"),
        metadata=call.params.get("metadata", {}))
    if error:
        raise Declined(_declined(error))
    return objects.charge(row, call.livemode)


def _check_intent(call):
    params = call.params
    currencies.check(params)
    method = params.get("payment_method")
    if method is not None and method not in PAYMENT_METHODS:
        raise _missing("PaymentMethod", method, "payment_method")
    if any(kind != "card" for kind in params.get("payment_method_types", ["card"])):
        raise invalid("The payment method type provided is invalid: this acquirer takes 'card' only.",
                      "payment_method_types")
    if "payment_method_types" in params and "automatic_payment_methods" in params:
        raise invalid("You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
    if not params.get("confirm"):
        for name in ("error_on_requires_action", "off_session", "return_url"):
            if name in params:
                raise invalid(f"You can only pass `{name}` with `confirm` set to true.", name)
        return
    if method is None:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.",
                      code="payment_intent_unexpected_state")
    automatic = params.get("automatic_payment_methods", {})
    redirects = automatic.get("allow_redirects") != "never" if automatic.get("enabled") else (
        (call.version or AUTOMATIC_METHODS_SINCE) >= AUTOMATIC_METHODS_SINCE and "payment_method_types" not in params)
    if redirects and "return_url" not in params:
        raise invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of"
            " these payment methods might redirect your customer off of your page, you must provide a `return_url`. If"
            " you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to"
            " `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and"
            " Payment Intents.")


def create_intent(database, call):
    _check_intent(call)
    params = call.params
    method = params.get("payment_method")
    row = insert(
        database, "payment_intents", id=objects.new_id("pi"), created=call.now, amount=params["amount"],
        currency=params["currency"], payment_method=method, return_url=params.get("return_url"),
        payment_method_types=params.get("payment_method_types", ["card"]), description=params.get("description"),
        status="requires_confirmation" if method else "requires_payment_method",
        metadata=params.get("metadata", {}), idempotency_key=call.key)
    if not params.get("confirm"):
        return objects.payment_intent(row, call.livemode, call.base)
    card = PAYMENT_METHODS[method]
    if card.authentication and not (params.get("error_on_requires_action") or params.get("off_session")):
        row = update(database, "payment_intents", row["id"], status="requires_action")
        return objects.payment_intent(row, call.livemode, call.base)
    return _pay(database, call, row, card)


def _pay(database, call, row, card):
    """Charges an intent's payment method."""
    method = row["payment_method"]
    charge, error = _new_charge(
        database, call, card, amount=row["amount"], currency=row["currency"], source=method,
        payment_intent=row["id"], description=row["description"], metadata=json.loads(row["metadata"]))
    if error is None:
        row = update(database, "payment_intents", row["id"], status="succeeded", latest_charge=charge["id"])
        return objects.payment_intent(row, call.livemode, call.base)
    error["payment_method"] = objects.payment_method(method, call.livemode, call.now)
    row = update(database, "payment_intents", row["id"], status="requires_payment_method", payment_method=None,
                 latest_charge=charge["id"], error=error)
    raise Declined(_declined(error, payment_intent=objects.payment_intent(row, call.livemode, call.base)))


def authenticate(database, call):
    """What the customer does at the issuer's page, outcome=success or fail. The intent's row."""
    row = find(database, "payment_intents", call.identifier)
    if row is None:
        raise _missing("payment_intent", call.identifier, "intent", in_path=True)
    if row["status"] != "requires_action":
        return row
    if call.params["outcome"] == "fail":
        error = {**UNAUTHENTICATED,
                 "payment_method": objects.payment_method(row["payment_method"], call.livemode, call.now)}
        return update(database, "payment_intents", row["id"], status="requires_payment_method", payment_method=None,
                      error=error)
    _pay(database, call, row, PAYMENT_METHODS["pm_card_visa"])
    return find(database, "payment_intents", call.identifier)


def cancel_intent(database, call):
    row = find(database, "payment_intents", call.identifier)
    if row is None:
        raise _missing("payment_intent", call.identifier, "intent", in_path=True)
    if row["status"] not in CANCELABLE:
        raise Refused(
            400, f"You cannot cancel this PaymentIntent because it has a status of {row['status']}. Only a PaymentIntent"
            " with one of the following statuses may be canceled: requires_payment_method, requires_capture,"
            " requires_confirmation, requires_action, processing.", kept=True, code="payment_intent_unexpected_state",
            payment_intent=objects.payment_intent(row, call.livemode, call.base))
    row = update(database, "payment_intents", row["id"], status="canceled", canceled_at=call.now,
                 cancellation_reason=call.params.get("cancellation_reason"))
    return objects.payment_intent(row, call.livemode, call.base)


def _refunded_charge(database, params):
    """The charge that a refund is of."""
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    identifier = params.get("charge")
    if identifier is None:
        intent = find(database, "payment_intents", params["payment_intent"])
        if intent is None:
            raise _missing("payment_intent", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise Refused(400, f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                          kept=True, code="payment_intent_unexpected_state", param="payment_intent")
        identifier = intent["latest_charge"]
    charge = find(database, "charges", identifier)
    if charge is None:
        raise _missing("charge", identifier, "charge")
    if charge["status"] != "succeeded":
        raise Refused(400, f"Charge {identifier} failed; cannot issue a refund.", kept=True, param="charge")
    return charge


def create_refund(database, call):
    charge = _refunded_charge(database, call.params)
    left = charge["amount"] - charge["refunded"]
    if left == 0:
        raise Refused(400, f"Charge {charge['id']} has already been refunded.", kept=True,
                      code="charge_already_refunded")
    amount = call.params.get("amount", left)
    if amount > left:
        raise Refused(400, f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge"
                      f" (${left / 100:.2f})", kept=True, param="amount")
    update(database, "charges", charge["id"], refunded=charge["refunded"] + amount)
    card = TOKENS.get(charge["source"]) or PAYMENT_METHODS[charge["source"]]
    row = insert(
        database, "refunds", id=objects.new_id("re"), created=call.now, amount=amount, currency=charge["currency"],
        status=card.refund, charge=charge["id"], payment_intent=charge["payment_intent"],
        reason=call.params.get("reason"), metadata=call.params.get("metadata", {}), idempotency_key=call.key)
    return objects.refund(row)


def _shaped(table, row, call):
    if table == "payment_intents":
        return objects.payment_intent(row, call.livemode, call.base)
    if table == "disputes":
        return objects.dispute(row, call.livemode)
    return objects.charge(row, call.livemode) if table == "charges" else objects.refund(row)


_REFERENCES = {"latest_charge": "charges", "charge": "charges", "payment_intent": "payment_intents"}


def _expand(database, call, answer):
    """Puts the objects in the place of their ids that the request asks for."""
    for path in call.params.get("expand", ()):
        within, _, name = path.rpartition(".")
        targets = answer["data"] if within == "data" and "data" in answer else [answer]
        if within not in ("", "data") or name not in _REFERENCES or any(name not in target for target in targets):
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        for target in targets:
            row = target[name] and find(database, _REFERENCES[name], target[name])
            target[name] = row and _shaped(_REFERENCES[name], row, call)
    return answer


def perform(database, endpoint, call):
    """The status and the object of the answer. Raises Refused; then the ledger is as before."""
    call.params = form.checked(call.params, endpoint.params, required=endpoint.required)
    try:
        return 200, _expand(database, call, endpoint.run(database, call))
    except Declined as declined:
        return declined.refused.status, {"error": declined.refused.error}


def _retrieve(table, kind, param):
    def run(database, call):
        row = find(database, table, call.identifier)
        if row is None:
            raise _missing(kind, call.identifier, param, in_path=True)
        return _shaped(table, row, call)

    return run


def _list(table, kind, filters=()):
    def cursor(database, call, name):
        if name not in call.params:
            return None
        row = find(database, table, call.params[name])
        if row is None:
            raise _missing(kind, call.params[name], name)
        return row

    def run(database, call):
        if "starting_after" in call.params and "ending_before" in call.params:
            raise invalid("You can only pass one of starting_after and ending_before.")
        conditions = [("created", operator, value) for operator, value in call.params.get("created", ())]
        conditions += [(name, "=", call.params[name]) for name in filters if name in call.params]
        rows, more = page(database, table, conditions, call.params.get("limit", 10),
                          cursor(database, call, "starting_after"), cursor(database, call, "ending_before"))
        return {"object": "list", "data": [_shaped(table, row, call) for row in rows], "has_more": more,
                "url": f"/v1/{table}"}

    return run


def read_balance(database, call):
    sums = database.execute(
        "SELECT currency, SUM(amount - refunded) FROM charges WHERE status = 'succeeded' GROUP BY currency").fetchall()
    return objects.balance([tuple(row) for row in sums], call.livemode)


def _endpoint(method, path, run, params=None, required=()):
    return Endpoint(method, re.compile(path.replace("ID", "([A-Za-z0-9_]+)")), run, params or {}, required)


_ONE = {"expand": form.strings}
ENDPOINTS = (
    _endpoint("POST", "/v1/charges", create_charge, {
        **_COMMON, **_MONEY, **_DESCRIPTORS, "source": form.text, "capture": form.one_of("true")},
        ("amount", "currency", "source")),
    _endpoint("GET", "/v1/charges", _list("charges", "charge", ("payment_intent",)),
              {**_PAGE, "payment_intent": form.text}),
    _endpoint("GET", "/v1/charges/ID", _retrieve("charges", "charge", "id"), _ONE),
    _endpoint("POST", "/v1/payment_intents", create_intent, {
        **_COMMON, **_MONEY, **_DESCRIPTORS, "payment_method": form.text, "confirm": form.boolean,
        "error_on_requires_action": form.boolean, "off_session": form.boolean, "return_url": form.address,
        "payment_method_types": form.strings, "use_stripe_sdk": form.boolean,
        "automatic_payment_methods": form.members(
            enabled=form.boolean, allow_redirects=form.one_of("always", "never")),
        "confirmation_method": form.one_of("automatic"), "capture_method": form.one_of("automatic", "automatic_async")},
        ("amount", "currency")),
    _endpoint("GET", "/v1/payment_intents", _list("payment_intents", "payment_intent"), _PAGE),
    _endpoint("GET", "/v1/payment_intents/ID", _retrieve("payment_intents", "payment_intent", "intent"),
              {**_ONE, "client_secret": form.text}),
    _endpoint("POST", "/v1/payment_intents/ID/cancel", cancel_intent, {
        **_ONE, "cancellation_reason": form.one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned")}),
    _endpoint("POST", "/v1/refunds", create_refund, {
        "expand": form.strings, "metadata": form.metadata, "charge": form.text, "payment_intent": form.text,
        "amount": form.amount, "reason": form.one_of("duplicate", "fraudulent", "requested_by_customer")}),
    _endpoint("GET", "/v1/refunds", _list("refunds", "refund", ("charge", "payment_intent")),
              {**_PAGE, "charge": form.text, "payment_intent": form.text}),
    _endpoint("GET", "/v1/refunds/ID", _retrieve("refunds", "refund", "id"), _ONE),
    _endpoint("GET", "/v1/disputes/ID", _retrieve("disputes", "dispute", "id"), _ONE),
    _endpoint("GET", "/v1/account", lambda database, call: objects.account(), _ONE),
    _endpoint("GET", "/v1/balance", read_balance, _ONE),
)
AUTHENTICATE = _endpoint("GET", "/authenticate/ID", authenticate, {"outcome": form.one_of("success", "fail")},
                         ("outcome",))


def lookup(method, path):
    """The endpoint and the id in its path."""
    for endpoint in ENDPOINTS:
        match = endpoint.path.fullmatch(path)
        if match and endpoint.method == method:
            return endpoint, match[1] if match.groups() else None
    raise Refused(404, f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help"
                  " at https://support.stripe.com/.")
