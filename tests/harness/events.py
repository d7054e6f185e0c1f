"""Events of Stripe's: their JSON, their signatures, and sending them.

SPDX-License-Identifier: MIT
"""

import hashlib
import hmac
import itertools
import json
import secrets
import time

import requests

from harness.acquirer import EVENT_SECRET
from harness.client import Client
from harness.process import wait_until

RECEIVED = (200, '{"received":true}')
_NUMBERS = itertools.count(1)


def event(kind, thing, livemode=False, identifier=None):
    """The bytes of an event about an object."""
    identifier = identifier or f"evt_{secrets.token_hex(8)}{next(_NUMBERS)}"
    return json.dumps({
        "id": identifier, "object": "event", "api_version": "2024-04-10", "created": int(time.time()),
        "data": {"object": thing}, "livemode": livemode, "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None}, "type": kind}, indent=2).encode()


def signature(body, secret=EVENT_SECRET, at=None, scheme="v1"):
    """The header, as https://docs.stripe.com/webhooks#verify-manually has it."""
    at = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},{scheme}={mac}"


def send(url, body, header=None, processor="stripe"):
    """Posts it as Stripe does; header: another signature, "" for none."""
    header = signature(body) if header is None else header
    headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "*/*; q=0.5, application/xml"}
    if header:
        headers["Stripe-Signature"] = header
    session = requests.Session()
    session.trust_env = False
    answer = session.post(f"{url}/processors/{processor}/events", data=body, headers=headers, timeout=30)
    if Client.judge:
        Client.judge(answer)
    return answer


def told(stack, body, header=None, **options):
    """Sends it to a stack; status and text of the answer."""
    answer = send(stack.web.url, body, header, **options)
    return answer.status_code, answer.text


def notices(stack, *options):
    return stack.admin("notice", "list", *options)["notices"]


def identifier_of(body):
    return json.loads(body)["id"]


def notice_of(stack, body):
    """What was kept of an event."""
    identifier = identifier_of(body)
    return [row for row in notices(stack, "--all") if row["event"] == identifier]


def ended(stack, body, state):
    return wait_until(lambda: [row for row in notice_of(stack, body) if row["state"] == state], 30, f"a notice {state}")
