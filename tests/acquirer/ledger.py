"""The acquirer's book: charges, payment intents, refunds, and what was answered under each key.

What is asked is done by one thread, many at a time in one transaction; a caller gets its result when
the transaction is on the disk. So a SIGKILL at any moment loses nothing that was answered, and a key
is there exactly when what was done under it is.

SPDX-License-Identifier: MIT
"""

import asyncio
import json
import queue
import sqlite3
import threading

GROUP_MAX = 64  # operations in one transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('succeeded', 'failed')),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    source TEXT NOT NULL,
    payment_intent TEXT,
    error TEXT,
    description TEXT,
    metadata TEXT NOT NULL,
    idempotency_key TEXT
);
CREATE INDEX IF NOT EXISTS charges_by_intent ON charges (payment_intent);
CREATE TABLE IF NOT EXISTS payment_intents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    payment_method TEXT,
    payment_method_types TEXT NOT NULL,
    return_url TEXT,
    latest_charge TEXT,
    error TEXT,
    canceled_at INTEGER,
    cancellation_reason TEXT,
    description TEXT,
    metadata TEXT NOT NULL,
    idempotency_key TEXT
);
CREATE TABLE IF NOT EXISTS refunds (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    charge TEXT NOT NULL REFERENCES charges (id),
    payment_intent TEXT,
    failure_reason TEXT,
    reason TEXT,
    metadata TEXT NOT NULL,
    idempotency_key TEXT
);
CREATE INDEX IF NOT EXISTS refunds_by_charge ON refunds (charge);
CREATE INDEX IF NOT EXISTS refunds_by_intent ON refunds (payment_intent);
CREATE TABLE IF NOT EXISTS disputes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    charge TEXT NOT NULL REFERENCES charges (id),
    payment_intent TEXT,
    metadata TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS keys (
    idempotency_key TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    params TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    request TEXT NOT NULL,
    created INTEGER NOT NULL
);
"""


def connect(path):
    """A connection that makes each commit durable."""
    database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA foreign_keys = ON")
    return database


class Ledger:
    """Runs functions of the database, each as if in a transaction of its own."""

    def __init__(self, path, schema=""):
        """schema: of what else is kept in it."""
        self.database = connect(path)
        self.database.executescript(SCHEMA + schema)
        self.waiting = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run, name="ledger")
        self.thread.start()

    async def run(self, operation):
        """operation(database); its result or exception, once all that it did is durable."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.waiting.put((operation, loop, future))
        return await future

    def close(self):
        """Ends after what has been asked."""
        self.waiting.put(None)
        self.thread.join()
        self.database.close()

    def _run(self):
        ended = False
        while not ended:
            group = [self.waiting.get()]
            while len(group) < GROUP_MAX and not self.waiting.empty():
                group.append(self.waiting.get())
            ended = None in group
            group = [entry for entry in group if entry is not None]
            for (_, loop, future), result in zip(group, self._transaction([entry[0] for entry in group])):
                loop.call_soon_threadsafe(_settle, future, *result)

    def _transaction(self, operations):
        """(result, exception) of each; all durable, or none."""
        try:
            self.database.execute("BEGIN IMMEDIATE")
            results = [self._one(operation) for operation in operations]
            self.database.execute("COMMIT")
            return results
        except sqlite3.Error as error:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            return [(None, error)] * len(operations)

    def _one(self, operation):
        self.database.execute("SAVEPOINT operation")
        try:
            result = operation(self.database), None
        except Exception as error:  # the caller's, who gets it
            self.database.execute("ROLLBACK TO operation")
            result = None, error
        self.database.execute("RELEASE operation")
        return result


def _settle(future, result, error):
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def insert(database, table, **columns):
    """A new row, as it is kept. Objects are kept as JSON."""
    values = [json.dumps(value) if isinstance(value, (dict, list)) else value for value in columns.values()]
    database.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", values)
    return find(database, table, columns["id"])


def update(database, table, identifier, **columns):
    values = [json.dumps(value) if isinstance(value, (dict, list)) else value for value in columns.values()]
    database.execute(
        f"UPDATE {table} SET {', '.join(name + ' = ?' for name in columns)} WHERE id = ?", [*values, identifier])
    return find(database, table, identifier)


def find(database, table, identifier):
    return database.execute(f"SELECT * FROM {table} WHERE id = ?", [identifier]).fetchone()


def page(database, table, conditions, count, after=None, before=None):
    """Rows, newest first, and whether there are more. conditions: (column, operator, value)."""
    where = [f"{column} {operator} ?" for column, operator, _ in conditions]
    values = [value for _, _, value in conditions]
    if after is not None:
        where.append("number < ?")
        values.append(after["number"])
    if before is not None:
        where.append("number > ?")
        values.append(before["number"])
    rows = database.execute(
        f"SELECT * FROM {table} WHERE {' AND '.join(where) or '1'}"
        f" ORDER BY number {'ASC' if before is not None else 'DESC'} LIMIT ?", [*values, count + 1]).fetchall()
    shown = rows[:count]
    return (shown[::-1] if before is not None else shown), len(rows) > count
