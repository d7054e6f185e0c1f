#!/usr/bin/python3
"""Compares the clients' journal with the database, and lists every broken promise.

It shares no code with the program, the clients or the rest of the tests: it reads the journal's files and
the tables, and knows the API's contract.

Usage: tests/faults/checker.py JOURNAL_FOLDER DATABASE_SOCKET [DATABASE]

SPDX-License-Identifier: MIT
"""

import collections
import glob
import json
import os
import subprocess
import sys
from decimal import Decimal

DECIMALS = {"USD": 2, "JPY": 0, "KWD": 3}
DEADLINE = 25  # seconds: no answer may take longer, unless a run says what its own limits come to
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32

PASSING = {409, 503}  # not conclusive: the outcome is open


def decode_id(text, prefix):
    """The 16 bytes of an API identifier, as upper-case hexadecimal."""
    if not text.startswith(prefix):
        return None
    value = 0
    for character in text[len(prefix):]:
        value = value * 32 + ALPHABET.index(character)
    return f"{value:032X}"


def minor_units(text, currency):
    value = Decimal(text) * 10 ** DECIMALS[currency]
    return int(value) if value == int(value) else None


class Operation:
    def __init__(self):
        self.sent = None
        self.tries = {}  # number -> "sent", "lost" or the answer
        self.slowest = 0

    def answers(self):
        return [answer for answer in self.tries.values() if isinstance(answer, dict)]

    def conclusive(self):
        return [answer for answer in self.answers() if answer["status"] not in PASSING]

    def was_unknown(self):
        return any(not isinstance(answer, dict) or answer["status"] == 503 for answer in self.tries.values())


def read_journal(folder):
    operations = collections.defaultdict(Operation)
    for path in glob.glob(os.path.join(folder, "*.jsonl")):
        with open(path, encoding="utf-8") as file:
            for line in file:
                event = json.loads(line)
                operation = operations[event["operation"]]
                if event["event"] == "send":
                    operation.sent = event
                    operation.tries[event["try"]] = "sent"
                elif event["event"] == "lost":
                    operation.tries[event["try"]] = "lost"
                else:
                    operation.tries[event["try"]] = event
                operation.slowest = max(operation.slowest, event.get("seconds", 0))
    return operations


def read_table(socket, database, sql):
    result = subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "--batch", "--raw",
         "--skip-column-names", database],
        input=sql.encode(), capture_output=True, check=True,
    )
    return [line.split("\t") for line in result.stdout.decode().splitlines()]


class Checker:
    # What an operation may be answered; everything else is a false answer.
    allowed = {
        "payment": {201, 402, 409, 503},
        "refund": {201, 400, 409, 503},
        "read": {200, 503},
    }

    def __init__(self, operations, payments, refunds, deadline=DEADLINE):
        self.deadline = deadline
        self.operations = operations
        self.violations = []
        self.payments = {row["id"]: row for row in payments}
        self.refunds = {row["id"]: row for row in refunds}
        self.by_description = collections.defaultdict(list)
        for row in payments:
            self.by_description[row["description"]].append(row)
        self.by_amount = collections.defaultdict(list)
        for row in refunds:
            if not self.is_from_elsewhere(row):
                self.by_amount[row["payment_id"], row["amount"]].append(row)

    def is_from_elsewhere(self, _refund):
        """True for a refund that no client asked for, and that is right all the same."""
        return False

    def complain(self, what, *details):
        self.violations.append(" ".join([what, *(str(detail) for detail in details)]))

    def run(self):
        expected_payments, expected_refunds = set(), set()
        for identifier, operation in self.operations.items():
            kind = operation.sent["kind"]
            self.check_answers(identifier, operation)
            if kind == "payment":
                expected_payments.add(identifier)
                self.check_payment(identifier, operation)
            elif kind == "refund":
                expected_refunds.add(self.check_refund(identifier, operation))
            else:
                self.check_read(identifier, operation)
        self.check_sums()
        for row in self.payments.values():
            if row["description"] not in expected_payments:
                self.complain("a payment that nobody asked for:", row)
        for row in self.refunds.values():
            if (row["payment_id"], row["amount"]) not in expected_refunds and not self.is_from_elsewhere(row):
                self.complain("a refund that nobody asked for:", row)
        return self.violations

    def check_answers(self, identifier, operation):
        """What can be said from the journal alone."""
        kind = operation.sent["kind"]
        allowed = self.allowed[kind] - (set() if operation.sent["key"] else {409})
        for answer in operation.answers():
            if answer["status"] not in allowed:
                self.complain("a false answer:", identifier, answer)
        if operation.slowest > self.deadline:
            self.complain("no answer in time:", identifier, operation.slowest, "s")
        if "sent" in operation.tries.values():
            self.complain("a request without any end:", identifier)
        if operation.sent["key"] and not operation.conclusive():
            self.complain("an outcome that the client never learnt:", identifier, operation.tries)
        if kind != "read":
            self.check_agreement(identifier, operation)
        first = [answer for answer in operation.conclusive()
                 if answer["status"] in (201, 402) and not answer["replayed"]]
        if len(first) > 1:
            self.complain("carried out twice:", identifier, first)

    def check_agreement(self, identifier, operation):
        told = {(answer["status"], answer["body"], answer["location"]) for answer in operation.conclusive()}
        if len(told) > 1:
            self.complain("two different answers:", identifier, told)

    def compare(self, what, identifier, expected, row):
        for name, value in expected.items():
            if row[name] != value:
                self.complain(f"{what} is kept wrong:", identifier, name, "is", row[name], "but should be", value)

    def check_payment(self, identifier, operation):
        body = operation.sent["body"]
        rows = self.by_description[identifier]
        if len(rows) > 1:
            self.complain("a payment made twice:", identifier, rows)
        for answer in operation.conclusive():
            if answer["status"] not in (201, 402):
                continue
            self.check_payment_answer(identifier, answer, body, rows, operation.sent["key"])

    def check_payment_answer(self, identifier, answer, body, rows, key):
        declined = body["source"] == "tok_chargeDeclined"
        if (answer["status"] == 402) != declined:
            self.complain("a false answer:", identifier, answer)
        shown = answer["location"].rsplit("/", 1)[1]
        row = self.payments.get(decode_id(shown, "pay_"))
        if row is None or row not in rows:
            self.complain("an acknowledged payment is lost:", identifier, answer)
            return
        expected = {
            "amount": minor_units(body["amount"], body["currency"]), "currency": body["currency"],
            "status": "failed" if declined else "succeeded", "source": body["source"], "key": key,
        }
        if not declined:
            told = json.loads(answer["body"], parse_float=str, parse_int=str)
            expected["created_at"] = told["created_at"]
            if told["id"] != shown or told["currency"] != body["currency"] or told["status"] != "succeeded" or \
                    minor_units(told["amount"], body["currency"]) != expected["amount"]:
                self.complain("an answer that is not what was asked for:", identifier, answer)
        self.compare("a payment", identifier, expected, row)

    def check_refund(self, identifier, operation):
        body = operation.sent["body"]
        payment = self.payments.get(decode_id(body["payment_id"], "pay_"))
        if payment is None:
            self.complain("an acknowledged payment is lost:", body["payment_id"])
            return None
        amount = minor_units(body["amount"], payment["currency"])
        rows = self.by_amount[payment["id"], amount]
        if len(rows) > 1:
            self.complain("a refund made twice:", identifier, rows)
        for answer in operation.conclusive():
            if answer["status"] == 400:
                self.check_refused_refund(identifier, payment, amount, rows)
            elif answer["status"] in (201, 402):
                self.check_refund_answer(identifier, answer, body, payment, amount, operation.sent["key"])
        return payment["id"], amount

    def check_refused_refund(self, identifier, payment, amount, rows):
        if rows:
            self.complain("a refund that was refused, and made:", identifier, rows)
        if amount <= payment["amount"] - payment["refunded"]:
            self.complain("a refund that was refused would have fitted:", identifier, payment)

    def check_refund_answer(self, identifier, answer, body, payment, amount, key):
        told = json.loads(answer["body"], parse_float=str, parse_int=str)
        row = self.refunds.get(decode_id(told["id"], "refund_"))
        if row is None:
            self.complain("an acknowledged refund is lost:", identifier, answer)
            return
        if told["payment_id"] != body["payment_id"] or minor_units(told["amount"], payment["currency"]) != amount:
            self.complain("an answer that is not what was asked for:", identifier, answer)
        self.compare("a refund", identifier, {
            "payment_id": payment["id"], "amount": amount, "status": "succeeded", "key": key,
            "created_at": told["created_at"],
        }, row)

    def check_read(self, identifier, operation):
        for answer in operation.conclusive():
            if answer["status"] != 200:
                continue
            told = json.loads(answer["body"], parse_float=str, parse_int=str)
            row = self.payments.get(decode_id(told["id"], "pay_"))
            if row is None:
                self.complain("a payment was shown and is lost:", identifier, answer)
                continue
            expected = (row["amount"], row["currency"], row["status"], row["created_at"])
            shown = (minor_units(told["amount"], told["currency"]), told["currency"], told["status"],
                     told["created_at"])
            if shown != expected or not operation.sent["path"].endswith(told["id"]):
                self.complain("a payment was shown wrong:", identifier, answer, row)

    def check_sums(self):
        sums = collections.Counter()
        for row in self.refunds.values():
            sums[row["payment_id"]] += row["amount"] if row["status"] != "failed" and not row["returned"] else 0
            if row["payment_id"] not in self.payments:
                self.complain("a refund without a payment:", row)
        for row in self.payments.values():
            if row["refunded"] != sums[row["id"]]:
                self.complain("the refunds of a payment do not add up:", row, sums[row["id"]])
            if not 0 <= row["refunded"] <= row["amount"]:
                self.complain("a payment is refunded beyond its amount:", row)
        for name, table in (("payments", self.payments), ("refunds", self.refunds)):
            keys = collections.Counter(row["key"] for row in table.values() if row["key"])
            for key, count in keys.items():
                if count > 1:
                    self.complain(f"a key with two {name}:", key)

    def figures(self):
        tries = [answer for operation in self.operations.values() for answer in operation.tries.values()]
        unknown = [operation for operation in self.operations.values() if operation.was_unknown()]
        writes = [operation for operation in unknown if operation.sent["kind"] != "read"]
        statuses = collections.Counter(answer["status"] for answer in tries if isinstance(answer, dict))
        return {
            "requests": len(tries),
            "operations": len(self.operations),
            "retries": sum(len(operation.tries) - 1 for operation in self.operations.values()),
            **{f"answers {status}": count for status, count in sorted(statuses.items())},
            "connections lost": tries.count("lost"),
            "payments kept": len(self.payments),
            "refunds kept": len(self.refunds),
            "unknown outcomes, with a key": sum(1 for operation in writes if operation.sent["key"]),
            "  of these resolved": sum(1 for operation in writes if operation.sent["key"] and operation.conclusive()),
            "unknown outcomes, no key": sum(1 for operation in writes
                                            if not operation.sent["key"] and not operation.conclusive()),
            "slowest answer (s)": max((operation.slowest for operation in self.operations.values()), default=0),
        }


def read_database(socket, database):
    """Both tables as they are at one moment: what a worker ends meanwhile, or a node of a cluster has still to take
    over, is in both or in none."""
    time = "DATE_FORMAT(created_at, '%Y-%m-%dT%H:%i:%sZ')"
    payments, refunds = [], []
    for kind, *row in read_table(
            socket, database,
            "SET SESSION wsrep_sync_wait = 15; START TRANSACTION WITH CONSISTENT SNAPSHOT;"
            "SELECT 'payment', HEX(id), amount, refunded, currency, status, source,"
            f" IFNULL(description, ''), IFNULL(idempotency_key, ''), {time},"
            " IFNULL(decline, ''), IFNULL(reference, ''), disputed_at IS NOT NULL FROM payments;"
            "SELECT 'refund', HEX(id), HEX(payment_id), amount, status,"
            f" IFNULL(idempotency_key, ''), {time}, IFNULL(reference, ''), origin,"
            " returned_at IS NOT NULL FROM refunds; COMMIT"):
        if kind == "payment":
            payments.append({
                "id": row[0], "amount": int(row[1]), "refunded": int(row[2]), "currency": row[3], "status": row[4],
                "source": row[5], "description": row[6], "key": row[7] or None, "created_at": row[8],
                "decline": row[9] or None, "reference": row[10] or None, "disputed": row[11] == "1"})
        else:
            refunds.append({
                "id": row[0], "payment_id": row[1], "amount": int(row[2]), "status": row[3], "key": row[4] or None,
                "created_at": row[5], "reference": row[6] or None, "origin": row[7], "returned": row[8] == "1"})
    return payments, refunds


def check(folder, socket, database="payment_api", deadline=DEADLINE):
    """(figures, violations)"""
    checker = Checker(read_journal(folder), *read_database(socket, database), deadline)
    return checker.figures(), checker.run()


def main():
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    figures, violations = check(*sys.argv[1:])
    for name, value in figures.items():
        print(f"{name:32} {value:>10}")
    print(f"{'violations':32} {len(violations):>10}")
    for violation in violations[:50]:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
