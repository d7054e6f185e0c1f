"""Clients as a careful merchant writes them: they retry under the same key until they know.

SPDX-License-Identifier: MIT
"""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field

DEADLINE = 25  # seconds for any answer: nginx gives up at 20
CURRENCIES = {"USD": 2, "JPY": 0, "KWD": 3}  # the number of decimals
HOT = 6  # payments that all clients refund at once


@dataclass(frozen=True)
class Shop:
    """What is paid, and how."""

    sources: tuple = ("tok_visa",)  # that pay
    declined: tuple = ("tok_chargeDeclined",)
    declines: float = 0.1  # of the payments
    multiples: dict = field(default_factory=dict)  # of minor units, by currency; 1 for others
    pause: float = 0  # seconds between two operations of a client, at most


SANDBOX = Shop()
# A look-up by time reads all that was paid before: the pause keeps that a shop's, not a flood's.
STRIPE = Shop(
    sources=("tok_visa", "tok_mastercard", "pm_card_visa", "pm_card_mastercard"),
    declined=("tok_chargeDeclined", "tok_chargeDeclinedInsufficientFunds", "tok_chargeDeclinedExpiredCard",
              "pm_card_chargeDeclinedIncorrectCvc", "pm_card_chargeDeclined", "pm_card_authenticationRequired"),
    declines=0.15, multiples={"KWD": 10}, pause=0.3,
)


def amount_text(minor, decimals):
    """Minor units as the JSON number that a merchant would send."""
    if decimals == 0:
        return str(minor)
    return f"{minor // 10**decimals}.{minor % 10**decimals:0{decimals}d}"


class Payment:
    """An acknowledged payment that may be refunded."""

    def __init__(self, identifier, minor, decimals, multiple):
        self.id = identifier
        self.minor = minor
        self.decimals = decimals
        self.multiple = multiple
        self.used = set()

    def new_amount(self, chance):
        """An amount that no refund of this payment has been asked for yet: it tells the refunds apart."""
        for _ in range(20):
            most = max(1, self.minor // chance.choice([1, 2, 4, 10]) // self.multiple)
            minor = chance.randint(1, most) * self.multiple
            if minor not in self.used:
                self.used.add(minor)
                return minor
        return None


class Shared:
    """What the clients know together."""

    def __init__(self):
        self.lock = threading.Lock()
        self.payments = []

    def add(self, payment):
        with self.lock:
            self.payments.append(payment)

    def pick(self, chance):
        with self.lock:
            if not self.payments:
                return None
            return chance.choice(self.payments[-HOT:] if chance.random() < 0.7 else self.payments)

    def new_amount(self, payment, chance):
        with self.lock:
            return payment.new_amount(chance)


class Operation:
    """One thing that a merchant wants done, however many requests that takes."""

    def __init__(self, identifier, kind, method, path, key, body):
        self.id = identifier
        self.kind = kind
        self.method = method
        self.path = path
        self.key = key
        self.body = body  # JSON text
        self.tries = 0
        self.final = None  # the last conclusive answer: (status, body)
        self.makes = None  # what a payment that succeeds may be refunded by: (minor, decimals, multiple)

    @property
    def state(self):
        """What was told of it: "processing", "succeeded", "failed", or None."""
        if self.final is None or self.final[0] != 201:
            return None
        return json.loads(self.final[1])["status"]


class Client(threading.Thread):
    """One program of a merchant. addresses are (host, port) pairs; after a failure the next one is used."""

    def __init__(self, number, seed, addresses, api_key, journal, shared, stop, shop=SANDBOX):
        super().__init__(name=f"client-{number}", daemon=True)
        self.number = number
        self.chance = random.Random(f"{seed}/client/{number}")
        self.addresses = addresses
        self.address = number % len(addresses)
        self.headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self.journal = journal
        self.shared = shared
        self.stop = stop  # an event: no new operations
        self.shop = shop
        self.patience_ends = None  # when unresolved operations are given up, once stop is set
        self.connection = None
        self.count = 0
        self.done = []
        self.open = []  # operations that were answered as processing
        self.error = None

    def run(self):
        try:
            while not self.stop.is_set():
                self._one()
                if self.shop.pause:
                    self.stop.wait(self.chance.uniform(0, self.shop.pause))
            while self.open and time.monotonic() < self.patience_ends:
                self._look(self.open[0])
                time.sleep(0.1)
            for operation in self.done[-50:]:
                self._send(operation)  # a last look at what was acknowledged: replays
        except Exception as error:  # noqa: BLE001 - told by the main program
            self.error = error
        finally:
            self.journal.close()

    def _one(self):
        dice = self.chance.random()
        if self.open and self.chance.random() < 0.1:
            self._look(self.chance.choice(self.open))
        elif dice < 0.08 and self.done:
            self._send(self.chance.choice(self.done))  # again: must be told the same
        elif dice < 0.2:
            self._read()
        elif dice < 0.6:
            self._pay()
        else:
            self._refund()

    def _new(self, kind, method, path, body, keyed):
        self.count += 1
        identifier = f"{self.number}-{self.count}"
        key = f"key {identifier} {kind}" if keyed else None
        if body is not None and kind == "payment":
            body = body[:-1] + f',"description":"{identifier}"}}'
        return Operation(identifier, kind, method, path, key, body)

    def _pay(self):
        currency = self.chance.choice(list(CURRENCIES))
        minor = self.chance.randint(100, 100_000)
        multiple = self.shop.multiples.get(currency, 1)
        minor = minor // multiple * multiple
        source = self.chance.choice(
            self.shop.declined if self.chance.random() < self.shop.declines else self.shop.sources)
        text = amount_text(minor, CURRENCIES[currency])
        body = f'{{"amount":{text},"currency":"{currency}","source":"{source}"}}'
        operation = self._new("payment", "POST", "/v1/payments", body, self.chance.random() < 0.7)
        operation.makes = (minor, CURRENCIES[currency], multiple)
        self._carry_out(operation)

    def _refund(self):
        payment = self.shared.pick(self.chance)
        minor = self.shared.new_amount(payment, self.chance) if payment else None
        if minor is None:
            return
        body = f'{{"payment_id":"{payment.id}","amount":{amount_text(minor, payment.decimals)}}}'
        self._carry_out(self._new("refund", "POST", "/v1/refunds", body, self.chance.random() < 0.7))

    def _read(self):
        payment = self.shared.pick(self.chance)
        if payment:
            self._send(self._new("read", "GET", f"/v1/payments/{payment.id}", None, False))

    def _carry_out(self, operation):
        """Sends a keyed operation until its outcome is known, one without a key once."""
        doubled = operation.key and self.chance.random() < 0.1
        twin = None
        if doubled:  # a program that does not wait for its own first request
            twin = threading.Thread(target=self._send_apart, args=(operation,), daemon=True)
            twin.start()
        while True:
            status = self._send(operation)
            if status is not None or not operation.key:
                break
            if self.patience_ends and time.monotonic() > self.patience_ends:
                break
            time.sleep(self.chance.uniform(0.02, 0.4))
        if twin:
            twin.join()
        if operation.key and operation.final and operation.final[0] in (201, 402):
            self.done.append(operation)
        if operation.state == "processing":
            self.open.append(operation)
        else:
            self._take(operation)

    def _take(self, operation):
        """What succeeded may be refunded."""
        if operation.makes and operation.state == "succeeded":
            self.shared.add(Payment(json.loads(operation.final[1])["id"], *operation.makes))

    def _look(self, operation):
        """Asks what became of an operation that was answered as processing: by its key, or by its id."""
        if operation.state != "processing":
            pass  # it was sent again meanwhile, and told
        elif operation.key and self.chance.random() < 0.5:
            self._send(operation)
        else:
            shown = self._new("read", "GET", f"{operation.path}/{json.loads(operation.final[1])['id']}", None, False)
            self._send(shown)
            if shown.final and shown.final[0] == 200:
                operation.final = (201, shown.final[1])
        if operation.state != "processing":
            self.open.remove(operation)
            self._take(operation)

    def _send(self, operation):
        """One request; the status if it is conclusive, else None."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.addresses[self.address], timeout=DEADLINE)
        answer = self._exchange(self.connection, operation)
        if answer is None:
            self.connection.close()
            self.connection = None
        if answer is None or answer[0] == 503:
            self.address = (self.address + 1) % len(self.addresses)
            if self.connection and len(self.addresses) > 1:
                self.connection.close()
                self.connection = None
        if answer is None or answer[0] in (409, 503):
            return None
        operation.final = answer
        return answer[0]

    def _send_apart(self, operation):
        connection = http.client.HTTPConnection(*self.addresses[self.address], timeout=DEADLINE)
        self._exchange(connection, operation)
        connection.close()

    def _exchange(self, connection, operation):
        operation.tries += 1
        number = operation.tries
        headers = dict(self.headers)
        if operation.key:
            headers["Idempotency-Key"] = operation.key
        self.journal.write(
            "send", operation=operation.id, **{"try": number}, kind=operation.kind, key=operation.key,
            body=json.loads(operation.body, parse_float=str, parse_int=str) if operation.body else {},
            path=operation.path,
        )
        started = time.monotonic()
        try:
            connection.request(operation.method, operation.path, operation.body, headers)
            response = connection.getresponse()
            body = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.journal.write(
                "lost", operation=operation.id, **{"try": number}, error=repr(error),
                seconds=round(time.monotonic() - started, 3),
            )
            return None
        self.journal.write(
            "answer", operation=operation.id, **{"try": number}, status=response.status, body=body,
            location=response.headers.get("Location"),
            replayed=response.headers.get("Idempotent-Replayed") == "true",
            seconds=round(time.monotonic() - started, 3),
        )
        return response.status, body
