"""Clients as a careful merchant writes them: they retry under the same key until they know.

SPDX-License-Identifier: MIT
"""

import http.client
import json
import random
import threading
import time

DEADLINE = 25  # seconds for any answer: nginx gives up at 20
CURRENCIES = {"USD": 2, "JPY": 0, "KWD": 3}  # the number of decimals
HOT = 6  # payments that all clients refund at once


def amount_text(minor, decimals):
    """Minor units as the JSON number that a merchant would send."""
    if decimals == 0:
        return str(minor)
    return f"{minor // 10**decimals}.{minor % 10**decimals:0{decimals}d}"


class Payment:
    """An acknowledged payment that may be refunded."""

    def __init__(self, identifier, minor, decimals, answer):
        self.id = identifier
        self.minor = minor
        self.decimals = decimals
        self.answer = answer
        self.used = set()

    def new_amount(self, chance):
        """An amount that no refund of this payment has been asked for yet: it tells the refunds apart."""
        for _ in range(20):
            minor = chance.randint(1, max(1, self.minor // chance.choice([1, 2, 4, 10])))
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
        self.final = None  # the conclusive answer: (status, body)


class Client(threading.Thread):
    """One program of a merchant. addresses are (host, port) pairs; after a failure the next one is used."""

    def __init__(self, number, seed, addresses, api_key, journal, shared, stop):
        super().__init__(name=f"client-{number}", daemon=True)
        self.number = number
        self.chance = random.Random(f"{seed}/client/{number}")
        self.addresses = addresses
        self.address = number % len(addresses)
        self.headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self.journal = journal
        self.shared = shared
        self.stop = stop  # an event: no new operations
        self.patience_ends = None  # when unresolved operations are given up, once stop is set
        self.connection = None
        self.count = 0
        self.done = []
        self.error = None

    def run(self):
        try:
            while not self.stop.is_set():
                self._one()
            for operation in self.done[-50:]:
                self._send(operation)  # a last look at what was acknowledged: replays
        except Exception as error:  # noqa: BLE001 - told by the main program
            self.error = error
        finally:
            self.journal.close()

    def _one(self):
        dice = self.chance.random()
        if dice < 0.08 and self.done:
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
        source = "tok_chargeDeclined" if self.chance.random() < 0.1 else "tok_visa"
        text = amount_text(minor, CURRENCIES[currency])
        body = f'{{"amount":{text},"currency":"{currency}","source":"{source}"}}'
        operation = self._new("payment", "POST", "/v1/payments", body, self.chance.random() < 0.7)
        self._carry_out(operation)
        if operation.final and operation.final[0] == 201:
            answer = json.loads(operation.final[1])
            self.shared.add(Payment(answer["id"], minor, CURRENCIES[currency], operation.final[1]))

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
