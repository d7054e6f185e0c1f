"""The test cards: what each token of a charge and each payment method of an intent leads to.

The names, codes and decline codes are those of https://docs.stripe.com/testing#declined-payments and
of its sections on 3-D Secure and refunds. Unlike Stripe's, these serve with live keys, too: that is
where the tests need them.

SPDX-License-Identifier: MIT
"""

from dataclasses import dataclass

BRANDS = ("visa", "visa_debit", "mastercard", "mastercard_debit", "mastercard_prepaid", "amex", "discover", "diners",
          "jcb", "unionpay")


@dataclass(frozen=True)
class Card:
    """How the issuer answers."""

    brand: str = "visa"
    code: str | None = None  # the error's; None: it pays
    decline_code: str | None = None
    message: str | None = None
    param: str | None = None  # the parameter that the error names
    authentication: bool = False  # it wants 3-D Secure first; declined where that cannot be
    refund: str = "succeeded"  # how its refunds begin


_DECLINED = "Your card was declined."
AUTHENTICATION = Card(
    code="authentication_required", decline_code="authentication_required", authentication=True,
    message="Your card was declined. This transaction requires authentication.")
# How a payment intent calls a customer who did not pass 3-D Secure.
UNAUTHENTICATED = {
    "code": "payment_intent_authentication_failure", "type": "invalid_request_error",
    "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
    "message": "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new"
               " PaymentMethod to attempt to fulfill this PaymentIntent again.",
}

_DECLINES = {
    "chargeDeclined": Card(code="card_declined", decline_code="generic_decline", message=_DECLINED),
    "chargeDeclinedInsufficientFunds": Card(
        code="card_declined", decline_code="insufficient_funds", message="Your card has insufficient funds."),
    "chargeDeclinedLostCard": Card(code="card_declined", decline_code="lost_card", message=_DECLINED),
    "chargeDeclinedStolenCard": Card(code="card_declined", decline_code="stolen_card", message=_DECLINED),
    "chargeDeclinedFraudulent": Card(code="card_declined", decline_code="fraudulent", message=_DECLINED),
    "chargeDeclinedVelocityLimitExceeded": Card(
        code="card_declined", decline_code="card_velocity_exceeded",
        message="Your card was declined for making repeated attempts too frequently or exceeding its amount limit."),
    "chargeDeclinedExpiredCard": Card(
        code="expired_card", decline_code="expired_card", message="Your card has expired.", param="exp_month"),
    "chargeDeclinedIncorrectCvc": Card(
        code="incorrect_cvc", decline_code="incorrect_cvc", message="Your card's security code is incorrect.",
        param="cvc"),
    "chargeDeclinedProcessingError": Card(
        code="processing_error", decline_code="processing_error",
        message="An error occurred while processing your card. Try again in a little bit."),
    "chargeCustomerFail": Card(code="card_declined", decline_code="generic_decline", message=_DECLINED),
    "radarBlock": Card(code="card_declined", decline_code="fraudulent", message=_DECLINED),
}
# Names that are written both with and without the brand.
_BY_NAME = {
    **{brand: Card(brand=brand.split("_")[0]) for brand in BRANDS},
    **_DECLINES,
    **{f"visa_{name}": card for name, card in _DECLINES.items()},
    "visa_debit_chargeDeclinedInsufficientFunds": _DECLINES["chargeDeclinedInsufficientFunds"],
    "authenticationRequired": AUTHENTICATION,
    "authenticationRequiredOnSetup": AUTHENTICATION,
    "threeDSecureRequired": AUTHENTICATION,
    "threeDSecure2Required": AUTHENTICATION,
    "pendingRefund": Card(refund="pending"),
    "refundFail": Card(),  # it succeeds, and comes back when the test says so
}
TOKENS = {f"tok_{name}": card for name, card in _BY_NAME.items()}
PAYMENT_METHODS = {f"pm_card_{name}": card for name, card in _BY_NAME.items()}
