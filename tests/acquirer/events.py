"""Events: what the acquirer tells unasked, by a request to the address that it was started with.

Whatever changes the ledger, also another process, makes its events in the same transaction (by triggers), each with
what the object was then. They are sent until they are answered 2xx, across restarts: at least once, mostly in order.
Who gets one checks its signature (https://docs.stripe.com/webhooks#verify-manually), which is over the bytes of the
body and the time of this try.

events.log has a line of JSON for each try that has ended: {"event", "number", "kind", "misbehaviour", "status"}.

SPDX-License-Identifier: MIT
"""

import asyncio
import hashlib
import hmac
import json
import os
import sqlite3
import time
import urllib.parse

import http11
import ledger
import objects

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    kind TEXT NOT NULL,
    of TEXT NOT NULL,
    object TEXT NOT NULL,
    answered INTEGER
);
CREATE INDEX IF NOT EXISTS events_unanswered ON events (number) WHERE answered IS NULL;
"""

_CHANGED = "NEW.status <> OLD.status"
# The table, what happens to a row, whether that is told, and by which kind of event.
_TRIGGERS = (
    ("charges", "INSERT", "NEW.status = 'succeeded'", "charge.succeeded"),
    ("charges", "INSERT", "NEW.status = 'failed'", "charge.failed"),
    ("charges", "UPDATE", "NEW.refunded > OLD.refunded", "charge.refunded"),
    ("payment_intents", "INSERT", "1", "payment_intent.created"),
    ("payment_intents", "UPDATE", f"{_CHANGED} AND NEW.status = 'requires_action'", "payment_intent.requires_action"),
    ("payment_intents", "UPDATE", f"{_CHANGED} AND NEW.status = 'succeeded'", "payment_intent.succeeded"),
    ("payment_intents", "UPDATE", f"{_CHANGED} AND NEW.status = 'requires_payment_method'",
     "payment_intent.payment_failed"),
    ("payment_intents", "UPDATE", f"{_CHANGED} AND NEW.status = 'canceled'", "payment_intent.canceled"),
    ("refunds", "INSERT", "1", "refund.created"),
    ("refunds", "UPDATE", _CHANGED, "refund.updated"),
    ("refunds", "UPDATE", f"{_CHANGED} AND NEW.status = 'failed'", "refund.failed"),
    ("disputes", "INSERT", "1", "charge.dispute.created"),
    ("disputes", "UPDATE", _CHANGED, "charge.dispute.updated"),
    ("disputes", "UPDATE", f"{_CHANGED} AND NEW.status IN ('won', 'lost', 'warning_closed')", "charge.dispute.closed"),
)

AT_ONCE = 16  # tries
IN_HAND = 256  # events that are sent, or held back
TRY_SECONDS = 10
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 4  # seconds between two tries of one event


def make_triggers(database):
    """From now on each change is told."""
    for number, (table, happens, condition, kind) in enumerate(_TRIGGERS):
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        snapshot = ", ".join(f"'{column}', NEW.{column}" for column in columns)
        database.execute(
            f"CREATE TRIGGER IF NOT EXISTS event_{number} AFTER {happens} ON {table} WHEN {condition} BEGIN"
            " INSERT INTO events (id, created, kind, of, object) VALUES ('evt_' || lower(hex(randomblob(12))),"
            f" CAST(strftime('%s', 'now') AS INTEGER), '{kind}', '{table}', json_object({snapshot})); END")


def counted(operation):
    """The same operation of the ledger; beside its result the numbers of the events that it made."""
    def last(database):
        return database.execute("SELECT IFNULL(MAX(number), 0) FROM events").fetchone()[0]

    def run(database):
        before = last(database)
        result = operation(database)
        return result, range(before + 1, last(database) + 1)

    return run


def signature(secret, body, at):
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


class Sender:
    """Sends what the ledger has to tell. options: events_to, event_secret, folder, port."""

    def __init__(self, options, book, misbehaviour, livemode):
        self.options = options
        self.address = urllib.parse.urlsplit(options.events_to)
        if self.address.scheme != "http" or not self.address.path:
            raise SystemExit("--events-to must be http://HOST:PORT/PATH")
        self.book = book
        self.misbehaviour = misbehaviour
        self.livemode = livemode
        path = os.path.join(options.folder, "ledger.db")
        self.database = ledger.connect(path)
        make_triggers(self.database)
        self.log = os.open(os.path.join(options.folder, "events.log"), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        os.write(self.log, b"\n")  # behind a line that a SIGKILL cut
        self.tasks = {}  # by the event's number
        self.at_once = asyncio.Semaphore(AT_ONCE)
        self.answered = asyncio.Condition()
        self.last_answered = 0

    async def run(self):
        """Until it is cancelled."""
        try:
            while True:
                for row in self._waiting(IN_HAND):
                    if row["number"] not in self.tasks:
                        task = asyncio.create_task(self._deliver(row))
                        self.tasks[row["number"]] = task
                        task.add_done_callback(lambda _, number=row["number"]: self.tasks.pop(number, None))
                await asyncio.sleep(0.02)
        finally:
            for task in list(self.tasks.values()):
                task.cancel()

    def _waiting(self, count):
        try:
            return self.database.execute(
                "SELECT * FROM events WHERE answered IS NULL ORDER BY number LIMIT ?", [count]).fetchall()
        except sqlite3.OperationalError:  # busy: another process begins or ends
            return []

    async def taken(self, numbers, seconds):
        """Waits until these have been answered, or the time is up."""
        def all_are():
            found = self.database.execute(
                "SELECT COUNT(*) FROM events WHERE answered IS NULL AND number BETWEEN ? AND ?",
                [numbers.start, numbers.stop - 1]).fetchone()
            return found[0] == 0

        await self._wait_for(all_are, seconds)

    async def _wait_for(self, condition, seconds):
        async def wait():
            async with self.answered:
                await self.answered.wait_for(condition)

        try:
            await asyncio.wait_for(wait(), seconds)
        except asyncio.TimeoutError:
            pass

    def _body(self, row):
        """The same bytes at each try."""
        of, kept = row["of"], json.loads(row["object"])
        thing = {
            "charges": lambda: objects.charge(kept, self.livemode),
            "payment_intents": lambda: objects.payment_intent(kept, self.livemode,
                                                              f"https://localhost:{self.options.port}"),
            "refunds": lambda: objects.refund(kept),
            "disputes": lambda: objects.dispute(kept, self.livemode),
        }[of]()
        return json.dumps({
            "id": row["id"], "object": "event", "api_version": "2024-04-10", "created": row["created"],
            "data": {"object": thing}, "livemode": self.livemode, "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": kept.get("idempotency_key")}, "type": row["kind"]},
            indent=2).encode()

    async def _deliver(self, row):
        body, pause = self._body(row), FIRST_PAUSE
        while not await self._try(row, body):
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        now = int(time.time())
        await self.book.run(
            lambda database: database.execute("UPDATE events SET answered = ? WHERE id = ?", [now, row["id"]]))
        async with self.answered:
            self.last_answered = max(self.last_answered, row["number"])
            self.answered.notify_all()

    async def _try(self, row, body):
        """True when it was answered 2xx."""
        rule = self.misbehaviour.for_event(row["kind"])
        what = rule.what if rule.id else None
        if what == "event_late":
            await asyncio.sleep(rule.seconds)
        elif what == "event_overtaken":
            await self._wait_for(lambda: self.last_answered > row["number"], rule.seconds or 2)
        elif what == "event_lost":
            self._note(row, what, None)
            return False
        elif what == "event_forged":
            await self._send(row, body, what, self.options.event_secret + "x")
            what = None
        if what == "event_twice":
            return any(await asyncio.gather(*(self._send(row, body, what, self.options.event_secret) for _ in "12")))
        return await self._send(row, body, what, self.options.event_secret)

    async def _send(self, row, body, what, secret):
        async with self.at_once:
            headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0",
                       "Stripe-Signature": signature(secret, body, int(time.time()))}
            status = await http11.post(self.address, headers, body, TRY_SECONDS)
        self._note(row, what, status)
        return status is not None and 200 <= status < 300

    def _note(self, row, what, status):
        line = {"event": row["id"], "number": row["number"], "kind": row["kind"], "misbehaviour": what, "status": status}
        os.write(self.log, json.dumps(line).encode() + b"\n")
