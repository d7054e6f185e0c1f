"""The acquirer of the tests (tests/acquirer/) as a process, what it shall do wrong, and what is in its ledger.

SPDX-License-Identifier: MIT
"""

import contextlib
import itertools
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import time

from harness.process import Process, wait_until
from harness.servers import SOURCE, connects, free_port

PROGRAM = os.path.join(SOURCE, "tests", "acquirer", "acquirer.py")
SECRET = "sk_test_51AcquirerOfTheTests00"
EVENT_SECRET = "whsec_AcquirerOfTheTests00"
WRONG_NAME = "elsewhere.example"


def make_authority(folder):
    """ca.pem, which signed server.pem for this machine and wrong.pem for another; the keys beside them."""
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]

    def openssl(name, subject, *options):
        subprocess.run(
            ["openssl", "req", "-x509", *new_key, "-subj", f"/CN={subject}", *options,
             "-out", os.path.join(folder, name + ".pem"), "-keyout", os.path.join(folder, name + ".key")],
            check=True, capture_output=True)

    authority = ["-CA", os.path.join(folder, "ca.pem"), "-CAkey", os.path.join(folder, "ca.key"),
                 "-addext", "basicConstraints=critical,CA:FALSE"]
    openssl("ca", "Authority of the tests")
    openssl("server", "localhost", *authority, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl("names", "names.example", *authority, "-addext", "subjectAltName=DNS:*.shop.example")
    openssl("wrong", WRONG_NAME, *authority, "-addext", f"subjectAltName=DNS:{WRONG_NAME}")


class Acquirer(Process):
    """Options are those of its command line, with _ for -: latency_ms, seed, events_to."""

    name = "acquirer"

    def __init__(self, folder, secret=SECRET, port=None, event_secret=EVENT_SECRET, **options):
        os.makedirs(folder, exist_ok=True)
        super().__init__(folder)
        self.secret = secret
        self.event_secret = event_secret
        self.port = port or free_port()
        self.options = options
        self.ca_file = os.path.join(folder, "ca.pem")
        self.rule_ids = itertools.count(1)
        if not os.path.exists(self.ca_file):
            make_authority(folder)

    @property
    def address(self):
        return f"https://localhost:{self.port}"

    def command(self):
        files = {"folder": self.folder, "certificate": "server.pem", "key": "server.key",
                 "wrong_certificate": "wrong.pem", "wrong_key": "wrong.key"}
        options = {name: os.path.join(self.folder, file) for name, file in files.items()}
        options |= {"secret": self.secret, "port": self.port, "event_secret": self.event_secret, **self.options}
        return ["/usr/bin/python3", PROGRAM, *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())]

    def ready(self):
        return connects(socket.AF_INET, ("127.0.0.1", self.port))

    def pause(self):
        """Stands still: it takes connections and answers nothing."""
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def stop(self, seconds=60):
        if self.running:
            self.resume()
        return super().stop(seconds)

    def misbehave(self, *rules):
        """From the next request on, and across restarts. A rule: rule("drop_after", times=1), or just "drop_after"."""
        rules = [rule(entry) if isinstance(entry, str) else entry for entry in rules]
        numbered = [{"id": str(next(self.rule_ids)), **entry} for entry in rules]
        path = os.path.join(self.folder, "control.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({"rules": numbered}, file)
        os.replace(path + ".new", path)

    def behave(self):
        self.misbehave()

    def requests(self):
        """What it was asked, in the order in which it came; status is there once it was answered."""
        path = os.path.join(self.folder, "requests.log")
        found = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    with contextlib.suppress(ValueError):  # a SIGKILL may cut one
                        entry = json.loads(line)
                        found.setdefault(entry["id"], {}).update(entry)
        return list(found.values())

    def tell(self, address):
        """It is started again, and sends events there from now on: of what happens from now on, and of what it still has
        to tell."""
        self.stop()
        self.options["events_to"] = address
        return self.start()

    def told(self):
        """Each try to send an event that has ended, in that order; see tests/acquirer/events.py."""
        path = os.path.join(self.folder, "events.log")
        if not os.path.exists(path):
            return []
        found = []
        with open(path, encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError):  # a SIGKILL may cut one
                    found.append(json.loads(line))
        return found

    # The ledger, whether or not the process is there: rows as dictionaries, oldest first.

    def charges(self, **conditions):
        return self._rows("charges", conditions)

    def payment_intents(self, **conditions):
        return self._rows("payment_intents", conditions)

    def refunds(self, **conditions):
        return self._rows("refunds", conditions)

    def disputes(self, **conditions):
        return self._rows("disputes", conditions)

    def events(self, **conditions):
        """answered is None for one that it still has to tell."""
        return self._rows("events", conditions)

    def untold(self):
        return [row for row in self.events() if row["answered"] is None]

    def keys(self):
        """The row of each idempotency key, by the key."""
        return {row["idempotency_key"]: row for row in self._rows("keys", {})}

    def _connect(self):
        database = sqlite3.connect(os.path.join(self.folder, "ledger.db"), timeout=30, isolation_level=None)
        database.row_factory = sqlite3.Row
        return database

    def _rows(self, table, conditions):
        where = " AND ".join(f"{name} = ?" for name in conditions) or "1"
        database = self._connect()
        try:
            rows = database.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY rowid", list(conditions.values()))
            return [_row(row) for row in rows]
        finally:
            database.close()

    def settle_refund(self, identifier, succeeded):
        """What the bank does later: a pending refund succeeds, or a refund comes back and its amount is free again."""
        database = self._connect()
        try:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            refund = database.execute(
                "SELECT * FROM refunds WHERE id = ? AND status IN ('pending', 'succeeded')", [identifier]).fetchone()
            assert refund is not None, f"no refund {identifier} that may change"
            if succeeded:
                database.execute("UPDATE refunds SET status = 'succeeded' WHERE id = ?", [identifier])
            else:
                database.execute("UPDATE refunds SET status = 'failed', failure_reason = 'expired_or_canceled_card'"
                                 " WHERE id = ?", [identifier])
                database.execute("UPDATE charges SET refunded = refunded - ? WHERE id = ?",
                                 [refund["amount"], refund["charge"]])
            database.execute("COMMIT")
        finally:
            database.close()

    # What people do in the acquirer's own pages, and what banks do.

    def refund_in_pages(self, charge, amount, status="succeeded"):
        """The id of a refund that nobody asked for by the API."""
        identifier = f"re_{secrets.token_hex(12)}"
        self._write(
            ("UPDATE charges SET refunded = refunded + ? WHERE id = ?", [amount, charge]),
            ("INSERT INTO refunds (id, created, amount, currency, status, charge, payment_intent, metadata)"
             " SELECT ?, ?, ?, currency, ?, id, payment_intent, '{}' FROM charges WHERE id = ?",
             [identifier, int(time.time()), amount, status, charge]))
        return identifier

    def dispute(self, charge, status="needs_response"):
        """The id of a new dispute."""
        identifier = f"du_{secrets.token_hex(12)}"
        self._write(
            ("INSERT INTO disputes (id, created, amount, currency, status, charge, payment_intent)"
             " SELECT ?, ?, amount, currency, ?, id, payment_intent FROM charges WHERE id = ?",
             [identifier, int(time.time()), status, charge]))
        return identifier

    def settle_dispute(self, identifier, status):
        self._write(("UPDATE disputes SET status = ? WHERE id = ?", [status, identifier]))

    def charge_in_pages(self, amount, payment_id, currency="usd"):
        """The id of a charge that says it is of that payment."""
        identifier = f"ch_{secrets.token_hex(12)}"
        self._write(
            ("INSERT INTO charges (id, created, amount, currency, status, source, metadata)"
             " VALUES (?, ?, ?, ?, 'succeeded', 'tok_visa', ?)",
             [identifier, int(time.time()), amount, currency, json.dumps({"payment_id": payment_id})]))
        return identifier

    def _write(self, *statements):
        database = self._connect()
        try:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                database.execute(statement, values)
            database.execute("COMMIT")
        finally:
            database.close()

    def wait_for_charges(self, count, seconds=10, **conditions):
        return wait_until(lambda: len(found := self.charges(**conditions)) >= count and found, seconds,
                          f"{count} charges in the acquirer's ledger")


def _row(row):
    """A row with its JSON read."""
    read = dict(row)
    for name in ("metadata", "error"):
        if read.get(name):
            read[name] = json.loads(read[name])
    return read


def rule(what, **members):
    """One misbehaviour; see tests/acquirer/misbehaviour.py."""
    return {"what": what, **members}
